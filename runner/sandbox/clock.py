"""The sandbox's clock: real time plus a shift that tests set, so that nothing has to wait for time to pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


class SandboxClock:
    """Tell the sandbox's time.

    Sessions, their expiry, MFA codes and ages, and the condition keys of time follow it. Signatures and the times in
    answers do not: they are the client's time.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._shift = 0.0
        self._moved = asyncio.Event()

    def time(self) -> float:
        """Return seconds since 1970, UTC."""
        return self._real() + self._shift

    def now(self) -> datetime:
        """Return the time, UTC and aware."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once; whoever waits looks again."""
        self._shift += seconds
        self._wake()

    def reset(self) -> None:
        """Return to real time."""
        self._shift = 0.0
        self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``, or until the clock is moved."""
        try:
            await asyncio.wait_for(self._moved.wait(), timeout=seconds)
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
