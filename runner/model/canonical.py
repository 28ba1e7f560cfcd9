"""One canonical byte form for values that are digested, and the digest itself.

The form is the subset of RFC 8785 on which the standard library's ``json`` is byte-identical to it: ASCII keys, no
floats, integers below 2**53, no lone surrogates. ``encode`` refuses anything else instead of guessing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | list[Json] | tuple[Json, ...] | Mapping[str, Json] | None"

MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 8785, section 3.2.2.3)."""


_AS_IS = frozenset({bool, str, type(None)})


class NotCanonical(ValueError):
    """Say that a value has no canonical form here."""


def encode(value: Json) -> bytes:
    """Return the canonical UTF-8 bytes of a JSON value.

    Raises:
        NotCanonical: for floats, large integers, lone surrogates, keys that are no ASCII, or foreign types.
    """
    try:
        return _encode(_plain(value)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a text holds a lone surrogate") from error


def decode(data: bytes) -> Json:
    """Return the value whose canonical form these bytes are.

    Raises:
        NotCanonical: when they are no JSON, or not byte for byte the canonical form of what they say: doubled or
            unsorted keys, spaces, floats, needless escapes.
    """
    try:
        value: Json = json.loads(data.decode("utf-8"))
        again = encode(value)
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON: {error}") from error
    if again != data:
        raise NotCanonical("not the canonical form of what it says")
    return value


def digest(value: Json) -> str:
    """Return the SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(encode(value)).hexdigest()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _plain(value: object) -> object:
    # Most values are of these very types, and a look at the type is quicker than a match.
    if type(value) in _AS_IS:
        return value
    if type(value) is dict:
        return {_key(key): item if type(item) in _AS_IS else _plain(item) for key, item in value.items()}
    match value:
        case str():
            return value
        case int():
            if abs(value) > MAX_INTEGER:
                raise NotCanonical(f"{value} does not survive every JSON reader")
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case _:
            raise NotCanonical(f"{type(value).__name__} has no canonical form")


def _key(key: object) -> str:
    if isinstance(key, str) and key.isascii():
        return key
    raise NotCanonical(f"{key!r} is not an ASCII key")
