"""Hand out steps to those who do them side by side, each step when all that it waits for has ended."""

from __future__ import annotations

import threading

PARALLEL = 4
"""How many steps are done at a time."""


class Agenda:
    """Hold the places of steps that are not handed out yet; several threads ask for them."""

    def __init__(self, waits: tuple[frozenset[int], ...]) -> None:
        """Take, for each step, the places of the earlier steps that it waits for."""
        self._left = {place: set(before) for place, before in enumerate(waits)}
        self._changed = threading.Condition()

    def take(self) -> int | None:
        """Return the first step that waits for nothing any more, as soon as there is one; None when none is left.

        A single thread that asks gets the steps in their order.
        """
        with self._changed:
            while self._left:
                ready = min((place for place, before in self._left.items() if not before), default=None)
                if ready is not None:
                    del self._left[ready]
                    return ready
                self._changed.wait()
            return None

    def ended(self, place: int) -> None:
        """Take note that a step has ended, however it did."""
        with self._changed:
            for before in self._left.values():
                before.discard(place)
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out nothing any more."""
        with self._changed:
            self._left.clear()
            self._changed.notify_all()
