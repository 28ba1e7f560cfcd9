"""A step waits from the end of the step before it, and whatever needs a waiting step waits too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.model.outcome import AlreadyGone, Gone, NotAttempted, Outcome, Quarantined, Scheduled, StillThere
from runner.model.playbook import Wait
from runner.workflow.pauses import Pauses
from tests.guard.rules import planned

START = datetime(2026, 12, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
DISABLE = planned(id="disable")
DELETE = planned(id="delete", needs=("disable",), wait=Wait("disable", int(WEEK.total_seconds())))
AFTER = planned(id="after", needs=("delete",))


def test_a_step_waits_until_its_time_is_over() -> None:
    """To the second, and it says when and what goes on then."""
    pauses = Pauses({})
    pauses.ended(DISABLE, Quarantined(START, "Disabled"), START)

    assert pauses.reason(DELETE, START + WEEK - timedelta(seconds=1)) == (
        "it waits until 2026-12-08 12:00:00 UTC; then `runner resume` goes on"
    )
    assert pauses.waiting == {"delete"}
    assert Pauses(pauses.done).reason(DELETE, START + WEEK) == ""


def test_who_needs_a_waiting_step_waits() -> None:
    """The reason names the step that has to be done before, at any distance."""
    pauses = Pauses({"disable": START})
    pauses.reason(DELETE, START)

    assert pauses.reason(AFTER, START) == "step delete has to be done before, and waits"
    assert pauses.reason(planned(id="last", needs=("after",)), START) == "step after has to be done before, and waits"
    assert pauses.reason(planned(id="other"), START) == ""


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Gone(START), True),
        (AlreadyGone("absent"), True),
        (Scheduled(START), True),
        (Quarantined(START, "Disabled"), True),
        (StillThere("no"), False),
        (NotAttempted("no"), False),
    ],
)
def test_only_a_step_that_is_done_begins_a_wait(outcome: Outcome, *, counts: bool) -> None:
    """After one that failed nothing has begun; who needs it is not attempted at all."""
    pauses = Pauses({})
    pauses.ended(DISABLE, outcome, START)

    assert bool(pauses.reason(DELETE, START)) == counts


def test_a_wait_does_not_begin_anew() -> None:
    """A resumed run sees the target set aside again; the time of the first run counts."""
    pauses = Pauses({"disable": START})
    pauses.ended(DISABLE, AlreadyGone("it is out of use already"), START + WEEK)

    assert pauses.reason(DELETE, START + WEEK) == ""
