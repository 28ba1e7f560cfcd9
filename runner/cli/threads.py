"""Do jobs side by side in threads of this process (port `Crew`).

Rules:

- Whoever asks works too, and everybody else is a helper from one bounded stock. So a job may itself ask for jobs to be
  done: at the worst nobody helps, and it does them in turn.
- Helpers are daemons. A Ctrl-C is met by the one who asked, who goes at once; what the helpers are reading is given up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

SIZE = 24
"""Jobs that are done at a time, over everything that a command does."""

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """Hold a stock of helpers."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._helpers = threading.Semaphore(size - 1)

    def map(self, job: Callable[[T], R], items: Iterable[T], at_most: int | None = None) -> tuple[R, ...]:
        """Do one job for each item and return what they return, in the items' order (port `Crew`)."""
        return _Jobs(job, iter(items), self._helpers, at_most or self._size).results()


class _Jobs(Generic[T, R]):
    """Hold the jobs that somebody asked for, as far as they are done."""

    def __init__(self, job: Callable[[T], R], items: Iterator[T], helpers: threading.Semaphore, at_most: int) -> None:
        self._job = job
        self._items = items
        self._stock = helpers
        self._at_most = at_most
        self._lock = threading.Lock()
        self._taken = 0
        self._over = False
        self._done: dict[int, R] = {}
        self._failed: dict[int, Exception] = {}
        self._helpers: list[threading.Thread] = []

    def results(self) -> tuple[R, ...]:
        """Return when every job is done, or one has failed and the others that were begun are done."""
        try:
            self._work()
            # Nobody takes an item any more, so nobody asks for another helper.
            for helper in self._helpers:
                helper.join()
        finally:
            self._over = True
        if self._failed:
            raise self._failed[min(self._failed)]
        return tuple(self._done[index] for index in range(self._taken))

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            index, item = taken
            self._recruit()
            try:
                self._done[index] = self._job(item)
            except Exception as error:  # noqa: BLE001  # it is raised where the jobs were asked for
                self._failed[index] = error

    def _take(self) -> tuple[int, T] | None:
        with self._lock:
            if self._over or self._failed:
                return None
            index = self._taken
            try:
                item = next(self._items)
            except StopIteration:
                self._over = True
                return None
            except Exception as error:  # noqa: BLE001  # same
                self._failed[index] = error
                return None
            self._taken += 1
            return index, item

    def _recruit(self) -> None:
        with self._lock:
            if self._over or len(self._helpers) >= self._at_most - 1 or not self._stock.acquire(blocking=False):
                return
            helper = threading.Thread(target=self._help, daemon=True)
            self._helpers.append(helper)
            helper.start()

    def _help(self) -> None:
        try:
            self._work()
        finally:
            self._stock.release()
