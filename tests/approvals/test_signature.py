"""What an SSH signature and a key say about themselves, read from OpenSSH's own files."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.ssh_key import PublicKey, Unreadable, key_in_base64
from runner.guard.ssh_signature import read_signature
from tests.approvals.make_vectors import VECTORS

GOOD = (VECTORS / "good-one.1.sig").read_bytes()
SIGNATURES = sorted(path for path in VECTORS.glob("*.sig") if not path.name.startswith("two-"))


@pytest.mark.parametrize("path", SIGNATURES, ids=lambda path: path.stem)
def test_a_signature_comes_back(path: Path) -> None:
    """What OpenSSH wrote is written again byte for byte."""
    assert read_signature(path.read_bytes()).armored == path.read_bytes()


@pytest.mark.parametrize("line", [1, 3, 4, 5, 6, 16], ids=str)
def test_fingerprints_are_those_of_ssh_keygen(line: int, tmp_path: Path) -> None:
    """Of every kind of key."""
    signers = (VECTORS / "allowed_signers").read_text(encoding="utf-8").splitlines()
    kind, text = next(
        (kind, key)
        for kind, key in zip(signers[line].split(), signers[line].split()[1:], strict=False)
        if key.startswith("AAAA")
    )
    public = tmp_path / "key.pub"
    public.write_text(f"{kind} {text}\n", encoding="utf-8")
    said = subprocess.run(("ssh-keygen", "-l", "-f", str(public)), capture_output=True, text=True, check=True).stdout

    assert said.split()[1] == key_in_base64(kind, text).fingerprint


def test_a_key_is_in_base64_and_nothing_else() -> None:
    """Characters that are none of base64 are not passed over."""
    blob = read_signature(GOOD).key.blob
    text = base64.b64encode(blob).decode()

    assert key_in_base64("ssh-ed25519", text).blob == blob
    with pytest.raises(Unreadable, match="not base64"):
        key_in_base64("ssh-ed25519", f"{text[:8]}!{text[8:]}")


def test_a_certificate_is_its_key() -> None:
    """Two certificates of one key have the key's own fingerprint, and name their authority."""
    one, other = (
        read_signature((VECTORS / f"certificates-of-one-key.{number}.sig").read_bytes()).key for number in (1, 2)
    )

    assert one.blob != other.blob
    assert one.plain == other.plain
    assert one.fingerprint == other.fingerprint == PublicKey.of(one.plain).fingerprint
    assert one.is_certificate
    assert one.authority == other.authority != b""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        GOOD + GOOD,
        b"x" + GOOD,
        GOOD + b"x",
        GOOD.replace(b"U1NIU0lH", b"U1NIU0lI"),
        GOOD.replace(b"-----BEGIN SSH SIGNATURE-----\n", b"-----BEGIN SSH SIGNATURE-----\n===="),
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n",
    ],
    ids=["empty", "twice", "before", "behind", "magic", "padding", "short"],
)
def test_anything_else_is_refused(content: bytes) -> None:
    """One signature, whole, and nothing beside it."""
    with pytest.raises(Unreadable):
        read_signature(content)


@given(st.integers(0, 2000), st.integers(1, 255))
def test_no_damage_is_too_strange(position: int, difference: int) -> None:
    """A damaged signature is read as what it says now, or refused in words."""
    content = bytearray((VECTORS / "security-key.1.sig").read_bytes())
    content[position % len(content)] ^= difference
    with contextlib.suppress(Unreadable):
        read_signature(bytes(content))


def test_a_certificate_of_an_unknown_kind_is_refused() -> None:
    """Where in it the key stands is not known."""
    kind = b"ssh-new-cert-v01@openssh.com"

    with pytest.raises(Unreadable, match="not known"):
        PublicKey.of(len(kind).to_bytes(4, "big") + kind)


def strings(*parts: bytes) -> bytes:
    """Return parts as SSH writes strings."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def signed(method: bytes, behind: bytes, *, magic: bytes = b"SSHSIG", version: int = 1, rest: bytes = b"") -> bytes:
    """Return a signature's file, with what stands behind the signature proper."""
    good = read_signature(GOOD)
    head = magic + version.to_bytes(4, "big") + strings(good.key.blob, good.namespace.encode(), b"", b"sha512")
    return replace(good, blob=head + strings(strings(method, b"signature") + behind) + rest).armored


@pytest.mark.parametrize("method", [b"sk-ssh-ed25519@openssh.com", b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"])
@pytest.mark.parametrize(("flags", "touched"), [(0, False), (1, True), (4, False), (5, True), (0xFE, False)])
def test_who_touched_an_authenticator_is_one_flag(method: bytes, flags: int, *, touched: bool) -> None:
    """That the authenticator knows its owner, or anything else that it says, is no touch."""
    assert read_signature(signed(method, bytes([flags]) + bytes(4))).touched is touched
    assert read_signature(signed(method, bytes([flags]))).touched is touched


def test_other_keys_have_no_such_flag() -> None:
    """Whoever has the file of an ordinary key can sign, and nobody has to touch anything."""
    assert read_signature(signed(b"ssh-ed25519", b"")).touched


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"magic": b"SSHSIX"}, "not an SSH signature of version 1"),
        ({"version": 2}, "not an SSH signature of version 1"),
        ({"rest": b"x"}, "something stands behind it"),
    ],
)
def test_another_form_of_signature_is_refused(changes: dict[str, Any], why: str) -> None:
    """Bytes that OpenSSH would read otherwise, or not at all, are not looked at."""
    with pytest.raises(Unreadable, match=why):
        read_signature(signed(b"ssh-ed25519", b"", **changes))


@pytest.mark.parametrize(
    ("kind", "bits"), [("ed25519", 256), ("rsa", 1024), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521)]
)
def test_a_certificate_of_any_kind_is_its_key(kind: str, bits: int, tmp_path: Path) -> None:
    """OpenSSH's own certificates of all keys that it makes without an authenticator are read to the end."""
    made = ("ssh-keygen", "-q", "-N", "")
    for name, what in (("key", kind), ("authority", "ed25519")):
        subprocess.run(
            [*made, "-t", what, *(("-b", str(bits)) if what == kind else ()), "-f", tmp_path / name], check=True
        )
    subprocess.run(
        ["ssh-keygen", "-q", "-s", tmp_path / "authority", "-I", "id", "-n", "bob", tmp_path / "key.pub"], check=True
    )
    plain, authority, certificate = (
        key_in_base64(*(tmp_path / f"{name}.pub").read_text(encoding="utf-8").split()[:2])
        for name in ("key", "authority", "key-cert")
    )

    assert (certificate.plain, certificate.authority) == (plain.blob, authority.blob)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [("sk-ssh-ed25519", (b"public", b"ssh:")), ("sk-ecdsa-sha2-nistp256", (b"nistp256", b"public", b"ssh:"))],
)
def test_a_certificate_of_an_authenticators_key_is_that_key(kind: str, parts: tuple[bytes, ...]) -> None:
    """The kind of such a key is spelled otherwise than that of its certificate."""
    plain = strings(f"{kind}@openssh.com".encode(), *parts)
    own = strings(*parts) + bytes(12) + strings(b"id", b"bob") + bytes(16) + strings(b"", b"", b"")
    named = f"{kind}-cert-v01@openssh.com".encode()
    certificate = strings(named, b"nonce") + own + strings(b"authority", b"signature")

    key = PublicKey.of(certificate)

    assert (key.plain, key.authority, key.is_certificate) == (plain, b"authority", True)
    assert key.fingerprint == PublicKey.of(plain).fingerprint
