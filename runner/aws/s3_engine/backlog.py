"""Batches on their way from those who list to those who send: not too many, and named in the log several at once.

To store a manifest takes the log's disk longer than to send a batch takes S3. So whoever wants a batch and finds none
that is named names those that wait, together: a few of them, or what there is after a moment, or at the end.
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

    def __init__(self, name: Callable[[Sequence[Batch]], tuple[Batch, ...]], stopped: Callable[[], bool]) -> None:
        """Let ``name`` write batches into the log; ``stopped`` says that nothing more is to be sent."""
        self._name = name
        self._stopped = stopped
        self._waiting: deque[Batch] = deque()
        self._named: deque[Batch] = deque()
        self._since = 0.0
        """When the first one of those that wait came."""
        self._is_first = True
        self._is_naming = False
        self._is_closed = False
        self._change = threading.Condition()
        self.idle = 0
        """How many wait for a batch."""

    def __len__(self) -> int:
        return len(self._waiting) + len(self._named)

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
            return self._is_closed and not self and not self._is_naming

    def take(self) -> Batch | None:
        """Return a batch that is named; None when there is none for a while.

        Raises:
            LogUnwritable: when it cannot be named.
        """
        found, is_named = self._wait()
        if is_named:
            return found[0] if found else None
        first, *others = self._name(found)
        with self._change:
            self._is_naming = False
            self._named.extend(others)
            self._change.notify_all()
        return first

    def _wait(self) -> tuple[tuple[Batch, ...], bool]:
        """Return a batch that is named, or those that are to be named together (False); none after a while."""
        with self._change:
            self.idle += 1
            try:
                until = time.monotonic() + IDLE
                while not self._stopped() and (now := time.monotonic()) < until:
                    if self._named:
                        return (self._popped(self._named),), True
                    if self._is_time(now):
                        self._is_naming = True
                        return self._together(), False
                    if self._is_closed and not self._is_naming:
                        break
                    self._change.wait(MOMENT if self._waiting and not self._is_naming else until - now)
                return (), True
            finally:
                self.idle -= 1

    def _is_time(self, now: float) -> bool:
        if not self._waiting or self._is_naming:
            return False
        is_enough = self._is_closed or len(self._waiting) >= TOGETHER
        return self._is_first or is_enough or now - self._since >= MOMENT

    def _together(self) -> tuple[Batch, ...]:
        most = 1 if self._is_first else TOGETHER
        self._is_first = False
        some = [self._popped(self._waiting)]
        size = _size(some[0])
        while self._waiting and len(some) < most and size < LARGEST:
            some.append(self._popped(self._waiting))
            size += _size(some[-1])
        self._since = time.monotonic()
        return tuple(some)

    def _popped(self, batches: deque[Batch]) -> Batch:
        self._change.notify_all()  # to those who wait until there are fewer
        return batches.popleft()


def _size(batch: Batch) -> int:
    return len(Children.of(batch.children).text)
