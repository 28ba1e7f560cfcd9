"""What an SSH signature says about itself, before anybody checks it. Pure.

Nothing here verifies: whether a signature holds is OpenSSH's to say. What is read here decides which entry of
``allowed_signers`` it has to hold against, and whose approval it counts as. `SshSignature.armored` is made anew from
the bytes that were read, so that OpenSSH and this module never look at two different things.

Source: OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f (signature formats).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from runner.guard.ssh_key import PublicKey, Unreadable, Wire, is_hardware

_MAGIC = b"SSHSIG"
_VERSION = 1
_ARMOR = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END SSH SIGNATURE-----(?:\r?\n)?"
)
_LINE = 70
"""Characters of base64 in a line, as OpenSSH breaks them."""
_USER_PRESENT = 0x01
"""The authenticator's flag that somebody touched it (CTAP2, authenticator data)."""


@dataclass(frozen=True)
class SshSignature:
    """Hold a signature's parts, unverified."""

    blob: bytes
    key: PublicKey
    namespace: str
    method: str
    """The signature algorithm: ``ssh-ed25519``, ``rsa-sha2-512``."""
    touched: bool
    """False when a FIDO authenticator signed without anybody touching it."""

    @property
    def armored(self) -> bytes:
        """The signature as a ``.sig`` file holds it."""
        text = base64.b64encode(self.blob)
        lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
        return b"\n".join((b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""))


def read_signature(armored: bytes) -> SshSignature:
    """Read the one signature in a file.

    Raises:
        Unreadable: when it is none, when anything else stands in the file, or when bytes are left over.
    """
    found = _ARMOR.fullmatch(armored)
    if found is None:
        raise Unreadable("it is not one armored SSH signature")
    try:
        blob = base64.b64decode(re.sub(rb"[\r\n]", b"", found[1]), validate=True)
    except binascii.Error as error:
        raise Unreadable("it is not base64") from error
    wire = Wire(blob)
    if wire.take(len(_MAGIC)) != _MAGIC or int.from_bytes(wire.take(4), "big") != _VERSION:
        raise Unreadable("it is not an SSH signature of version 1")
    key = PublicKey.of(wire.string())
    namespace = wire.name()
    wire.string()  # reserved
    wire.name()  # the hash of the message; OpenSSH knows which are good
    method, touched = _inner(Wire(wire.string()))
    if wire.rest:
        raise Unreadable("something stands behind it")
    return SshSignature(blob, key, namespace, method, touched)


def _inner(wire: Wire) -> tuple[str, bool]:
    method = wire.name()
    wire.string()
    touched = not is_hardware(method) or bool(wire.take(1)[0] & _USER_PRESENT)
    return method, touched
