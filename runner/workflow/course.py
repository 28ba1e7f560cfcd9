"""The course of a run: its steps, several side by side, how each ended, and why later ones are not attempted.

1. A step begins when all that it waits for has ended (``runner.workflow.order``). 2. Beginnings come one at a time: a
code may be asked for. 3. Once a step did not end well nothing new is begun; what is under way is finished and recorded.
4. Once the log takes no more, what is under way ends before its next call.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Lock

from runner.errors import ExitCode, GuardRefused, LogUnwritable, RunnerError
from runner.guard.account import check_account
from runner.guard.count_drift import tolerance_for
from runner.guard.session_end import is_over
from runner.model.arn import Arn
from runner.model.event import RoleAssumed, StepEnded, StepStarted
from runner.model.fleet import OnFailure
from runner.model.outcome import AlreadyGone, NotAttempted, Outcome, StepResult, StillThere
from runner.model.plan import PlannedStep
from runner.model.ports import Stop
from runner.model.session import RoleSession, UserSession
from runner.model.target_state import Missing
from runner.workflow.agenda import Agenda
from runner.workflow.binding import BoundStep
from runner.workflow.execute import execute
from runner.workflow.execution import Execution
from runner.workflow.journal import Journal
from runner.workflow.order import order
from runner.workflow.pauses import Pauses
from runner.workflow.prepare import Part, Prepared
from runner.workflow.route import LIFETIME
from runner.workflow.run_result import touched, touched_so_far
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.standing import Halt, Standing
from runner.workflow.tally import Tally

_EARLIER = "an earlier step did not end well"
_FOR_ALL = frozenset({ExitCode.INTERRUPTED, ExitCode.SESSION_ENDED})
"""What ends the work in every account."""


@dataclass
class _Brake:
    """Ask steps to end: the operator did, or nothing can be recorded any more (port `Stop`)."""

    operator: Stop
    pulled: bool = False

    @property
    def requested(self) -> bool:
        """Whether what is under way has to end before its next call."""
        return self.pulled or self.operator.requested

    def armed(self) -> AbstractContextManager[None]:
        """Listen to the operator inside the block."""
        return self.operator.armed()


class Course:
    """Do a prepared plan's steps, account by account."""

    def __init__(self, prepared: Prepared, services: Services, journal: Journal) -> None:
        before = prepared.resumes
        self.refusal = ""
        """Why nothing may be done in any account; empty otherwise."""
        self._prepared = prepared
        self._brake = _Brake(services.stop)
        self._services = replace(services, stop=self._brake)
        self._journal = journal
        self._standing = Standing(prepared.parts[0].route.user, services, journal)
        # What an earlier run did counts, so that its pauses are not begun anew.
        self._pauses = Pauses({} if before is None else dict(before.ended))
        self._first = 0
        """The place in the plan of the next account's first step."""
        self._ended: dict[int, StepResult] = {}
        """By the steps' places in the plan."""
        self._under_way: dict[int, Tally] = {}
        self._stopped: Halt | None = None
        self._failed: ExitCode | None = None
        """Why an account was left although others were gone on with."""
        self._beginning = Lock()
        self._changing = Lock()

    @property
    def user(self) -> UserSession:
        """The operator's live session."""
        return self._standing.user

    @property
    def results(self) -> tuple[StepResult, ...]:
        """How the steps ended that have, in the plan's order."""
        with self._changing:
            return tuple(self._ended[place] for place in sorted(self._ended))

    @property
    def ended_by(self) -> ExitCode | None:
        """What kept steps from being attempted, or that some wait for nothing but time; None when all were done."""
        stopped = None if self._stopped is None else self._stopped.code
        return stopped or self._failed or (ExitCode.SESSION_ENDED if self._pauses.waiting else None)

    @property
    def touched(self) -> str:
        """What the run changed so far, in words, the steps that are under way included."""
        done = touched_so_far((*self.results, *self._unfinished()))
        unrecorded = self._journal.unrecorded
        return f"{done}; sent without an outcome in the log: {unrecorded}" if unrecorded else done

    def work(self, part: Part, parallel: int) -> None:
        """Do an account's steps, so many at a time.

        Raises:
            LogUnwritable: when something cannot be recorded; what is under way has ended by then.
        """
        self._enter(part)
        first, agenda = self._first, Agenda(order(part.steps))
        self._first += len(part.steps)
        shares = range(min(parallel, len(part.steps)))
        self._services.crew.map(lambda _: self._share(part, first, agenda), shares, at_most=parallel)

    def _enter(self, part: Part) -> None:
        """Go to an account; what stopped the one before stops this one too, unless the playbook goes on."""
        self._journal.enters(part.playbook.account.id)
        stopped = self._stopped
        goes_on = self._prepared.plan.on_failure is OnFailure.CONTINUE
        if goes_on and stopped is not None and stopped.code not in _FOR_ALL:
            self._failed, self._stopped = self._failed or stopped.code, None
        if self.refusal:
            self._stopped = Halt(ExitCode.REFUSED, self.refusal)

    def _share(self, part: Part, first: int, agenda: Agenda) -> None:
        """Do steps as long as there are any; several threads do this."""
        try:
            while (place := agenda.take()) is not None:
                self._take(part, part.steps[place], part.bound[place], first + place)
                agenda.ended(place)
        except BaseException:
            self._brake.pulled = True
            agenda.close()
            raise

    def _take(self, part: Part, planned: PlannedStep, bound: BoundStep, place: int) -> None:
        """Do one step, or say why it is not attempted, and record how it ended."""
        clock = self._services.clock
        with self._beginning:
            pause = self._pauses.reason(planned, clock.now()) if planned.acts else ""
            goes_on = planned.acts and not pause
            if goes_on and self._stopped is None:
                self._stop(self._standing.halt(part))
            self._journal.step_opened(planned)
            if goes_on and self._stopped is None:
                self._announce(planned, place)
        outcome = NotAttempted(pause) if pause and self._stopped is None else self._outcome(part, planned, bound, place)
        result = StepResult(planned.id, planned.action, planned.target, outcome)
        self._pauses.ended(planned, outcome, clock.now())
        with self._changing:
            self._ended[place] = result
            tally = self._under_way.pop(place, Tally())
        census = planned.census
        self._journal.step_closed(result, tally.figures(census.size, census.children) if census else None)
        self._services.watcher.see(StepEnded(result))

    def _outcome(self, part: Part, planned: PlannedStep, bound: BoundStep, place: int) -> Outcome:
        if isinstance(planned.state, Missing):
            return AlreadyGone(planned.state.why)
        if self._stopped is not None:
            return NotAttempted(self._stopped.why)
        tally = Tally()
        with self._changing:
            self._under_way[place] = tally
        try:
            outcome = self._execute(part, planned, bound, tally)
        except LogUnwritable:
            raise
        except RunnerError as error:
            over = is_over(error.aws) and self._has_touched
            self._stop(Halt(ExitCode.SESSION_ENDED if over else error.exit_code, _EARLIER))
            if not tally.touched:
                return NotAttempted(error.what)
            return StillThere(error.what, children=tally.children, aws=error.aws)
        self._judge(outcome)
        return outcome

    def _judge(self, outcome: Outcome) -> None:
        if isinstance(outcome, StillThere):
            ended = ExitCode.SESSION_ENDED if is_over(outcome.aws) else ExitCode.PARTIAL
            self._stop(Halt(ExitCode.INTERRUPTED if self._services.stop.requested else ended, _EARLIER))
        if isinstance(outcome, NotAttempted):
            self._stop(Halt(GuardRefused.exit_code, _EARLIER))

    def _stop(self, halt: Halt | None) -> None:
        """Let nothing new begin; the first reason stays."""
        with self._changing:
            self._stopped = self._stopped or halt

    def _execute(self, part: Part, planned: PlannedStep, bound: BoundStep, tally: Tally) -> Outcome:
        scope = Scope(
            self._services,
            self._standing.route(part),
            bound.groups(part.hours.calls),
            part.playbook.max_age + LIFETIME,
            opened=lambda session: self._assumed(part, planned.id, session),
        )
        tolerance = tolerance_for(planned, part.steps, part.playbook.limits)
        before = self._prepared.resumes
        unsettled = tuple(one for one in before.unsettled if one.step == planned.id) if before else ()
        return execute(
            Execution(self._services, scope, self._journal, planned, bound, tally, part.hours, tolerance, unsettled)
        )

    @property
    def _has_touched(self) -> bool:
        with self._changing:
            under_way = any(tally.touched for tally in self._under_way.values())
        return under_way or touched(self.results)

    def _unfinished(self) -> tuple[StepResult, ...]:
        """Return the steps that are under way as if they ended now, those that have changed something."""
        steps = self._prepared.plan.steps
        with self._changing:
            touching = [(steps[place], tally) for place, tally in sorted(self._under_way.items()) if tally.touched]
        return tuple(
            StepResult(step.id, step.action, step.target, StillThere("", children=tally.children))
            for step, tally in touching
        )

    def _assumed(self, part: Part, step: str, session: RoleSession) -> None:
        """Record a step's new session and pin its account once more, before anything is sent under it."""
        self._journal.assumed(step, session)
        check_account(part.playbook.account, Arn.parse(session.arn).account)
        self._services.watcher.see(RoleAssumed(step, session))

    def _announce(self, planned: PlannedStep, place: int) -> None:
        total, size = (0, 0) if planned.census is None else (planned.census.children, planned.census.size)
        count = len(self._prepared.plan.steps)
        started = StepStarted(planned.id, planned.action, planned.target, place + 1, count, total, size)
        self._services.watcher.see(started)
