"""What a resumed run goes on from: every change since the interruption refuses it, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runner.guard.continuation import continuation
from runner.model.plan import Census
from runner.model.playbook import Account, Limits
from runner.model.section import Section
from runner.model.target_state import Exists, Missing, NotSeen
from tests.model.plans import a_plan, a_step

STEP = a_step()
ABSENT = replace(STEP, state=Missing("it is absent"))
COUNTED = replace(STEP, census=Census(1000, 10, {}))


@pytest.mark.parametrize(
    ("planned", "done", "found", "words"),
    [
        (STEP, False, STEP, ""),
        (STEP, False, ABSENT, ""),
        (STEP, True, ABSENT, ""),
        (ABSENT, False, ABSENT, ""),
        (COUNTED, False, COUNTED, ""),
        (COUNTED, False, replace(STEP, census=Census(999, 10, {})), ""),
        (COUNTED, False, STEP, ""),
        (STEP, False, COUNTED, ""),
        (COUNTED, False, replace(STEP, census=Census(1001, 10, {})), "1,000 were counted, and there are 1,001 now"),
        (STEP, True, STEP, "it was seen gone, and is there again"),
        (ABSENT, False, STEP, "it was absent, and is there now"),
        (ABSENT, True, STEP, "it was seen gone, and is there again"),
        (STEP, False, replace(STEP, id="other"), "it is not in the plan any more"),
        (STEP, False, replace(STEP, state=Exists("2026-11-30")), "it was created again"),
        (STEP, False, replace(STEP, state=NotSeen("AccessDenied")), "AccessDenied"),
        (STEP, True, replace(STEP, state=NotSeen("AccessDenied")), "AccessDenied"),
        (STEP, False, replace(STEP, evidence={**STEP.evidence, "tags": {}}), "tags is not what it was"),
    ],
)
def test_the_world_is_what_the_interrupted_run_left(planned: Any, done: bool, found: Any, words: str) -> None:
    """What was done stays gone, what was absent stays absent, and what is there is as it was planned, or less."""
    other = a_step("other one", "c")

    changes = continuation(a_plan(other, planned), frozenset({planned.id} if done else ()), a_plan(found, other))

    assert len(changes) == bool(words)
    assert all(change.startswith(f"step {planned.id}: ") and words in change for change in changes)


@pytest.mark.parametrize(("found", "changes"), [(1002, 0), (1003, 1)])
def test_so_many_more_as_were_agreed_to(found: int, changes: int) -> None:
    """The plan's drift is allowed for, and no more; in a plan for several accounts that of the step's own."""
    alone = replace(a_plan(COUNTED), limits=Limits(drift=2))
    section = Section(Account(COUNTED.account, ""), ("eu-west-1",), "arn", (), Limits(drift=2))
    fleet = replace(a_plan(COUNTED), sections=(section,))
    now = replace(COUNTED, census=Census(found, 10, {}))

    for planned in (alone, fleet):
        assert len(continuation(planned, frozenset(), replace(planned, steps=(now,)))) == changes
