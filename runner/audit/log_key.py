"""The log's own key: it signs every checkpoint, so that stock tools can check them.

It lies in the ledger, as Go's note tools write keys: ``keys/log.key`` for this user alone, ``keys/log.vkey`` to be
handed out. Whoever can write the ledger can read it; what it shows is that a checkpoint is of this log and whole. Who
ran something is what the operator's own signature is for.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from runner.audit.directory import open_directory, open_to_read, write_new
from runner.audit.note import ED25519, BadNote, NoteKey
from runner.audit.tail import Damaged
from runner.errors import UsageError
from runner.model.session import Secret

FOLDER = "keys"
PRIVATE = "log.key"
PUBLIC = "log.vkey"
_FORM = re.compile(r"PRIVATE\+KEY\+(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<seed>[A-Za-z0-9+/]+={0,2})\n?")
_SEED_SIZE = 32


@dataclass(frozen=True)
class LogKey:
    """Hold the key pair; the private half has no repr."""

    public: NoteKey
    seed: Secret
    """The private key, base64."""

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of a text."""
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.seed.reveal())).sign(text)


def verify_ed25519(key: bytes, signature: bytes, text: bytes) -> bool:
    """Return whether the signature is the key's, over the text."""
    try:
        _public(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=4)
def _public(key: bytes) -> Ed25519PublicKey:
    """Return a public key; a log has thousands of checkpoints by one."""
    return Ed25519PublicKey.from_public_bytes(key)


def keep_key(root: int, name: str) -> LogKey:
    """Return the key of an open ledger directory; make it when there is none.

    Raises:
        Damaged: when what lies in its place is another log's key, or none.
        OSError: when it cannot be read or written.
    """
    folder = open_directory(FOLDER, root)
    try:
        try:
            descriptor = open_to_read(PRIVATE, folder)
        except FileNotFoundError:
            return _made(folder, name)
        with os.fdopen(descriptor, "rb") as file:
            return _read(file.read(1024), name)
    finally:
        os.close(folder)


def read_key(directory: Path, name: str) -> LogKey | None:
    """Return the key pair of the log of this name that lies in a ledger; None when it cannot be had."""
    try:
        with os.fdopen(open_to_read(directory / FOLDER / PRIVATE), "rb") as file:
            return _read(file.read(1024), name)
    except (OSError, Damaged):
        return None


def read_public_key(directory: Path) -> NoteKey | None:
    """Return the public key that lies in a ledger; None when there is none.

    Raises:
        UsageError: when it cannot be read, or is none.
    """
    path = directory / FOLDER / PUBLIC
    try:
        with os.fdopen(open_to_read(path), "rb") as file:
            return NoteKey.parse(file.read(1024).decode("utf-8", "replace"))
    except FileNotFoundError:
        return None
    except (OSError, BadNote) as error:
        raise UsageError(f"the log's key cannot be read: {error}", on=str(path), hint="give it: --log-key") from error


def _made(folder: int, name: str) -> LogKey:
    private = Ed25519PrivateKey.generate()
    seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = NoteKey(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    packed = base64.b64encode(ED25519 + seed).decode()
    write_new(PUBLIC, folder, f"{public}\n".encode())
    write_new(PRIVATE, folder, f"PRIVATE+KEY+{name}+{public.id.hex()}+{packed}\n".encode())
    return LogKey(public, Secret(base64.b64encode(seed).decode()))


def _read(content: bytes, name: str) -> LogKey:
    found = _FORM.fullmatch(content.decode("utf-8", "replace"))
    packed = base64.b64decode(found["seed"]) if found else b""
    if found is None or found["name"] != name or len(packed) != 1 + _SEED_SIZE or packed[:1] != ED25519:
        raise Damaged(f"{FOLDER}/{PRIVATE} is not the key of this log")
    seed = packed[1:]
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = NoteKey(name, public)
    if key.id.hex() != found["id"]:
        raise Damaged(f"{FOLDER}/{PRIVATE} does not belong to its own id")
    return LogKey(key, Secret(base64.b64encode(seed).decode()))
