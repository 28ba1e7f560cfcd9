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

    def start(self, count: int, work: Callable[[], None], then: Callable[[], None] = lambda: None) -> None:
        """Run ``work`` in so many threads; the last one of them that ends does ``then``."""
        group = _Group(count)
        with self._change:
            self._left += count
        for _ in range(count):
            threading.Thread(target=self._run, args=(work, then, group), daemon=True).start()

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

    def _run(self, work: Callable[[], None], then: Callable[[], None], group: _Group) -> None:
        try:
            work()
            if group.ends_one():
                then()
        except BaseException as error:  # noqa: BLE001  # kept, and raised in the thread that waits
            with self._change:
                self.error = self.error or error
                self.is_over = True
        finally:
            with self._change:
                self._left -= 1
                self._change.notify_all()


class _Group:
    """Count the threads that do the same work."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()

    def ends_one(self) -> bool:
        """Return whether the last one ended."""
        with self._lock:
            self._left -= 1
            return not self._left
