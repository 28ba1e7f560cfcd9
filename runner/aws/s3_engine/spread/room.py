"""A worker's letters and sessions: in its memory only, as long as a run lasts.

Letters are collected by `exchange`, which the operator's process calls again and again: a worker opens no connection of
its own but those to S3.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from runner.aws.s3_engine.spread.letters import Letter, Post
from runner.aws.s3_engine.window import Window
from runner.errors import RunnerError
from runner.model.bulk import Ticket
from runner.model.session import RoleSession

SILENCE: Final = 60.0
"""Seconds without a word of the operator's process after which a worker's sweepers end."""
LONGEST_WAIT: Final = 0.5
"""Seconds for which `exchange` waits for a letter."""


class Dismissed(RunnerError):
    """Report that the operator's process wants no more of a sweeper, or is not heard of any more."""


@dataclass
class Room:
    """Hold the letters of one run on this worker, and its sessions: in memory only; shared by threads."""

    loans: dict[str, RoleSession] = field(default_factory=dict, repr=False)
    tickets: dict[tuple[str, int], Ticket] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    outbox: list[Letter] = field(default_factory=list)
    all_stop: bool = False
    window: Window = field(default_factory=Window)
    """Shared by all sweepers of this worker."""
    ring: Callable[[], object] | None = None
    """Tells whoever waits for letters that there are some."""
    heard_at: float = field(default_factory=time.monotonic)
    change: threading.Condition = field(default_factory=threading.Condition)

    def take(self, post: Post) -> None:
        """Take what the operator's process says."""
        with self.change:
            self.heard_at = time.monotonic()
            self.loans.update({loan.api: loan.session for loan in post.loans})
            self.tickets.update({(sweeper, number): ticket for sweeper, number, ticket in post.tickets})
            self.dismissed.update(post.dismissed)
            self.all_stop = self.all_stop or post.all_stop
            self.change.notify_all()

    def post(self, *letters: Letter) -> None:
        """Leave letters for the operator's process."""
        with self.change:
            self.outbox.extend(letters)
            if self.ring is not None:
                self.ring()

    def collect(self, ring: Callable[[], object] | None = None) -> tuple[Letter, ...]:
        """Return the letters that were left, once; without any, ``ring`` is called when there are some."""
        with self.change:
            letters, self.outbox = tuple(self.outbox), []
            self.ring = None if letters else ring
        return letters

    def is_over(self, sweeper: str) -> bool:
        """Return whether a sweeper is to begin nothing more."""
        return self.all_stop or sweeper in self.dismissed or time.monotonic() - self.heard_at > SILENCE

    def ticket(self, sweeper: str, number: int) -> Ticket:
        """Wait for a ticket.

        Raises:
            Dismissed: when none will come.
        """
        with self.change:
            while (sweeper, number) not in self.tickets:
                self._wait(sweeper)
            return self.tickets.pop((sweeper, number))

    def session(self, sweeper: str, api: str) -> RoleSession:
        """Wait for a session that has not ended.

        Raises:
            Dismissed: when none will come.
        """
        with self.change:
            while api not in self.loans or self.loans[api].expires <= datetime.now(UTC):
                self._wait(sweeper)
            return self.loans[api]

    def _wait(self, sweeper: str) -> None:
        if self.is_over(sweeper):
            raise Dismissed("the operator's process wants no more of this worker, or was not heard of for a minute")
        self.change.wait(0.1)


_rooms: dict[str, Room] = {}
_entering = threading.Lock()


def room_of(name: str) -> Room:
    """Return this worker's room for a run; whoever comes first, task or letter, opens it."""
    with _entering:
        return _rooms.setdefault(name, Room())


async def exchange(name: str, post: Post) -> tuple[Letter, ...]:
    """Take what the operator's process says, and return what was left for it, or nothing after a while.

    It is called on the worker's event loop, where nothing may block; one call at a time.
    """
    room, loop, came = room_of(name), asyncio.get_running_loop(), asyncio.Event()
    room.take(post)
    letters = room.collect(lambda: loop.call_soon_threadsafe(came.set))
    if letters:
        return letters
    with suppress(TimeoutError):
        await asyncio.wait_for(came.wait(), LONGEST_WAIT)
    return room.collect()


def leave(name: str) -> None:
    """Forget a run's letters and sessions; its sweepers end."""
    with _entering:
        room = _rooms.pop(name, None)
    if room is not None:
        room.take(Post(all_stop=True))
        room.loans.clear()
