"""Switch a target's protection flags off for its deletion, and on again when it is not deleted after all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runner.errors import AwsCallFailed
from runner.model.action import Facts, Ok
from runner.model.outcome import StillThere
from runner.workflow.binding import BoundFlag
from runner.workflow.execution import Execution
from runner.workflow.sending import refused, send


def flags_to_lift(work: Execution, facts: Facts) -> tuple[BoundFlag, ...]:
    """Return the flags that the step names and that are on."""
    return tuple(flag for flag in work.bound.flags if not isinstance(flag.is_off(facts), Ok))


def lift(work: Execution, flags: tuple[BoundFlag, ...], lifted: list[BoundFlag]) -> StillThere | None:
    """Switch flags off, one after the other, and add each to ``lifted``; return why the step ends here."""
    for flag in flags:
        # Before the answer: a call without one may have happened.
        lifted.append(flag)
        try:
            doubt = send(work, flag.lift)
        except AwsCallFailed as error:
            lifted.remove(flag)
            return refused(work, error)
        if doubt is not None:
            return refused(work, doubt)
    return None


def rearm(work: Execution, lifted: list[BoundFlag], outcome: StillThere) -> StillThere:
    """Switch flags on again after a deletion that did not happen; the outcome says what became of them."""
    return replace(outcome, why="; ".join((outcome.why, *_rearmed(work, lifted))))


def _rearmed(work: Execution, lifted: list[BoundFlag]) -> Iterator[str]:
    for flag in reversed(lifted):
        try:
            doubt = send(work, flag.rearm)
        except AwsCallFailed as error:
            yield f"{flag.name} could not be switched on again: {error.answer.code}: {error.answer.message}"
        else:
            yield f"{flag.name} is on again" if doubt is None else f"whether {flag.name} is on again is not known"
