"""Keys of objects, as S3 encodes them in a URL and as XML can carry them. Pure.

S3 takes any UTF-8 text of up to 1,024 bytes as a key. In a listing with ``encoding-type=url`` it arrives encoded, in
printable ASCII; that form is kept everywhere and decoded only where a request needs the key itself.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote_to_bytes

LONGEST: Final = 1024
"""Bytes of the longest key (Amazon S3 user guide, "Naming Amazon S3 objects")."""

_ENTITIES: Final = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    # A parser takes every line end for \n; a reference stays what it is.
    ("\r", "&#13;"),
    ("\n", "&#10;"),
    ("\t", "&#9;"),
)
_PERCENT: Final = b"\0"
"""Stands for a ``%`` while others are still taken for the beginning of an escape."""
_IN_XML: Final = MappingProxyType(
    {f"%{code:02X}".encode(): dict(_ENTITIES).get(chr(code), chr(code)).encode() for code in range(0x20, 0x7F)}
    | {b"%25": _PERCENT}
)
"""What escapes of printable ASCII become in an XML text."""
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry in any form (section 2.2); such keys travel in the URL of a request of their own."""


def decoded(encoded: bytes) -> bytes:
    """Return a key as it is; S3 writes a space as ``+``."""
    return unquote_to_bytes(encoded.replace(b"+", b" "))


def encoded(key: bytes) -> bytes:
    """Return a key in the form of a listing with ``encoding-type=url``."""
    return quote(key, safe="/").encode("ascii")


def in_query(key: bytes) -> str:
    """Return a key as the value of a query parameter."""
    return quote(key, safe="")


def in_path(key: bytes) -> str:
    """Return a key as the path of a request; no part of it is taken for a directory."""
    return quote(key, safe="/~")


def told(encoded_key: bytes) -> str:
    """Return a key as text for people and for the log; what is no UTF-8 is shown as escapes."""
    return decoded(encoded_key).decode("utf-8", "backslashreplace")


def all_in_xml(text: bytes) -> bytes | None:
    """Decode encoded keys inside an XML text, all at once; None when one of them needs a look of its own.

    The text may hold other things besides, without ``%``, ``+`` and NUL.
    """
    text = text.replace(b"+", b" ")
    at = text.find(b"%")
    while at >= 0:
        escape = text[at : at + 3]
        if escape not in _IN_XML:
            return None
        text = text.replace(escape, _IN_XML[escape])
        at = text.find(b"%", at)
    return text.replace(_PERCENT, b"%")


def in_xml(encoded_key: bytes) -> bytes | None:
    """Return one key as XML text, or None when XML cannot carry it."""
    try:
        text = decoded(encoded_key).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _NOT_IN_XML.search(text):
        return None
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    return text.encode("utf-8")
