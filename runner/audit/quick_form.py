"""Canonical lines in a fraction of the time, where it is soon seen that they are: nearly all lines. Pure.

Of ASCII texts and keys and small integers, msgspec reads and writes the very bytes that the standard library does.
What is anything else (a fraction, a large integer, a text beyond ASCII, values nested deeper than `DEPTH`) is left to
those who are slow and say what is wrong: `runner.model.canonical` and `runner.audit.line`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from runner.model.canonical import MAX_INTEGER, Json

DEPTH = 6
"""How deep lists and mappings are looked into; no record of ours is deeper than its call's parameters."""

_REFUSED = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)


def read_quickly(line: bytes) -> dict[str, Json] | None:
    """Return what a line says when it is one object in canonical form; None when this cannot be told quickly."""
    if not line.isascii():
        return None
    try:
        data: dict[str, Json] = _decode(line)
        return data if _encode(data) == line else None
    except _REFUSED:
        return None


def write_quickly(data: Mapping[str, Json]) -> bytes | None:
    """Return the canonical form of what a record says; None when it cannot be told quickly that this is it.

    It is when reading it gives the very same again: foreign types, keys that are no texts and odd numbers do not.
    """
    try:
        line = _encode(data)
        return line if line.isascii() and _decode(line) == data else None
    except _REFUSED:
        return None


def size_of(data: Mapping[str, Json]) -> int | None:
    """Return how many bytes a record takes, which is more than any field of it; None when it has other than JSON."""
    try:
        return len(_encode(data))
    except _REFUSED:
        return None


def _nested(depth: int) -> Any:
    """Return the type of values without fractions and large integers, nested so deep."""
    integer = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    values: Any = None | bool | str | integer
    for _ in range(depth):
        values = None | bool | str | integer | list[values] | dict[str, values]
    return values


_RECORD: Any = types.GenericAlias(dict, (str, _nested(DEPTH)))
_decode = msgspec.json.Decoder(_RECORD).decode
_encode = msgspec.json.Encoder(order="sorted").encode
