"""Send a step's writes, again while AWS says that it is too early."""

from __future__ import annotations

from runner.errors import AwsCallFailed
from runner.model.bound import BoundCall
from runner.model.event import StillWaiting
from runner.model.outcome import StillThere
from runner.workflow.execution import Execution
from runner.workflow.seeing import pause
from runner.workflow.sweep import words_of


def send(work: Execution, call: BoundCall) -> AwsCallFailed | None:
    """Send one write with its intent and outcome in the journal; return the error when no answer came.

    A code that the action knows as *not yet* has the call sent again, each time with records of its own, until
    ``settles_within`` is over. A code in the call's ``absent`` means that somebody else has done it.

    Raises:
        AwsCallFailed: when AWS refuses the call.
    """
    clock, action = work.services.clock, work.bound.action
    begun = clock.now().timestamp()
    while True:
        try:
            work.journal.call(work.scope, call, call.params, work.planned.id)
        except AwsCallFailed as error:
            elapsed = clock.now().timestamp() - begun
            if error.in_doubt:
                work.tally.took()
                return error
            if error.answer.code in call.absent:
                return None
            patient = error.answer.code in action.transient and elapsed < action.settles_within
            if not patient or work.services.stop.requested:
                raise
            seen = f"AWS answers {error.answer.code}"
            work.services.watcher.see(StillWaiting(work.planned.id, seen, int(elapsed)))
            pause(work, elapsed)
        else:
            work.tally.took()
            return None


def refused(work: Execution, error: AwsCallFailed) -> StillThere:
    """Return the outcome of a call that was refused, or that nobody answered."""
    return StillThere(words_of(error), children=work.tally.children, aws=error.answer)
