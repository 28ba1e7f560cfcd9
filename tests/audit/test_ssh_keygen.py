"""Signing and verifying with the real OpenSSH: key files, an agent, certificates; and OpenSSH that is not there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.audit import ssh_keygen
from runner.audit.ssh_keygen import AgentKey, SshSigner, SshVerifier, agent_keys, check_openssh
from runner.errors import NotApproved, UsageError
from runner.guard.allowed_signers import check_revoked
from runner.guard.ssh_signature import read_signature
from runner.model.ports import SignatureRefused, Signed
from tests.approvals.keys import agent

NAMESPACE = "test@guarded-runner"
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a key, a locked one, and a certificate of an authority for the key."""
    directory = tmp_path_factory.mktemp("keys")
    for name, phrase in (("bob", ""), ("locked", "secret"), ("authority", "")):
        keygen("-t", "ed25519", "-N", phrase, "-C", f"{name}@laptop", "-f", str(directory / name))
    keygen("-s", str(directory / "authority"), "-I", "bob", "-n", "bob@x", str(directory / "bob.pub"))
    return directory


@pytest.fixture(scope="module")
def with_agent(keys: Path) -> Iterator[dict[str, str]]:
    """Return an environment whose agent has the key and its certificate."""
    with agent() as path:
        environ = {**os.environ, "SSH_AUTH_SOCK": str(path)}
        subprocess.run(("ssh-add", "-q", str(keys / "bob")), env=environ, check=True)
        yield environ


def keygen(*args: str) -> None:
    """Run ``ssh-keygen``."""
    subprocess.run(("ssh-keygen", "-q", *args), check=True)


def listed(keys: Path, options: str = "", key: str = "bob") -> bytes:
    """Return the line that lists a key for Bob."""
    return f"bob@x {options} {(keys / key).with_suffix('.pub').read_text(encoding='utf-8')}".encode()


def signed(signature: bytes, signers: bytes, message: bytes = b"hello", at: datetime = NOW) -> Signed:
    """Return the question whether Bob signed hello."""
    return Signed(message, signature, NAMESPACE, "bob@x", signers, at)


def sign(key: Path | AgentKey, environ: dict[str, str]) -> bytes:
    """Sign hello."""
    return SshSigner(key, environ, at_terminal=False).sign(b"hello", NAMESPACE)


def test_a_key_file_signs(keys: Path) -> None:
    """The signature holds, for this message, namespace, person and key."""
    signature = sign(keys / "bob", dict(os.environ))
    verifier = SshVerifier(os.environ)

    verifier.verify(signed(signature, listed(keys)))
    for wrong, why in (
        (signed(signature, listed(keys), b"hallo"), "incorrect signature"),
        (signed(signature, listed(keys, key="locked")), "does not verify|Could not verify"),
        (Signed(b"hello", signature, "other", "bob@x", listed(keys), NOW), "namespace"),
        (Signed(b"hello", signature, NAMESPACE, "eve@x", listed(keys), NOW), "verify"),
        (signed(b"nonsense", listed(keys)), "signature"),
    ):
        with pytest.raises(SignatureRefused, match=why):
            verifier.verify(wrong)


def test_an_agent_signs(keys: Path, with_agent: dict[str, str]) -> None:
    """A key that only the agent has, by its line."""
    key, certificate = agent_keys(with_agent)
    signature = sign(AgentKey(key), with_agent)

    SshVerifier(os.environ).verify(signed(signature, listed(keys)))
    assert "cert" in certificate
    assert str(AgentKey(key)) == "bob@laptop of the SSH agent"


def test_a_public_key_file_stands_for_the_agents_key(keys: Path, with_agent: dict[str, str], tmp_path: Path) -> None:
    """``--key FILE.pub`` needs no private key beside it."""
    public = tmp_path / "somewhere.pub"
    public.write_bytes((keys / "bob.pub").read_bytes())

    SshVerifier(os.environ).verify(signed(sign(public, with_agent), listed(keys)))
    with pytest.raises(NotApproved, match="did not sign"):
        sign(public, {**os.environ, "SSH_AUTH_SOCK": ""})


def test_a_certificate_signs(keys: Path, with_agent: dict[str, str]) -> None:
    """By file and by agent; the signature holds against the authority's line and names the authority."""
    authority = listed(keys, "cert-authority", "authority")
    for key, environ in (
        (keys / "bob-cert.pub", dict(os.environ)),
        (AgentKey(agent_keys(with_agent)[1]), with_agent),
    ):
        signature = sign(key, environ)
        SshVerifier(os.environ).verify(signed(signature, authority))
        assert read_signature(signature).key.is_certificate


def test_a_locked_key_without_a_terminal(keys: Path) -> None:
    """Nobody can type the passphrase: it fails at once, in ssh-keygen's words."""
    environ = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "SSH_ASKPASS"}}

    with pytest.raises(NotApproved, match="did not sign") as refused:
        sign(keys / "locked", environ)
    assert refused.value.on == str(keys / "locked")


def test_times_are_utc_wherever_the_machine_is(keys: Path) -> None:
    """OpenSSH itself holds the key to its time, and the machine's zone changes nothing."""
    signature = sign(keys / "bob", dict(os.environ))
    verifier = SshVerifier({**os.environ, "TZ": "Asia/Tokyo"})
    line = listed(keys, 'valid-before="20261201090000"')

    verifier.verify(signed(signature, line, at=NOW))
    with pytest.raises(SignatureRefused, match=r"not valid|expired"):
        verifier.verify(signed(signature, line, at=NOW + timedelta(seconds=1)))


def test_a_revoked_key(keys: Path) -> None:
    """A list of keys and a KRL both revoke, and revoke nothing else."""
    signature = sign(keys / "bob", dict(os.environ))
    keygen("-k", "-f", str(keys / "krl"), str(keys / "bob.pub"))

    for revoked in ((keys / "bob.pub").read_bytes(), (keys / "krl").read_bytes()):
        check_revoked(revoked)
        with pytest.raises(SignatureRefused):
            SshVerifier(os.environ, revoked).verify(signed(signature, listed(keys)))
    SshVerifier(os.environ, (keys / "locked.pub").read_bytes()).verify(signed(signature, listed(keys)))


def tool(directory: Path, name: str, script: str) -> dict[str, str]:
    """Return an environment whose only program of that name is a script."""
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    "said",
    ["OpenSSH_8.7p1, OpenSSL 1.1.1k", "OpenSSH_7.9p1", "OpenSSH_for_Windows_8.1p1, LibreSSL", "Sun_SSH_2.2", ""],
)
def test_another_ssh_is_refused(said: str, tmp_path: Path) -> None:
    """Older versions and other programs are named, with what to install."""
    with pytest.raises(UsageError, match="cannot be used") as refused:
        check_openssh(tool(tmp_path, "ssh", f"echo '{said}' >&2"))
    assert "8.8" in refused.value.hint


@pytest.mark.parametrize("said", ["OpenSSH_8.8p1", "OpenSSH_10.0p2, OpenSSL 3.5", "OpenSSH_for_Windows_9.5p1"])
def test_a_newer_ssh_is_taken(said: str, tmp_path: Path) -> None:
    """8.8 and later."""
    check_openssh(tool(tmp_path, "ssh", f"echo '{said}' >&2"))


def test_openssh_is_not_there(tmp_path: Path, keys: Path) -> None:
    """Each question says that it could not be asked; nothing counts as verified."""
    environ = {"PATH": str(tmp_path)}

    with pytest.raises(UsageError, match="not found"):
        check_openssh(environ)
    with pytest.raises(SignatureRefused, match="cannot be started"):
        SshVerifier(environ).verify(signed(b"", b""))
    with pytest.raises(NotApproved, match="cannot be started"):
        sign(keys / "bob", environ)
    with pytest.raises(NotApproved, match="cannot be asked"):
        agent_keys(environ)


def test_an_agent_that_is_not_there_or_empty(tmp_path: Path) -> None:
    """Both are said in ssh-add's words."""
    with pytest.raises(NotApproved, match="no key"):
        agent_keys({**os.environ, "SSH_AUTH_SOCK": str(tmp_path / "nothing")})
    with agent() as path, pytest.raises(NotApproved, match="no key: The agent has no identities"):
        agent_keys({**os.environ, "SSH_AUTH_SOCK": str(path)})


def test_openssh_that_does_not_answer(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is limited, and no answer is no."""
    for limit in ("VERIFY_SECONDS", "SIGN_SECONDS"):
        monkeypatch.setattr(ssh_keygen, limit, 0.05)
    for name in ("ssh", "ssh-keygen", "ssh-add"):
        tool(tmp_path, name, "exec sleep 60")
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    with pytest.raises(UsageError, match="no answer"):
        check_openssh(environ)
    with pytest.raises(SignatureRefused, match="no answer"):
        SshVerifier(environ).verify(signed(b"", b""))
    with pytest.raises(NotApproved, match="nothing was signed"):
        sign(keys / "bob", environ)
    with pytest.raises(NotApproved, match="cannot be asked"):
        agent_keys(environ)
