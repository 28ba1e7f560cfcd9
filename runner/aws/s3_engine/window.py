"""How many requests are in flight: one more for each that goes well, fewer when S3 asks to slow down.

The rule is TCP's (additive increase, multiplicative decrease): it finds what S3 takes without knowing it. S3 gives each
*partition* of a bucket at least 3,500 writes a second, each key of a batch counts as one, and nobody outside knows the
partitions (Amazon S3 user guide, "Performance guidelines").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

FIRST: Final = 8
"""Requests in flight once the first one went well; it goes alone, so that what AWS refuses is refused once."""
MOST: Final = 32
"""Requests in flight at most; more than 64 made nothing faster where it was measured."""
LESS: Final = 0.7
"""What is left of the window when S3 asks to slow down."""
CALM: Final = 0.25
"""Seconds within which several such answers count as one: they are answers to requests of the same moment."""
PAUSE: Final = 0.2
"""Seconds of the first pause; each further one is longer by half, up to `LONGEST`."""
LONGEST: Final = 5.0


class Window:
    """Let requests begin; shared by the threads that send."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._size = 1.0
        self._has_begun = False
        self._slowed_at = float("-inf")
        self._until = float("-inf")
        self._pause = PAUSE
        self._change = threading.Condition()
        self.in_flight = 0
        self.throttled = 0

    @property
    def size(self) -> int:
        """How many requests may be in flight."""
        return int(self._size)

    def enter(self, stopped: Callable[[], bool]) -> bool:
        """Wait until a request may begin; False when it must not begin any more."""
        with self._change:
            while not stopped():
                wait = self._until - self._now()
                if self.in_flight < self.size and wait <= 0:
                    self.in_flight += 1
                    return True
                # Whoever ends a request or widens the window wakes somebody; nobody wakes those who are paused.
                self._change.wait(min(wait, 0.1) if wait > 0 else 0.1)
            return False

    def leave(self) -> None:
        """End a request."""
        with self._change:
            self.in_flight -= 1
            self._change.notify()

    def went_well(self) -> None:
        """Widen: at first by one for each request, later by one for each windowful."""
        with self._change:
            self._pause = PAUSE
            grown = self._size + (1.0 if not self.throttled else 1.0 / self._size)
            # Where S3 asked to slow down before anything went well, nothing speaks for more than one further request.
            is_first = not (self._has_begun or self.throttled)
            before, self._size = self.size, min(max(grown, float(FIRST)) if is_first else grown, float(MOST))
            self._has_begun = True
            self._change.notify(self.size - before)

    def slow_down(self) -> None:
        """Narrow, and let nothing begin for a moment."""
        with self._change:
            self.throttled += 1
            now = self._now()
            if now - self._slowed_at < CALM:
                return
            self._slowed_at = now
            self._size = max(1.0, self._size * LESS)
            self._until = now + self._pause
            self._pause = min(self._pause * 1.5, LONGEST)
