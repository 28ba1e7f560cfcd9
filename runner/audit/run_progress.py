"""How far a run came, from what the log says: what a resumption goes on from.

A step is done when its end is on record as gone, scheduled or quarantined. An intent without an outcome is in doubt:
its call may or may not have happened, so its target is looked at again and the call is never just repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runner.audit.kept_plan import read_kept
from runner.audit.line import number, text
from runner.audit.reading import read_records
from runner.audit.record import (
    ApprovalsNeeded,
    CallIntent,
    CallOutcome,
    MfaSession,
    PlanKept,
    RunClosed,
    RunOpened,
    StepClosed,
)
from runner.errors import ExitCode, UsageError
from runner.model.canonical import Json
from runner.model.interrupted import InterruptedRun
from runner.model.ports import Receipt
from runner.model.sealed import SealedPlan

_DONE = frozenset({"gone", "already gone", "scheduled", "quarantined"})


def interrupted_run(directory: Path, run: str) -> InterruptedRun:
    """Return how far a run came.

    Raises:
        UsageError: when the run ended well, was continued by another one, or its plan is not kept.
    """
    found = _Gathered()
    for data, digest in read_records(directory, mark=run):
        kind = text(data, "type")
        if kind == RunOpened.type and data.get("resume_of") == run:
            raise _over(run, f"run {text(data, 'run')} goes on from it", f"runner resume {text(data, 'run')}")
        if data.get("run") != run:
            continue
        if kind == RunClosed.type and data.get("exit_code") == int(ExitCode.OK):
            raise _over(run, "it ended well", "runner audit show")
        found.take(kind, data, digest)
    plan = _plan(directory, run, found.kept)
    return InterruptedRun(
        run=run,
        plan=plan,
        done=frozenset(found.done),
        in_doubt=tuple(found.doubts.values()),
        operator=found.operator,
        approvals=found.approvals,
        ended=_ended(directory, run, frozenset(step.wait.after for step in plan.plan.steps if step.wait is not None)),
    )


@dataclass
class _Gathered:
    """Gather how far the run came while its records go by."""

    kept: Mapping[str, Json] | None = None
    done: set[str] = field(default_factory=set)
    doubts: dict[Json, Receipt] = field(default_factory=dict)
    operator: str = ""
    approvals: int = 0

    def take(self, kind: str, data: Mapping[str, Json], digest: str) -> None:
        """Take note of a record of the run."""
        match kind:
            case PlanKept.type:
                self.kept = data
            case MfaSession.type:
                self.operator = text(data, "caller_arn")
            case ApprovalsNeeded.type:
                self.approvals = number(data, "needed", -1)
            case CallIntent.type:
                self.doubts[data.get("seq")] = Receipt(number(data, "seq", -1), digest)
            case CallOutcome.type:
                self.doubts.pop(data.get("intent_seq"), None)
            case StepClosed.type if text(data, "state") in _DONE:
                self.done.add(text(data, "step"))
            case _:
                pass


def _ended(directory: Path, run: str, waited_for: frozenset[str]) -> Mapping[str, datetime]:
    """Return when steps were first done, by the run or by those that it went on from: a pause is not begun anew."""
    found: dict[str, datetime] = {}
    while run and waited_for:
        before = ""
        for data, _ in read_records(directory, run):
            match text(data, "type"):
                case RunOpened.type:
                    before = text(data, "resume_of")
                case StepClosed.type if text(data, "state") in _DONE and text(data, "step") in waited_for:
                    found[text(data, "step")] = datetime.fromisoformat(text(data, "ts"))
        run = before
    return found


def _plan(directory: Path, run: str, kept: Mapping[str, Json] | None) -> SealedPlan:
    if kept is None:
        raise UsageError(
            "this run ended before it did anything",
            on=run,
            hint="nothing was touched: apply the playbook or plan again",
        )
    return read_kept(directory, run, kept)


def _over(run: str, why: str, hint: str) -> UsageError:
    return UsageError(f"there is nothing to resume: {why}", on=run, hint=f"see `{hint}`")
