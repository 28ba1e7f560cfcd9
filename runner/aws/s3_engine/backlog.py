"""Batches on their way from those who list to those who send: not too many, and named in the log several at once.

To store a manifest takes the log's disk longer than to send a batch takes S3. So one thread names those that wait,
together: a few of them, or what there is after a moment, or at the end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from runner.model.bulk import Batch
from runner.model.children import Children

MOST: Final = 32
"""Batches that wait at most; listers wait when there are more, so that memory stays flat."""
TOGETHER: Final = 8
"""Batches that are named together at most."""
LARGEST: Final = 4 * 1024 * 1024
"""Bytes of keys and ids from which on no further batch is added to a manifest; the log takes no blob of any length."""
MOMENT: Final = 0.02
"""Seconds for which a batch waits for others."""
IDLE: Final = 0.1
"""Seconds after which somebody who waits for a batch looks up."""


class Backlog:
    """Take batches and hand them out named; shared by threads."""

    def __init__(
        self,
        name: Callable[[Sequence[Batch]], tuple[Batch, ...]],
        stopped: Callable[[], bool],
        help_wanted: Callable[[int], None],
    ) -> None:
        """Let ``name`` write batches into the log; ``stopped`` says that nothing more is to be sent.

        ``help_wanted`` is told how many batches are named for which nobody waits.
        """
        self._name = name
        self._stopped = stopped
        self._help_wanted = help_wanted
        self._waiting: deque[Batch] = deque()
        self._named: deque[Batch] = deque()
        self._since = 0.0
        """When the first one of those that wait came."""
        self._is_first = True
        self._being_named = 0
        self._is_closed = False
        self._change = threading.Condition()
        self._idle = 0
        """How many wait for a batch."""

    def __len__(self) -> int:
        return len(self._waiting) + self._being_named + len(self._named)

    def put(self, batch: Batch) -> None:
        """Take a batch; wait while there are too many."""
        with self._change:
            while len(self) >= MOST and not self._stopped():
                self._change.wait(IDLE)
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(batch)
            self._change.notify_all()

    def close(self) -> None:
        """Say that no more batches come."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be sent, and nothing more comes."""
        with self._change:
            return self._is_closed and not self

    def take(self) -> Batch | None:
        """Return a batch that is named; None when there is none for a while."""
        until = time.monotonic() + IDLE
        with self._change:
            self._idle += 1
            while not self._named and not self._is_over_or(until):
                self._change.wait(IDLE)
            self._idle -= 1
            if not self._named or self._stopped():
                return None
            self._change.notify_all()  # to those who wait until there are fewer
            return self._named.popleft()

    def name_all(self) -> None:
        """Name batches as long as any come (the body of one thread).

        Raises:
            LogUnwritable: when they cannot be named.
        """
        while some := self._next():
            named = self._name(some)
            with self._change:
                self._named.extend(named)
                self._being_named = 0
                self._change.notify_all()
                missing = len(self._named) - self._idle
            if missing > 0:
                self._help_wanted(missing)

    def _next(self) -> tuple[Batch, ...]:
        """Return those that are to be named together; none when no more come."""
        with self._change:
            while not self._stopped():
                if self._is_time():
                    return self._together()
                if self._is_closed and not self._waiting:
                    break
                self._change.wait(MOMENT if self._waiting else IDLE)
            return ()

    def _is_over_or(self, until: float) -> bool:
        return self._stopped() or (self._is_closed and not self) or time.monotonic() >= until

    def _is_time(self) -> bool:
        is_enough = self._is_first or self._is_closed or len(self._waiting) >= TOGETHER
        return bool(self._waiting) and (is_enough or time.monotonic() - self._since >= MOMENT)

    def _together(self) -> tuple[Batch, ...]:
        most = 1 if self._is_first else TOGETHER
        self._is_first = False
        some = [self._waiting.popleft()]
        size = _size(some[0])
        while self._waiting and len(some) < most and size < LARGEST:
            some.append(self._waiting.popleft())
            size += _size(some[-1])
        self._since = time.monotonic()
        self._being_named = len(some)
        return tuple(some)


def _size(batch: Batch) -> int:
    return len(Children.of(batch.children).text)
