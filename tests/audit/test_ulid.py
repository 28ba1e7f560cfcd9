"""Run ids."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit.ulid import is_ulid, ulid

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""


def test_the_specification_s_example() -> None:
    """The moment in the ULID specification's own example gives the characters that it shows."""
    moment = datetime.fromtimestamp(1469918176.385, tz=UTC)

    assert ulid(moment, bytes(10))[:10] == "01ARYZ6S41"


def test_the_largest_randomness_fills_sixteen_characters() -> None:
    """Eighty set bits are sixteen times the last digit."""
    assert ulid(datetime(2026, 12, 1, tzinfo=UTC), b"\xff" * 10)[10:] == "Z" * 16


@PATIENT
@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC)), st.binary(min_size=10))  # noqa: DTZ001  # Hypothesis wants naive bounds
def test_every_ulid_is_one(moment: datetime, entropy: bytes) -> None:
    """What is made is accepted."""
    assert is_ulid(ulid(moment, entropy))


@PATIENT
@given(st.text(max_size=30))
def test_other_text_is_none(text: str) -> None:
    """A run id has one form: 26 upper-case characters of Crockford's base 32, not above 2**128."""
    expected = len(text) == 26 and text[0] in "01234567" and not set(text) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    assert expected == is_ulid(text)


def test_ids_sort_by_time() -> None:
    """A later run has a larger id."""
    earlier, later = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)

    assert ulid(earlier, b"\xff" * 10) < ulid(later, bytes(10))
