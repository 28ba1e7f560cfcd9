"""Run ids: ULIDs, which sort by time and carry 80 random bits. Pure.

Source: github.com/ulid/spec: 48 bits of milliseconds, 80 bits of randomness, 26 characters of Crockford's base 32.
"""

from __future__ import annotations

import re
from datetime import datetime

ENTROPY = 10
"""Random bytes in a ULID."""

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(f"[0-7][{_DIGITS}]{{25}}")


def ulid(now: datetime, entropy: bytes) -> str:
    """Return the ULID of a moment and `ENTROPY` random bytes."""
    bits = int(now.timestamp() * 1000) << 80 | int.from_bytes(entropy[:ENTROPY], "big")
    return "".join(_DIGITS[bits >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Return whether a text is a ULID in its canonical, upper-case form."""
    return _ULID.fullmatch(text) is not None
