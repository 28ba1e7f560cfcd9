"""Readers of measures: durations, sizes and points in time; each has one unambiguous spelling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from runner.model.canonical import MAX_INTEGER
from runner.workflow.loading.fields import Read, Value
from runner.workflow.loading.nodes import Scalar

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_SIZE = re.compile(r"(0|[1-9][0-9]{0,15})(B|KiB|MiB|GiB|TiB|PiB)")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4, "PiB": 1024**5}

_PERCENT = re.compile(r"([1-9][0-9]?|100)%")

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")

# RFC 3339, section 5.6, in capitals; the offset is what makes it a point in time.
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)


def duration(least: timedelta, most: timedelta, says: str) -> Read[timedelta]:
    """Return a reader of ``900s``, ``15m`` or ``1h``; ``says`` names the bounds: ``1m to 12h``."""

    def read(value: Value) -> timedelta:
        length = length_of(_written(value))
        if length is None:
            raise value.must("be a duration with its unit", "write it like `900s`, `15m` or `1h`")
        if not least <= length <= most:
            raise value.must(f"be a duration from {says}")
        return length

    return read


def length_of(written: str) -> timedelta | None:
    """Return the duration that a text like ``15m`` says, None for any other text."""
    found = _DURATION.fullmatch(written)
    return None if found is None else timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def size(value: Value) -> int:
    """Read a size in bytes: ``500GiB``, binary units only.

    Raises:
        Wrong: for other units (``GB`` is 1000³ to some and 1024³ to others), a bare number, or what is too large.
    """
    found = _SIZE.fullmatch(_written(value))
    if found is None:
        raise value.must("be a size with its unit", "write it like `500GiB`: B, KiB, MiB, GiB, TiB or PiB")
    total = int(found[1]) * _BYTES[found[2]]
    if total > MAX_INTEGER:
        raise value.must("be a size of less than 8PiB")
    return total


def percent(value: Value) -> int:
    """Read a share: ``25%``.

    Raises:
        Wrong: for anything else; a bare number could be a count.
    """
    found = _PERCENT.fullmatch(_written(value))
    if found is None:
        raise value.must("be a whole share from 1% to 100%", "write it like `25%`")
    return int(found[1])


def clock_time(value: Value) -> time:
    """Read a time of the day, quoted or not: ``09:00``; ``24:00`` is midnight, as ``00:00`` is.

    Raises:
        Wrong: for anything else.
    """
    found = _TIME.fullmatch(_written(value))
    if found is None:
        raise value.must("be a time of the day", 'write it like "09:00"')
    return time() if found[1] is None else time(int(found[1]), int(found[2]))


def timestamp(value: Value) -> datetime:
    """Read a point in time as RFC 3339 writes it, quoted or not; the result is in UTC.

    Raises:
        Wrong: for anything else; without a zone it would be another time for each reader.
    """
    written = _written(value)
    found = _TIMESTAMP.fullmatch(written)
    if found is None:
        raise value.must("be a date and time with its zone", "write it like `2026-12-01T08:00:00Z`")
    if found["zone"] is None:
        raise value.must("be a date and time with its zone", "add `Z` if it is UTC, else an offset like `+09:00`")
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise value.must("be a date and time that exists") from error


def _written(value: Value) -> str:
    """Return a scalar as written: YAML takes ``15`` and ``1:30`` for numbers, and our own spelling decides."""
    return value.node.text if isinstance(value.node, Scalar) else ""
