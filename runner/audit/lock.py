"""One writer at a time: ``flock(2)`` on the log's directory, which the kernel lets go of when a process dies."""

from __future__ import annotations

import errno
import fcntl
from types import TracebackType

from runner.model.ports import Clock

PAUSE = 0.005
TRIES = 6000
"""Half a minute; others hold the lock for milliseconds unless they were stopped."""


class LogLock:
    """Keep every other writer out inside the block."""

    def __init__(self, directory: int, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def __enter__(self) -> None:
        for _ in range(TRIES):
            try:
                fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._clock.sleep(PAUSE)
            else:
                return
        raise BlockingIOError(errno.EAGAIN, "another process keeps it locked")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._directory, fcntl.LOCK_UN)
