"""One record is one line: how a line is read, and the fields that every line has. Pure.

The bytes on disk are what is hashed; nothing is serialised again to verify a digest. A line is a record only when it
is exactly the canonical form of what it says, which leaves no room for doubled keys, odd spacing or odd numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from runner.audit.quick_form import read_quickly
from runner.model.canonical import MAX_INTEGER, Json, NotCanonical, encode

VERSION = 1
"""The ``v`` of every record."""

MAX_LINE = 60 * 1024
"""The longest line in bytes; transparency-log tiles (C2SP tlog-tiles) hold entries below 64 KiB."""

NOTHING = "0" * 64
"""The ``prev`` of the first record."""

SHARED = ("v", "seq", "prev", "ts", "mono_ns", "boot_id", "type", "run", "host", "os_user", "pid", "tool")
"""The fields that the ledger adds to every record.

``mono_ns`` is a text: nanoseconds pass the largest integer that every JSON reader keeps after 104 days of uptime.
"""


class Unparsable(ValueError):
    """Say that a line is no JSON object: a killed writer left it, or somebody else did."""


def sha256(line: bytes) -> str:
    """Return a line's digest; the newline is no part of the line."""
    return hashlib.sha256(line).hexdigest()


def parse(line: bytes) -> dict[str, Json]:
    """Return what a line says.

    Raises:
        Unparsable: when it is no JSON object.
        NotCanonical: when it is one, but not byte for byte in its canonical form.
    """
    if len(line) > MAX_LINE:
        raise Unparsable("longer than any record")
    quickly = read_quickly(line)
    return _strictly(line) if quickly is None else quickly


def _strictly(line: bytes) -> dict[str, Json]:
    try:
        said = line.decode("utf-8")
        data, end = _decode(said)
        is_one = isinstance(data, dict) and end == len(said)
        is_same = is_one and _again(data, line) == line
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise Unparsable(str(error)) from error
    if not is_one:
        raise Unparsable("not one object")
    if not is_same:
        raise NotCanonical("not the canonical form of what it says")
    record: dict[str, Json] = data
    return record


def text(data: Mapping[str, Json], name: str) -> str:
    """Return a record's field when it is a text, and nothing otherwise."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def number(data: Mapping[str, Json], name: str, otherwise: int = 0) -> int:
    """Return a record's field when it is a number, and ``otherwise`` when it is not."""
    value = data.get(name)
    return value if isinstance(value, int) else otherwise


def _again(data: dict[str, Json], line: bytes) -> bytes:
    """Return the canonical form; in an ASCII line keys are ASCII and numbers were checked, so a short way will do."""
    return _encode(data).encode("ascii", "replace") if line.isascii() else encode(data)


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise NotCanonical(f"{text} does not survive every JSON reader")
    return value


def _refuse(text: str) -> Any:
    raise NotCanonical(f"{text} is not an integer")


_decode = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse).raw_decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
