"""Step 12 of apply: do one step under its own session, and see its target gone."""

from __future__ import annotations

from runner.errors import AwsCallFailed, CredentialsRefused
from runner.guard.acceptance import still_accepted
from runner.guard.count_drift import count_changes, difference
from runner.guard.drift import drift
from runner.model.bound import BoundCall, BoundSweep
from runner.model.call import Effect
from runner.model.event import CountDrifted
from runner.model.outcome import NotAttempted, Outcome, StillThere
from runner.workflow.binding import BoundFlag
from runner.workflow.blocking import still_blocking
from runner.workflow.cascade import added, list_cascade, staying, without
from runner.workflow.census import Teller
from runner.workflow.execution import Execution
from runner.workflow.flags import flags_to_lift, lift, rearm
from runner.workflow.reading import Observed, check_findings, observe
from runner.workflow.seeing import see_copy, see_gone
from runner.workflow.sending import refused, send
from runner.workflow.sweep import Ended, Sweeping, sweep, words_of


def execute(work: Execution) -> Outcome:
    """Return how the step ended.

    1. Ask the change calendars, read the target again and count its contents; anything that is not as planned ends the
    step before a call.
    2. Switch off the protection flags that the step names and that are on. 3. Send the calls in order, each with its
    intent and outcome in the journal; a copy that a call makes is seen there before the next call. 4. Look until the
    target is seen gone. 5. When it is not deleted after all, switch the flags on again.

    Raises:
        CredentialsRefused: when the step's role session cannot be had, at the start or later on.
        LogUnwritable: when the journal cannot be written; nothing is sent after that. The tally says what was done.
    """
    closed = work.hours.by_calendars(work.scope)  # 1
    if closed:
        return NotAttempted(closed[0].told)
    observed = observe(work.scope, work.bound, work.services.crew)
    changed = _changed(work, observed) or _recounted(work)
    if changed:
        return NotAttempted("changed since the plan: " + "; ".join(changed))
    lifted: list[BoundFlag] = []
    try:
        outcome = lift(work, flags_to_lift(work, observed.facts), lifted) or _delete(work)  # 2, 3, 4
        if lifted and isinstance(outcome, StillThere) and not outcome.accepted:  # 5
            return rearm(work, lifted, outcome)
    except CredentialsRefused as error:
        if lifted:
            error.what = f"{error.what}; switched off and not on again: {', '.join(flag.name for flag in lifted)}"
        raise
    return outcome


def _delete(work: Execution) -> Outcome:
    doubt: AwsCallFailed | None = None
    for call in work.bound.calls:
        match call:
            case BoundSweep():
                ended = _sweep(work, call)
                if ended is not None:
                    return StillThere(ended.why, children=work.tally.children, aws=ended.aws)
            case BoundCall(effect=Effect.UNPROTECT | Effect.REARM):
                continue
            case BoundCall():
                try:
                    doubt = send(work, call) or doubt
                except AwsCallFailed as error:
                    return refused(work, error)
                missing = _unmade(work, call)
                if missing:
                    return StillThere(missing, children=work.tally.children)
    return see_gone(work, doubt)


def _unmade(work: Execution, call: BoundCall) -> str:
    """Return why the copy that a call makes is not there; empty when it is, or when the call makes none."""
    made = (copy for copy in work.bound.copies if call.keeps == copy.key)
    return next((missing for copy in made if (missing := see_copy(work, copy))), "")


def _changed(work: Execution, observed: Observed) -> tuple[str, ...]:
    held = {name: data for name, data in observed.evidence.items() if name not in work.bound.action.volatile}
    findings = still_accepted(check_findings(work.bound, observed), work.planned.findings)
    return (
        *drift(work.planned, observed.state, held),
        *(finding.told for finding in findings if finding.blocks),
        *_dies_too(work, observed),
        *still_blocking(work.scope, work.bound, frozenset(one.check for one in work.planned.findings if one.accepted)),
    )


def _recounted(work: Execution) -> tuple[str, ...]:
    """Count again what the sweeps will delete; return what is beyond the drift that is agreed to, and tell the rest."""
    planned = work.planned.census
    if planned is None:
        return ()
    teller = Teller(work.scope, work.scope, work.services.bulk, work.services.watcher)
    try:
        found = teller.count(work.planned.id, work.bound.sweeps, at_most=planned.children + work.tolerance.most)
    except AwsCallFailed as error:
        return (f"its contents cannot be counted: {error.answer.code}: {error.answer.message}",)
    changes = count_changes(planned, found, work.tolerance)
    if not changes and found.children != planned.children:
        work.services.watcher.see(CountDrifted(work.planned.id, difference(planned, found)))
    return changes


def _dies_too(work: Execution, observed: Observed) -> tuple[str, ...]:
    """Return what would die with the target and stands in no plan, in words."""
    planned = work.planned.cascade
    stays = staying(work.bound, observed.facts)
    at_most = sum(len(cascade.members) for cascade in planned) + len(stays)
    try:
        found = without(list_cascade(work.scope, work.bound.cascade, at_most=at_most), stays)
    except AwsCallFailed as error:
        return (f"what dies with it cannot be listed: {error.answer.code}: {error.answer.message}",)
    return tuple(f"{member} would die with it" for member in added(planned, found))


def _sweep(work: Execution, call: BoundSweep) -> Ended | None:
    counted = 0 if work.planned.census is None else work.planned.census.children
    at_most = counted + work.tolerance.most
    step = work.planned.id
    sweeping = Sweeping(work.services, work.scope, work.journal, work.tally, step, at_most, work.unsettled)
    try:
        return sweep(sweeping, call)
    except AwsCallFailed as error:
        return Ended(f"{error.answer.operation}: {words_of(error)}", error.answer)
