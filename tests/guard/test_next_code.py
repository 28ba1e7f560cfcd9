"""When the next code comes is known from the clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.guard.next_code import seconds_to_next_code

MINUTE = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("second", "left"), [(0, 30), (0.9, 30), (1, 29), (29, 1), (29.9, 1), (30, 30), (59, 1)])
def test_codes_change_every_half_minute(second: float, left: int) -> None:
    """Between one second and thirty, never none."""
    assert seconds_to_next_code(MINUTE + timedelta(seconds=second)) == left
