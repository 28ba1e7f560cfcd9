"""Signed notes: a text with signatures below it, in the form that transparency-log tools read. Pure.

::

    guarded-runner/4f0c…          the text: here a checkpoint
    18
    5LKOk…

    — guarded-runner/4f0c… Az3gr…  a signature: who, then base64 of the key's id and the signature

Source: C2SP, ``signed-note.md``; Go, ``golang.org/x/mod/sumdb/note``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

ED25519 = b"\x01"
"""The algorithm's byte in a key."""
_ID_SIZE = 4
_KEY_SIZE = 32
_SIGNATURE_SIZE = 64
_LINE = re.compile(r"\u2014 (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_KEY = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")

Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Return whether (key, signature, text) is a good Ed25519 signature."""


class BadNote(ValueError):
    """Say what is wrong with a note or a key."""


@dataclass(frozen=True)
class NoteKey:
    """Hold a public Ed25519 key and the name that it signs under."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before each signature of this key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, text: str) -> NoteKey:
        """Read a key as it is written for verifiers: ``name+id+base64``.

        Raises:
            BadNote: when it is none, or not Ed25519.
        """
        found = _KEY.fullmatch(text.strip())
        if found is None:
            raise BadNote("not a key: it is written name+id+base64")
        packed = _unpacked(found["key"])
        if len(packed) != 1 + _KEY_SIZE or packed[:1] != ED25519:
            raise BadNote("not an Ed25519 key")
        key = cls(found["name"], packed[1:])
        if key.id.hex() != found["id"]:
            raise BadNote("the key's id does not belong to it")
        return key


def signed(text: str, key: NoteKey, sign: Callable[[bytes], bytes]) -> str:
    """Return a text with its signature by a key; ``text`` ends with a newline."""
    signature = base64.b64encode(key.id + sign(text.encode())).decode()
    return f"{text}\n\u2014 {key.name} {signature}\n"


def text_of(note: bytes) -> str:
    """Return a note's text, whoever signed it.

    Raises:
        BadNote: when it is no note.
    """
    return _parts(note)[0]


def opened(note: bytes, key: NoteKey, verify: Verify) -> str:
    """Return a note's text when the key signed it.

    Raises:
        BadNote: when it is no note, or has no good signature of this key.
    """
    text, signatures = _parts(note)
    for line in signatures.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadNote("a line below it is no signature")
        packed = _unpacked(found["signature"])
        if found["name"] == key.name and packed[:_ID_SIZE] == key.id:
            signature = packed[_ID_SIZE:]
            if len(signature) == _SIGNATURE_SIZE and verify(key.key, signature, text.encode()):
                return text
            raise BadNote(f"the signature of {key.name} does not fit the text")
    raise BadNote(f"{key.name} did not sign it")


def _parts(note: bytes) -> tuple[str, str]:
    """Return a note's text and its signatures."""
    try:
        text, _, signatures = note.decode("utf-8").rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise BadNote("it is not UTF-8") from error
    if not text or not signatures.endswith("\n"):
        raise BadNote("it has no signature")
    return text + "\n", signatures


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadNote("it is not base64") from error
