"""Step 12 of apply: do one step under its own session, and see its target gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.audit.record import SeenGone
from runner.errors import AwsCallFailed
from runner.guard.acceptance import still_accepted
from runner.guard.drift import drift
from runner.model.action import Absent, GoneWhen, Present, Unreadable
from runner.model.call import BoundCall, BoundSweep
from runner.model.event import Waiting
from runner.model.outcome import Gone, NotAttempted, Outcome, StillThere
from runner.model.plan import PlannedStep
from runner.workflow.binding import BoundStep
from runner.workflow.cascade import added, list_cascade
from runner.workflow.census import count_children
from runner.workflow.hours import Hours
from runner.workflow.journal import Journal
from runner.workflow.reading import Observed, check_findings, observe, read
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.sweep import Ended, Sweeping, sweep, words_of
from runner.workflow.tally import Tally

POLL = 2.0
"""Seconds between two looks at a target that is not gone yet."""


@dataclass(frozen=True)
class Execution:
    """Hold what one step is executed with."""

    services: Services
    scope: Scope
    journal: Journal
    planned: PlannedStep
    bound: BoundStep
    tally: Tally
    hours: Hours


def execute(work: Execution) -> Outcome:
    """Return how the step ended.

    1. Ask the change calendars and read the target again; anything that is not as planned ends the step before a call.
    2. Send the calls in order,
    each with its intent and outcome in the journal. 3. Look until the target is seen gone.

    Raises:
        CredentialsRefused: when the step's role session cannot be had, at the start or later on.
        LogUnwritable: when the journal cannot be written; nothing is sent after that. The tally says what was done.
    """
    why_not = _why_not(work)  # 1
    if why_not:
        return NotAttempted(why_not)
    doubt: AwsCallFailed | None = None
    for call in work.bound.calls:  # 2
        match call:
            case BoundSweep():
                ended = _sweep(work, call)
                if ended is not None:
                    return StillThere(ended.why, children=work.tally.children, aws=ended.aws)
            case BoundCall():
                try:
                    work.journal.call(work.scope, call, call.params, work.planned.id)
                    work.tally.took()
                except AwsCallFailed as error:
                    if not error.in_doubt:
                        return _refused(work, error)
                    work.tally.took()
                    doubt = error
    return _see_gone(work, doubt)  # 3


def _why_not(work: Execution) -> str:
    """Return why the step is not attempted now; empty when nothing stands against it."""
    closed = work.hours.by_calendars(work.scope)
    if closed:
        return closed[0].told
    changed = _changed(work, observe(work.scope, work.bound))
    return "changed since the plan: " + "; ".join(changed) if changed else ""


def _changed(work: Execution, observed: Observed) -> tuple[str, ...]:
    held = {name: data for name, data in observed.evidence.items() if name not in work.bound.action.changing}
    findings = still_accepted(check_findings(work.bound, observed), work.planned.findings)
    return (
        *drift(work.planned, observed.state, held),
        *(finding.told for finding in findings if finding.blocks),
        *_dies_too(work),
    )


def _dies_too(work: Execution) -> tuple[str, ...]:
    """Return what would die with the target and stands in no plan, in words."""
    planned = work.planned.cascade
    at_most = sum(len(cascade.members) for cascade in planned)
    try:
        found = list_cascade(work.scope, work.bound.cascade, at_most=at_most)
    except AwsCallFailed as error:
        return (f"what dies with it cannot be listed: {error.answer.code}: {error.answer.message}",)
    return tuple(f"{member} would die with it" for member in added(planned, found))


def _sweep(work: Execution, call: BoundSweep) -> Ended | None:
    at_most = 0 if work.planned.census is None else work.planned.census.children
    try:
        return sweep(Sweeping(work.services, work.scope, work.journal, work.tally, work.planned.id, at_most), call)
    except AwsCallFailed as error:
        return Ended(f"{error.answer.operation}: {words_of(error)}", error.answer)


def _refused(work: Execution, error: AwsCallFailed) -> StillThere:
    return StillThere(words_of(error), children=work.tally.children, aws=error.answer)


def _see_gone(work: Execution, doubt: AwsCallFailed | None) -> Outcome:
    """Look until the target is gone or the action's time is over; the last look is recorded either way."""
    clock = work.services.clock
    limit = work.bound.action.gone_within
    work.services.watcher.see(Waiting(work.planned.id, work.bound.action.gone_when.value, limit))
    deadline = clock.now().timestamp() + limit
    polls = 1
    look = _look(work)
    while look.verdict != "gone" and clock.now().timestamp() < deadline and not work.services.stop.requested:
        clock.sleep(POLL)
        polls += 1
        look = _look(work)
    seen = SeenGone(work.planned.id, work.bound.target, look.verdict, look.method, look.request_id, polls)
    work.journal.seen(seen)
    if look.verdict == "gone":
        return Gone(clock.now(), work.tally.children, look.request_id)
    if doubt is not None:
        why = f"no answer came ({doubt.answer.code}: {doubt.answer.message}), and {look.why}"
        return StillThere(why, children=work.tally.children, aws=doubt.answer)
    return StillThere(f"AWS accepted the deletion, but {look.why}", accepted=True, children=work.tally.children)


@dataclass(frozen=True)
class _Look:
    """Hold what one look at the target saw."""

    verdict: Literal["gone", "present", "unknown"]
    method: str
    request_id: str = ""
    why: str = ""


def _look(work: Execution) -> _Look:
    match work.bound.action.gone_when:
        case GoneWhen.TARGET_ABSENT:
            return _target(work)
        case GoneWhen.CHILDREN_ABSENT:
            return _children(work)


def _target(work: Execution) -> _Look:
    probe = work.bound.probe
    match read(work.scope, probe):
        case Absent(_, request_id):
            return _Look("gone", probe.api, request_id)
        case Present():
            return _Look("present", probe.api, why="it is still there")
        case Unreadable() as failed:
            return _Look("unknown", probe.api, why=f"it cannot be looked at: {failed.told}")


def _children(work: Execution) -> _Look:
    """List again. The target itself is there: it was read before the sweep, and its own deletion is another step."""
    method = ", ".join(sweep.list.api for sweep in work.bound.sweeps)
    watcher = work.services.watcher
    try:
        census = count_children(work.scope, work.planned.id, work.bound.sweeps, at_most=0, watcher=watcher)
    except AwsCallFailed as error:
        return _Look("unknown", method, why=f"it cannot be listed: {error.answer.code}: {error.answer.message}")
    if census.children:
        return _Look("present", method, why="a new listing is not empty: somebody is still writing there")
    return _Look("gone", method)
