"""``runner apply``, steps 11 to 13: confirm, act, seal. Steps 1 to 10 are in ``runner.workflow.prepare``."""

from __future__ import annotations

from runner.errors import Interrupted, LogUnwritable
from runner.model.event import RunEnded, RunStarted
from runner.model.outcome import counts
from runner.model.ports import Ledger
from runner.workflow.agenda import PARALLEL
from runner.workflow.anchoring import Anchoring
from runner.workflow.approvals import refuse_unapproved
from runner.workflow.course import Course
from runner.workflow.journal import Journal
from runner.workflow.plan_file import refuse_expired
from runner.workflow.prepare import Prepared, refuse_blocked
from runner.workflow.run_result import RunResult, judge_run
from runner.workflow.services import Services
from runner.workflow.stamping import Stamping

_LOOK = "`runner audit show` says what was sent; `runner resume` looks at what is in doubt and goes on"


def apply(prepared: Prepared, services: Services, ledger: Ledger, parallel: int = PARALLEL) -> RunResult:
    """Execute a prepared plan and return how every step ended; no other run on this host is let near its targets.

    11. Refuse what guardrails or peers refused; show the plan and have the phrase typed, when there is anything to do.
    12. Account by account, for each step: its own session, a fresh look, the calls, and seen gone. Steps that do not
    wait for one another go on side by side, ``parallel`` of them at a time. After the first failure nothing new is
    begun, or where the playbook says so nothing in that account; what is under way is finished and recorded.
    13. Seal the run's log.

    Raises:
        GuardRefused: when a finding blocks the plan, or another run is working on one of its targets.
        NotApproved: when the phrase was not typed, or the plan needs approvals that were not given.
        Interrupted: on a second Ctrl-C, which gives up the call in flight.
        LogUnwritable: when the audit log cannot be written; nothing more was done.
    """
    refuse_blocked(prepared.plan)  # 11
    _refuse_unapproved(prepared, services)
    with ledger.claim(tuple(step.target for step in prepared.plan.acting)):
        return _apply(prepared, services, ledger, parallel)


def _apply(prepared: Prepared, services: Services, ledger: Ledger, parallel: int) -> RunResult:
    plan = prepared.plan
    if plan.acting:
        services.confirmer.confirm(plan, prepared.phrase)
    # The question may have stood for long.
    if prepared.sealed is not None:
        refuse_expired(prepared.sealed, services.clock.now())
    _refuse_unapproved(prepared, services)
    journal = Journal(ledger, services.clock)
    course = Course(prepared, services, journal)
    anchoring, stamping = Anchoring.of(prepared, services, ledger), Stamping.of(prepared, services, ledger)
    try:
        journal.opened(prepared)
        services.watcher.see(RunStarted(ledger.run, plan))
        course.refusal = stamping.begin() or anchoring.begin(course.user)
        with services.stop.armed():
            for part in prepared.parts:  # 12
                course.work(part, parallel)
        code = judge_run(course.results, course.ended_by)
        journal.closed(course.results, code)  # 13
        anchoring.end(course.user)
        stamping.end()
    except LogUnwritable as error:
        error.touched = course.touched
        raise
    except KeyboardInterrupt as pressed:
        # The second Ctrl-C: what was sent last may have no outcome in the log, and is in doubt.
        raise Interrupted("interrupted at once", on=plan.source.path, touched=course.touched, hint=_LOOK) from pressed
    result = RunResult(ledger.run, plan.digest, course.results, code)
    services.watcher.see(RunEnded(ledger.run, plan, code, counts(course.results)))
    return result


def _refuse_unapproved(prepared: Prepared, services: Services) -> None:
    now = services.clock.now()
    refuse_unapproved(prepared.plan, prepared.admitted, prepared.operator, now)
