"""The chart: one line for each thing that was looked at, in order, and what each look found for the later ones.

A look that needs what an earlier one did not find is not taken: its line says because of which one. An error of ours
becomes a line; it ends nothing but what depends on it. Anything else is a bug, and goes on as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from runner.errors import RunnerError
from runner.guard.diagnosis import Examination, Seen, State, not_examined, seen_error

A = TypeVar("A")
B = TypeVar("B")
Held_co = TypeVar("Held_co", covariant=True)


@dataclass(frozen=True)
class Known(Generic[Held_co]):
    """Hold what a look found."""

    value: Held_co


@dataclass(frozen=True)
class NotKnown:
    """Say why nothing was found, in words that go after "because"."""

    because: str


Found: TypeAlias = Known[A] | NotKnown
Look: TypeAlias = Callable[[A], tuple[Seen, B | None]]
"""Looks at something and returns what it means, and what was found; None lets nothing that needs it be looked at."""

START: Known[None] = Known(None)
"""What a look needs that needs nothing."""


class Chart:
    """Collect examinations in the order in which they were made."""

    def __init__(self) -> None:
        self._lines: list[Examination] = []

    @property
    def lines(self) -> tuple[Examination, ...]:
        """Every examination so far."""
        return tuple(self._lines)

    def add(self, name: str, seen: Seen) -> None:
        """Write a line."""
        self._lines.append(Examination.of(name, seen))

    def look(self, name: str, needed: Found[A], look: Look[A, B]) -> Found[B]:
        """Look, when what is needed was found, and write a line about it."""
        if isinstance(needed, NotKnown):
            self.add(name, not_examined(needed.because))
            return needed
        try:
            seen, found = look(needed.value)
        except RunnerError as error:
            seen, found = seen_error(error), None
        self.add(name, seen)
        return NotKnown(_because(name, seen)) if found is None else Known(found)

    def look_through(self, name: str, needed: Found[A], look: Callable[[A], tuple[Seen, ...]]) -> None:
        """Look at something that takes several lines, all under one name; nothing later needs it."""
        self.look_at_all(name, needed, lambda value: (look(value), None))

    def look_at_all(
        self, name: str, needed: Found[A], look: Callable[[A], tuple[tuple[Seen, ...], B | None]]
    ) -> Found[B]:
        """Look at something that takes several lines, all under one name, and that something later needs."""
        if isinstance(needed, NotKnown):
            self.add(name, not_examined(needed.because))
            return needed
        try:
            lines, found = look(needed.value)
        except RunnerError as error:
            lines, found = (seen_error(error),), None
        for seen in lines:
            self.add(name, seen)
        return NotKnown(_because(name, lines[-1])) if found is None else Known(found)


def both(first: Found[A], second: Found[B]) -> Found[tuple[A, B]]:
    """Return both values, or why one of them is not known."""
    if isinstance(first, NotKnown):
        return first
    if isinstance(second, NotKnown):
        return second
    return Known((first.value, second.value))


def _because(name: str, seen: Seen) -> str:
    match seen.state:
        case State.NOT_EXAMINED:
            return seen.what.removeprefix("because ")
        case State.PROBLEM:
            return f'"{name}" has a problem'
        case State.CANNOT_TELL | State.OK:
            return f'"{name}" did not tell'
