"""Evidence of use is a note, until reviewers say how long a thing has to be unused; then unknown means no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.catalog.answers import last_use
from runner.catalog.s3 import DELETE_BUCKET
from runner.guard.usage import usage_findings
from runner.model.action import Absent, Present, Reading, Unreadable, Usage
from runner.model.plan import Finding
from tests.guard.rules import changed, step

ACTION = changed(DELETE_BUCKET, usage=(Usage("the role was last used", "role", last_use("Last")),))
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def found(reading: Reading | None, within: timedelta | None = None) -> Finding:
    """Return the finding about what was read, for a step that wants the target unused for so long."""
    facts = {} if reading is None else {"role": reading}
    (finding,) = usage_findings(ACTION, step(unless_used_within=within), facts, NOW)
    return finding


def test_use_is_a_note_with_its_day() -> None:
    """The day only, so that the plan's digest holds still; in UTC, whatever zone AWS wrote."""
    finding = found(Present({"Last": "2026-11-30T23:30:00-05:00"}))

    assert (finding.check, finding.blocks, finding.message) == (
        "unused_for_long_enough",
        False,
        "the role was last used on 2026-12-01",
    )


def test_recent_use_refuses_where_reviewers_said_so() -> None:
    """The finding says how long the thing has to be unused."""
    finding = found(Present({"Last": "2026-11-20T00:00:00Z"}), MONTH)

    assert finding.blocks
    assert finding.message == "the role was last used on 2026-11-20, which is less than 30 days ago"


@pytest.mark.parametrize(
    ("within", "told"),
    [(timedelta(hours=60), "60 hours"), (timedelta(days=1), "24 hours"), (timedelta(days=2), "2 days")],
)
def test_times_are_told_exactly(within: timedelta, told: str) -> None:
    """What is no whole number of days is told in hours: rounding would make the sentence false."""
    assert f"less than {told} ago" in found(Present({"Last": "2026-11-30T12:00:00Z"}), within).message


@pytest.mark.parametrize(
    ("reading", "why"),
    [(Unreadable("iam:GetRole: AccessDenied"), "iam:GetRole: AccessDenied"), (Absent("NoSuchEntity"), "no such thing")],
)
def test_why_use_is_not_known_is_told(reading: Reading, why: str) -> None:
    """A read that failed is told with its reason."""
    assert found(reading).message.endswith(why)


@given(age=st.timedeltas(timedelta(days=-400), timedelta(days=400)), within=st.timedeltas(MONTH, timedelta(days=400)))
def test_a_step_is_refused_exactly_when_the_last_use_is_within_the_time(age: timedelta, within: timedelta) -> None:
    """Also for a use that a clock puts into the future."""
    assert found(Present({"Last": (NOW - age).isoformat()}), within).blocks == (age <= within)


@pytest.mark.parametrize(
    "reading",
    [
        None,
        Unreadable("denied"),
        Absent("NoSuchEntity"),
        Present({"Last": "yesterday"}),
        Present({"Last": "2026-11-20T00:00:00"}),
    ],
)
def test_evidence_that_cannot_be_read_refuses_only_who_asks_for_it(reading: Reading | None) -> None:
    """Without `unless_used_within` it is a note; with it, unknown means no."""
    assert (found(reading).blocks, found(reading).unknown) == (False, True)
    assert found(reading, MONTH).blocks


def test_no_record_of_use_is_told_and_refuses_nothing() -> None:
    """A service that remembers no use says so; that is no use within the time."""
    finding = found(Present({}), MONTH)

    assert (finding.blocks, finding.message) == (False, "there is no record that the role was last used")
