"""Threads that work together and end together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

TELL: Final = 0.1
"""Seconds between two words about how it goes."""


class Team:
    """Run threads; the first error of any of them ends them all, and is kept.

    The threads are daemons: a second Ctrl-C ends the process without waiting for an answer that may never come.
    """

    def __init__(self) -> None:
        self._left = 0
        self._change = threading.Condition()
        self.error: BaseException | None = None
        self.is_over = False
        """Whether nothing more may begin."""

    def hands(self, most: int, then: Callable[[], None] = lambda: None) -> Hands:
        """Return hands for one work: so many at most, none yet; the last one that ends does ``then``."""
        return Hands(self, most, then)

    def stop(self) -> None:
        """Let nothing more begin."""
        self.is_over = True

    def wait(self, tell: Callable[[], None]) -> None:
        """Wait for all threads, and ``tell`` now and then."""
        while True:
            with self._change:
                if self._left:
                    self._change.wait(TELL)
                left = self._left
            tell()
            if not left:
                return

    def start(self, body: Callable[[], None]) -> None:
        """Run a thread."""
        with self._change:
            self._left += 1
        threading.Thread(target=self._run, args=(body,), daemon=True).start()

    def _run(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001  # kept, and raised in the thread that waits
            with self._change:
                self.error = self.error or error
                self.is_over = True
        finally:
            with self._change:
                self._left -= 1
                self._change.notify_all()


class Hands:
    """Hold the threads of a team that do the same work; as long as one of them works, more may join."""

    def __init__(self, team: Team, most: int, then: Callable[[], None]) -> None:
        self._team = team
        self._places = most
        self._then = then
        self._left = 0
        self._lock = threading.Lock()

    def join(self, work: Callable[[], None], count: int = 1) -> None:
        """Let so many more begin, as far as there are places."""
        with self._lock:
            count = min(count, self._places)
            self._places -= count
            self._left += count
        for _ in range(count):
            self._team.start(lambda: self._do(work))

    def _do(self, work: Callable[[], None]) -> None:
        work()
        with self._lock:
            self._left -= 1
            is_last = not self._left
        if is_last:
            self._then()
