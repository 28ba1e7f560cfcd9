"""A sealed plan is good for one run: the log knows it, and two processes cannot use it at once."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from runner.audit.log import FileLedger
from runner.audit.record import PlanUsed, RunOpened
from runner.audit.used_plans import held
from runner.errors import ExitCode, GuardRefused, LogUnwritable
from runner.model.sealed import SealedPlan
from tests.model.plans import a_sealed_plan

PLAN = replace(a_sealed_plan(), file="plan.json")


def use(ledger: FileLedger, plan: SealedPlan | None = PLAN) -> None:
    """Open a run of the plan."""
    ledger.append(RunOpened.of(PLAN.plan, "phrase"))
    if plan is not None:
        ledger.append(PlanUsed.of(plan))


def test_a10_a_plan_is_used_by_the_run_that_stands_in_the_log(ledger: FileLedger, directory: Path) -> None:
    """Accident A10, a plan replayed: the second use is refused, and the first one is named."""
    with held(directory, PLAN):
        use(ledger)

    with (
        pytest.raises(GuardRefused, match=f"used on 2026-12-01 08:00 UTC by run {ledger.run}") as refused,
        held(directory, PLAN),
    ):
        pass
    assert (refused.value.on, refused.value.exit_code) == ("plan.json", ExitCode.REFUSED)
    assert ledger.run in refused.value.hint


def test_what_ends_before_its_run_is_opened_uses_up_nothing(ledger: FileLedger, directory: Path) -> None:
    """A declined confirmation leaves the plan as it was; so do runs of other sealings and of no sealed plan."""
    use(ledger, None)
    use(ledger, replace(PLAN, nonce="f" * 32))

    for _ in range(2):
        with held(directory, PLAN):
            pass


def _hold(directory: Path, pipe: Connection) -> None:
    with held(directory, PLAN):
        pipe.send("held")
        pipe.recv()


def test_two_processes_cannot_hold_one_plan(ledger: FileLedger, directory: Path) -> None:
    """While one process holds the plan another is refused at once; after a kill it is free again."""
    use(ledger, None)
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_hold, args=(directory, theirs))
    child.start()
    assert ours.recv() == "held"

    with pytest.raises(GuardRefused, match="another run holds this plan"), held(directory, PLAN):
        pass
    child.kill()
    child.join()
    with held(directory, PLAN):
        pass


def test_a_lock_that_cannot_be_made_stops_everything(ledger: FileLedger, directory: Path) -> None:
    """A ledger in which no lock can be made refuses as one that cannot be written."""
    use(ledger, None)
    (directory / "locks").write_text("in the way")

    with pytest.raises(LogUnwritable), held(directory, PLAN):
        pass
