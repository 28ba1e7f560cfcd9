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
from runner.audit.unsettled import unsettled_batches
from runner.errors import ExitCode, UsageError
from runner.model.canonical import Json
from runner.model.interrupted import InterruptedRun
from runner.model.outcome import DONE
from runner.model.ports import Receipt
from runner.model.sealed import SealedPlan


def interrupted_run(directory: Path, run: str) -> InterruptedRun:
    """Return how far a run came; one that ended before its plan was kept did nothing, and what it resumes goes on.

    Raises:
        UsageError: when the run ended well, was continued by another one, or its plan is not kept.
    """
    found = _gathered(directory, run)
    if found.is_well:
        raise _over(run, "it ended well", "runner audit show")
    for later in found.successors:
        if _gathered(directory, later).kept is not None:
            raise _over(run, f"run {later} goes on from it", f"runner resume {later}")
    if found.kept is None and found.resume_of:
        return interrupted_run(directory, found.resume_of)
    plan = _plan(directory, run, found.kept)
    return InterruptedRun(
        run=run,
        plan=plan,
        done=frozenset(found.done),
        in_doubt=_doubts(directory, found),
        unsettled=unsettled_batches(directory, run, frozenset(found.done)),
        operator=found.operator,
        approvals=found.approvals,
        ended=_ended(directory, run, frozenset(step.wait.after for step in plan.plan.steps if step.wait is not None)),
    )


def _gathered(directory: Path, run: str) -> _Gathered:
    found = _Gathered()
    for data, digest in read_records(directory, mark=run):
        kind = text(data, "type")
        if data.get("run") == run:
            found.take(kind, data, digest)
            found.resume_of = found.resume_of or text(data, "resume_of")
            found.is_well = found.is_well or (kind == RunClosed.type and data.get("exit_code") == int(ExitCode.OK))
        elif kind == RunOpened.type and data.get("resume_of") == run:
            found.successors.append(text(data, "run"))
    return found


def _doubts(directory: Path, found: _Gathered) -> tuple[Receipt, ...]:
    """Return the intents without an outcome of a run, and of those it goes on from.

    A run that goes on from another one records what was in doubt there, and may be killed before it does.
    """
    intents, answered, before = found.intents, found.answered, found.resume_of
    while before:
        earlier = _gathered(directory, before)
        intents = {**earlier.intents, **intents}
        answered = earlier.answered | answered
        before = earlier.resume_of
    return tuple(intent for seq, intent in intents.items() if seq not in answered)


@dataclass
class _Gathered:
    """Gather how far the run came while its records go by."""

    kept: Mapping[str, Json] | None = None
    done: set[str] = field(default_factory=set)
    intents: dict[int, Receipt] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    """The intents that have an outcome, by their number; of this run or of one it goes on from."""
    resume_of: str = ""
    successors: list[str] = field(default_factory=list)
    is_well: bool = False
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
                seq = number(data, "seq", -1)
                self.intents[seq] = Receipt(seq, digest)
            case CallOutcome.type:
                self.answered.add(number(data, "intent_seq", -1))
            case StepClosed.type if text(data, "state") in DONE:
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
                case StepClosed.type if text(data, "state") in DONE and text(data, "step") in waited_for:
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
