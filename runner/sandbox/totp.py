"""Time-based one-time passwords as RFC 6238 defines them: HMAC-SHA1, six digits, steps of 30 seconds."""

from __future__ import annotations

import hashlib
import hmac

STEP = 30
"""Seconds a code stands for (RFC 6238, section 4.1, the default X)."""

DIGITS = 6
"""What virtual MFA devices of AWS show."""


def step_at(moment: float) -> int:
    """Return the number of the time step that a moment (seconds since 1970, UTC) lies in."""
    return int(moment // STEP)


def code_of(seed: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a time step (RFC 4226, section 5.3, with the step as its counter)."""
    mac = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)
