"""When a device shows its next code. Source: RFC 6238, section 4.1; AWS's virtual devices use the default step."""

from __future__ import annotations

from datetime import datetime

STEP = 30
"""Seconds that a code is shown for."""


def seconds_to_next_code(now: datetime) -> int:
    """Return in how many seconds (1 to 30) the next code comes, by this machine's clock."""
    return STEP - int(now.timestamp()) % STEP
