"""The end of a run says how each step ended, whether that can be undone, and what goes on from it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from runner.cli.result_view import show_result
from runner.errors import ExitCode
from runner.model.action import Recovery
from runner.model.outcome import AlreadyGone, Gone, Outcome, Quarantined, Restored, Scheduled, StepResult, StillThere
from runner.model.plan import PlannedStep
from runner.workflow.run_result import RunResult
from tests.model.plans import a_step

AT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def shown(*ends: Outcome, code: ExitCode = ExitCode.OK, planned: tuple[PlannedStep, ...] = ()) -> str:
    """Return what is printed of a run whose steps ended so, on one line."""
    out = io.StringIO()
    results = tuple(StepResult(f"s{number}", "x.delete_y", "arn", end) for number, end in enumerate(ends))
    show_result(RunResult("01RUN", "0" * 64, results, code), planned, Console(file=out, width=80))
    return " ".join(out.getvalue().split())


@pytest.mark.parametrize(
    ("ends", "meaning"),
    [
        ((Gone(AT), AlreadyGone("it is absent")), "every target was seen gone"),
        ((Restored(AT),), "every target was seen back in place"),
        ((Gone(AT), Quarantined(AT, "Disabled")), "every step was seen done"),
    ],
)
def test_a_good_end_is_called_what_it_is(ends: tuple[Outcome, ...], meaning: str) -> None:
    """What was brought back or put out of use is not called gone."""
    assert f"{meaning} (exit 0)" in shown(*ends)


def test_each_step_says_whether_it_can_be_undone() -> None:
    """Until when, for how long, or at all; and then the command that does it stands at the end."""
    steps = tuple(
        replace(a_step(f"s{number}", "x"), recovery=recovery, undo_days=days)
        for number, (recovery, days) in enumerate(
            ((Recovery.WINDOW, 30), (Recovery.WINDOW, 7), (Recovery.REVERT, None), (Recovery.NONE, None))
        )
    )
    told = shown(Scheduled(AT), Gone(AT), Gone(AT), Gone(AT), planned=steps)

    assert "AWS deletes it on 2026-12-01 08:00 UTC; until then it can be undone" in told
    assert told.count("can be undone") == 3
    assert "can be undone for 7 days" in told
    assert "way back: runner undo 01RUN" in told
    assert "runner undo" not in shown(Gone(AT), planned=steps[3:])


def test_an_end_in_part_names_what_goes_on() -> None:
    """The rest has a command, and so has the question why."""
    told = shown(StillThere("AccessDenied"), code=ExitCode.PARTIAL)

    assert "the rest: runner resume 01RUN" in told
    assert "why: runner explain 01RUN" in told
