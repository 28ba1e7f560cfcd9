"""How a run ended, and the exit code that says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import ExitCode
from runner.model.canonical import Json
from runner.model.outcome import (
    AlreadyGone,
    Done,
    Gone,
    NotAttempted,
    Outcome,
    Quarantined,
    Restored,
    Scheduled,
    StepResult,
    StillThere,
    state,
)


@dataclass(frozen=True)
class RunResult:
    """Hold the results of all steps, in order, and why the run stopped early, when it did."""

    run: str
    plan_digest: str
    results: tuple[StepResult, ...]
    exit_code: ExitCode

    def to_data(self) -> dict[str, Json]:
        """Return the plain form that ``--output json`` prints."""
        return {
            "format": "runner-result/1",
            "run": self.run,
            "plan_sha256": self.plan_digest,
            "steps": [_result_data(result) for result in self.results],
            "exit_code": int(self.exit_code),
        }


def judge_run(results: tuple[StepResult, ...], stopped: ExitCode | None) -> ExitCode:
    """Return the exit code; ``stopped`` is the reason that kept later steps from being attempted.

    0 only when every target was seen gone, is scheduled, or was seen out of use or back where that was asked for. A
    refusal before anything was touched keeps its own code; once something was touched, the run is partial.
    """
    outcomes = tuple(result.outcome for result in results)
    if all(isinstance(outcome, Done) for outcome in outcomes):
        return ExitCode.OK
    if stopped in {ExitCode.INTERRUPTED, ExitCode.SESSION_ENDED}:
        return stopped
    if any(isinstance(outcome, StillThere) and not outcome.accepted for outcome in outcomes):
        return ExitCode.PARTIAL
    if any(isinstance(outcome, StillThere) for outcome in outcomes):
        return ExitCode.NOT_SEEN_GONE
    if touched(results) or stopped is None:
        return ExitCode.PARTIAL
    return stopped


def touched(results: tuple[StepResult, ...]) -> bool:
    """Return whether anything was sent that may have changed something."""
    return any(isinstance(result.outcome, Gone | Scheduled | Quarantined | Restored | StillThere) for result in results)


def touched_so_far(results: tuple[StepResult, ...]) -> str:
    """Say in words what a run changed, for errors that end it."""
    parts = [text for result in results if (text := _touched(result.target, result.outcome))]
    return "; ".join(parts) if parts else "nothing was touched"


def _touched(target: str, outcome: Outcome) -> str:
    match outcome:
        case Gone():
            return f"{target}: gone" if outcome.children == 0 else f"{target}: emptied ({outcome.children:,} deleted)"
        case Scheduled():
            return f"{target}: scheduled"
        case Quarantined():
            return f"{target}: out of use"
        case Restored():
            return f"{target}: restored"
        case StillThere():
            return f"{target}: {outcome.children:,} deleted, still there"
        case AlreadyGone() | NotAttempted():
            return ""


def _result_data(result: StepResult) -> dict[str, Json]:
    found: dict[str, Json] = {
        "id": result.step,
        "action": result.action,
        "target": result.target,
        "state": state(result.outcome),
    }
    match result.outcome:
        case Gone(at, children):
            return {**found, "at": at.isoformat(), "children": children}
        case Scheduled(until):
            return {**found, "until": until.isoformat()}
        case Quarantined(at, seen):
            return {**found, "at": at.isoformat(), "seen": seen}
        case Restored(at):
            return {**found, "at": at.isoformat()}
        case StillThere(why, accepted, children, aws):
            request = "" if aws is None else aws.request_id
            return {**found, "why": why, "accepted": accepted, "children": children, "request_id": request}
        case AlreadyGone(why) | NotAttempted(why):
            return {**found, "why": why}
