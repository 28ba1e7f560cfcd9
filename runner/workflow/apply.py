"""``runner apply``, steps 11 to 13: confirm, act, seal. Steps 1 to 10 are in ``runner.workflow.prepare``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from runner.errors import (
    CredentialsRefused,
    ExitCode,
    GuardRefused,
    Interrupted,
    LogUnwritable,
    NoCode,
    RunnerError,
)
from runner.guard.account import check_account
from runner.guard.session_end import is_over
from runner.model.arn import Arn
from runner.model.event import RoleAssumed, RunEnded, RunStarted, StepEnded, StepStarted
from runner.model.fleet import OnFailure
from runner.model.outcome import AlreadyGone, NotAttempted, Outcome, StepResult, StillThere, counts
from runner.model.plan import PlannedStep
from runner.model.ports import Ledger
from runner.model.session import RoleSession, UserSession
from runner.model.target_state import Missing
from runner.workflow.anchoring import Anchoring
from runner.workflow.approvals import refuse_unapproved
from runner.workflow.authenticate import authenticate, is_good
from runner.workflow.binding import BoundStep
from runner.workflow.execute import execute
from runner.workflow.execution import Execution
from runner.workflow.guarded_session import prove_again
from runner.workflow.journal import Journal
from runner.workflow.pauses import Pauses
from runner.workflow.plan_file import refuse_expired
from runner.workflow.prepare import Part, Prepared, refuse_blocked
from runner.workflow.route import LIFETIME, Route
from runner.workflow.run_result import RunResult, judge_run, touched, touched_so_far
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.tally import Tally

_LOOK = "`runner audit show` says what was sent; `runner resume` looks at what is in doubt and goes on"

_EARLIER = "an earlier step did not end well"
_FOR_ALL = frozenset({ExitCode.INTERRUPTED, ExitCode.SESSION_ENDED})
"""What ends the work in every account."""


def apply(prepared: Prepared, services: Services, ledger: Ledger) -> RunResult:
    """Execute a prepared plan and return how every step ended; no other run on this host is let near its targets.

    11. Refuse what guardrails or peers refused; show the plan and have the phrase typed, when there is anything to do.
    12. Account by account, for each step in order: its own session, a fresh look, the calls, and seen gone. The first
    failure ends it, or where the playbook says so only the work in that account.
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
        return _apply(prepared, services, ledger)


def _apply(prepared: Prepared, services: Services, ledger: Ledger) -> RunResult:
    plan = prepared.plan
    if plan.acting:
        services.confirmer.confirm(plan, prepared.phrase)
    # The question may have stood for long.
    if prepared.sealed is not None:
        refuse_expired(prepared.sealed, services.clock.now())
    _refuse_unapproved(prepared, services)
    journal = Journal(ledger, services.clock)
    run = _Run(prepared, services, journal, prepared.parts[0])
    anchoring = Anchoring.of(prepared, services, ledger)
    try:
        journal.opened(prepared)
        services.watcher.see(RunStarted(ledger.run, plan))
        run.refusal = anchoring.begin(run.user)
        with services.stop.armed():
            for part in prepared.parts:  # 12
                run.enter(part)
                for planned, bound in zip(part.steps, part.bound, strict=True):
                    run.take(planned, bound)
        code = judge_run(tuple(run.results), run.stopped or run.failed or run.paused_code)
        journal.closed(tuple(run.results), code)  # 13
        anchoring.end(run.user)
    except LogUnwritable as error:
        error.touched = run.touched
        raise
    except KeyboardInterrupt as pressed:
        # The second Ctrl-C: what was sent last may have no outcome in the log, and is in doubt.
        raise Interrupted("interrupted at once", on=plan.source.path, touched=run.touched, hint=_LOOK) from pressed
    result = RunResult(ledger.run, plan.digest, tuple(run.results), code)
    services.watcher.see(RunEnded(ledger.run, plan, code, counts(run.results)))
    return result


def _refuse_unapproved(prepared: Prepared, services: Services) -> None:
    now = services.clock.now()
    refuse_unapproved(prepared.plan, prepared.admitted, prepared.operator, now)


@dataclass
class _Run:
    """Hold a run while it goes on: the session it rests on, the results so far, why later steps are not attempted."""

    prepared: Prepared
    services: Services
    journal: Journal
    part: Part
    """Of the account in which is worked."""
    results: list[StepResult] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    """Of the step that is being done."""
    stopped: ExitCode | None = None
    why: str = _EARLIER
    failed: ExitCode | None = None
    """Why an account was left although others were gone on with."""
    refusal: str = ""
    """Why nothing may be done in any account; empty otherwise."""
    pauses: Pauses = field(init=False)
    user: UserSession = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the first account, and with what an earlier run did, so that its pauses are not begun anew."""
        self.user = self.part.route.user
        before = self.prepared.resumes
        self.pauses = Pauses({} if before is None else dict(before.ended))

    @property
    def paused_code(self) -> ExitCode | None:
        """The exit code of a run that waits for nothing but time; None when no step waits."""
        return ExitCode.SESSION_ENDED if self.pauses.waiting else None

    @property
    def touched(self) -> str:
        """What the run changed so far, in words, the step in the middle included."""
        done = touched_so_far((*self.results, *self._unfinished()))
        unrecorded = self.journal.unrecorded
        return f"{done}; {unrecorded} was sent and its outcome is not in the log" if unrecorded else done

    @property
    def route(self) -> Route:
        """The way to the role of the account in which is worked, with the live session."""
        return replace(self.part.route, user=self.user)

    def enter(self, part: Part) -> None:
        """Go to an account; what stopped the one before stops this one too, unless the playbook goes on."""
        self.part = part
        self.journal.enters(part.playbook.account.id)
        if self.prepared.plan.on_failure is OnFailure.CONTINUE and self.stopped not in {None, *_FOR_ALL}:
            self.failed, self.stopped, self.why = self.failed or self.stopped, None, _EARLIER
        if self.refusal:
            self.stopped, self.why = ExitCode.REFUSED, self.refusal

    def take(self, planned: PlannedStep, bound: BoundStep) -> None:
        """Do one step, or say why it is not attempted, and record how it ended."""
        self.tally = Tally()
        pause = self.pauses.reason(planned, self.services.clock.now()) if planned.acts else ""
        goes_on = self.stopped is None and planned.acts and not pause
        if goes_on:
            self._be_ready()
        self.journal.step_opened(planned)
        if goes_on and self.stopped is None:
            self._announce(planned)
        outcome = NotAttempted(pause) if pause and self.stopped is None else self._outcome(planned, bound)
        self.pauses.ended(planned, outcome, self.services.clock.now())
        result = StepResult(planned.id, planned.action, planned.target, outcome)
        self.results.append(result)
        self.journal.step_closed(result)
        self.services.watcher.see(StepEnded(result))

    def _outcome(self, planned: PlannedStep, bound: BoundStep) -> Outcome:
        if isinstance(planned.state, Missing):
            return AlreadyGone(planned.state.why)
        if self.stopped is not None:
            return NotAttempted(self.why)
        try:
            outcome = self._execute(planned, bound)
        except LogUnwritable:
            raise
        except RunnerError as error:
            begun = self.tally.touched or touched(tuple(self.results))
            self.stopped = ExitCode.SESSION_ENDED if begun and is_over(error.aws) else error.exit_code
            if not self.tally.touched:
                return NotAttempted(error.what)
            return StillThere(error.what, children=self.tally.children, aws=error.aws)
        if isinstance(outcome, StillThere):
            ended = ExitCode.SESSION_ENDED if is_over(outcome.aws) else ExitCode.PARTIAL
            self.stopped = ExitCode.INTERRUPTED if self.services.stop.requested else ended
        if isinstance(outcome, NotAttempted):
            self.stopped = GuardRefused.exit_code
        return outcome

    def _execute(self, planned: PlannedStep, bound: BoundStep) -> Outcome:
        scope = Scope(
            self.services,
            self.route,
            ((*bound.reads, *bound.writes, *self.part.hours.calls),),
            self.part.playbook.max_age + LIFETIME,
            opened=lambda session: self._assumed(planned.id, session),
        )
        return execute(Execution(self.services, scope, self.journal, planned, bound, self.tally, self.part.hours))

    def _unfinished(self) -> tuple[StepResult, ...]:
        """Return the step in the middle as if it ended now, when it has changed something."""
        if not self.tally.touched or len(self.results) == len(self.prepared.plan.steps):
            return ()
        step = self.prepared.plan.steps[len(self.results)]
        return (StepResult(step.id, step.action, step.target, StillThere("", children=self.tally.children)),)

    def _assumed(self, step: str, session: RoleSession) -> None:
        """Record a step's new session and pin its account once more, before anything is sent under it."""
        self.journal.assumed(step, session)
        check_account(self.part.playbook.account, Arn.parse(session.arn).account)
        self.services.watcher.see(RoleAssumed(step, session))

    def _announce(self, planned: PlannedStep) -> None:
        total = 0 if planned.census is None else planned.census.children
        index, count = len(self.results) + 1, len(self.prepared.plan.steps)
        event = StepStarted(planned.id, planned.action, planned.target, index, count, total)
        self.services.watcher.see(event)

    def _be_ready(self) -> None:
        """See that nobody asked to stop, that it is still time, and that the session is young enough, or renew it."""
        if self.services.stop.requested:
            self.stopped, self.why = ExitCode.INTERRUPTED, "the run was interrupted"
            return
        closed = self.part.hours.by_the_clock(self.services.clock.now())
        if closed:
            self.stopped, self.why = ExitCode.REFUSED, closed[0].message
            return
        if is_good(self.route.user, self.services, self.part.playbook.max_age):
            return
        try:
            self._renew()
        except LogUnwritable:
            raise
        except NoCode as error:
            self.stopped, self.why = ExitCode.SESSION_ENDED, f"the MFA session is too old: {error.what}"
        except RunnerError as error:
            self.stopped, self.why = error.exit_code, error.what

    def _renew(self) -> None:
        """Ask for a code between two steps; the new session has to be the same person's, and is proven again."""
        playbook = self.part.playbook
        user = authenticate(self.services, playbook.max_age)
        before = self.route.user.caller
        if (user.caller.account, user.caller.user_id) != (before.account, before.user_id):
            raise CredentialsRefused(
                f"the new session is {user.caller.arn}'s, the run was begun by {before.arn}",
                on=user.caller.arn,
                hint="apply again as one person",
            )
        self.user = user
        self.journal.authenticated(self.route, prove_again(playbook, self.route, self.services))
