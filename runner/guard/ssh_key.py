"""SSH public keys as OpenSSH writes them: their kind, their fingerprint, and the key that a certificate is for. Pure.

A certificate has another fingerprint than its key, and one key may have many certificates. What is compared and counted
here is always the key.

Source: RFC 4251, section 5; RFC 4253, section 6.6; OpenSSH's PROTOCOL.certkeys and PROTOCOL.u2f.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from types import MappingProxyType

CERTIFICATE = "-cert-v01@openssh.com"
"""How the kind of every certificate ends."""

_VENDOR = "@openssh.com"
_HARDWARE = "sk-"
_PARTS = MappingProxyType(
    {
        "ssh-ed25519": 1,
        "ssh-rsa": 2,
        "ecdsa-sha2-nistp256": 2,
        "ecdsa-sha2-nistp384": 2,
        "ecdsa-sha2-nistp521": 2,
        "sk-ssh-ed25519@openssh.com": 2,
        "sk-ecdsa-sha2-nistp256@openssh.com": 3,
    }
)
"""How many strings follow a key's kind; in a certificate they stand between a nonce and its own fields."""


class Unreadable(ValueError):
    """Say that bytes are no key, or no signature."""


class Wire:
    """Read SSH's binary form from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def rest(self) -> int:
        """How many bytes were not read yet."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            Unreadable: when there are not as many.
        """
        if count > self.rest:
            raise Unreadable("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def string(self) -> bytes:
        """Return the next string; raises as `take`."""
        return self.take(int.from_bytes(self.take(4), "big"))

    def name(self) -> str:
        """Return the next string, a name in ASCII.

        Raises:
            Unreadable: when it is something else.
        """
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError as error:
            raise Unreadable("a name in it is not ASCII") from error


@dataclass(frozen=True)
class PublicKey:
    """Hold a public key, or a certificate."""

    blob: bytes
    kind: str
    """As OpenSSH spells it: ``ssh-ed25519``, ``ssh-ed25519-cert-v01@openssh.com``."""
    plain: bytes
    """The key itself: of a certificate, the key that it is for; else ``blob``."""
    authority: bytes = b""
    """Of a certificate, the key that signed it."""

    @classmethod
    def of(cls, blob: bytes) -> PublicKey:
        """Read a key's binary form.

        Raises:
            Unreadable: when it is none, or a certificate of a kind that this version does not know.
        """
        wire = Wire(blob)
        kind = wire.name()
        if not kind.endswith(CERTIFICATE):
            return cls(blob, kind, blob)
        known = _plain_kind(kind)
        if known not in _PARTS:
            raise Unreadable(f"certificates of kind {kind} are not known to this version")
        wire.string()  # the nonce
        parts = [wire.string() for _ in range(_PARTS[known])]
        plain = b"".join(_string(part) for part in (known.encode("ascii"), *parts))
        return cls(blob, kind, plain, _authority(wire))

    @property
    def is_certificate(self) -> bool:
        """Whether this is a certificate."""
        return self.kind.endswith(CERTIFICATE)

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint as ``ssh-keygen -l`` prints it: ``SHA256:…``."""
        digest = base64.b64encode(hashlib.sha256(self.plain).digest()).decode("ascii")
        return f"SHA256:{digest.rstrip('=')}"


def key_in_base64(kind: str, text: str) -> PublicKey:
    """Read a key as public key files hold it: its kind, and its binary form in base64.

    Raises:
        Unreadable: when it is none, or of another kind.
    """
    try:
        key = PublicKey.of(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise Unreadable("it is not base64") from error
    if key.kind != kind:
        raise Unreadable(f"it says {kind} and holds {key.kind}")
    return key


def is_hardware(kind: str) -> bool:
    """Return whether a kind of key, or of signature, is a FIDO authenticator's."""
    return kind.startswith((_HARDWARE, f"webauthn-{_HARDWARE}"))


def _plain_kind(kind: str) -> str:
    base = kind.removesuffix(CERTIFICATE)
    return f"{base}{_VENDOR}" if base.startswith(_HARDWARE) else base


def _authority(wire: Wire) -> bytes:
    """Return the key that signed a certificate, of which the key that it is for was read already."""
    wire.take(8 + 4)  # serial number, kind of certificate
    wire.string(), wire.string()  # the certificate's name, its principals
    wire.take(8 + 8)  # from when until when it is valid
    wire.string(), wire.string(), wire.string()  # critical options, extensions, reserved
    return wire.string()


def _string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part
