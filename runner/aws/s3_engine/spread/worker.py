"""What runs on a worker: the engine of one machine, over one share of the keys, with its journal far away.

A sweeper asks for a ticket before each batch and waits for it; without a ticket nothing is sent. So a worker that the
operator's process has given up can do no more than end what is on its way.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from runner import __version__
from runner.aws.s3_engine.engine import S3Engine
from runner.aws.s3_engine.pages import Cursor
from runner.aws.s3_engine.ranges import Range
from runner.aws.s3_engine.spread.letters import Began, Ended, Going, Heard, Order, Unheard, Wanted
from runner.aws.s3_engine.spread.room import Dismissed, Room, room_of
from runner.aws.s3_engine.window import Window
from runner.errors import AwsCallFailed, RunnerError, UsageError
from runner.model.bound import BoundCall
from runner.model.bulk import Batch, Errand, Pace, Swept, Ticket
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import RoleSession

SHARE_LISTERS: Final = 4
"""Ranges of one share that are listed side by side, at most."""


def sweep_share(order: Order) -> None:
    """Sweep a share as a task of the cluster.

    It waits for S3 most of the time, so it leaves its place in the worker's pool to others.
    """
    distributed: Any = importlib.import_module("distributed")  # an extra, which every worker has
    distributed.secede()
    sweep(order)


def sweep(order: Order) -> None:
    """Sweep a share; how it ends is told in a letter."""
    room, sweeper = room_of(order.room), uuid.uuid4().hex
    room.post(Began(sweeper, order.share.number, order.hand, __version__))
    book = FarBook(room, sweeper)
    errand = Errand(
        FarSessions(room, sweeper),
        book,
        # The operator's process counts: nobody else knows what all workers delete.
        at_most=sys.maxsize,
        stopped=lambda: room.is_over(sweeper),
        paced=book.pace,
    )
    try:
        room.post(Ended(sweeper, _sweep(order, errand, room.window)))
    except Dismissed as error:
        room.post(Ended(sweeper, Swept(0, why=error.what)))
    except RunnerError as error:
        room.post(Ended(sweeper, Swept(0), error))
    except Exception as error:  # told, and raised for the worker's own log
        said = RunnerError(f"a worker failed: {type(error).__name__}: {error}", hint="this is a bug in runner")
        room.post(Ended(sweeper, Swept(0), said))
        raise


def _sweep(order: Order, errand: Errand, window: Window) -> Swept:
    engine, share = S3Engine(_Clock(), SHARE_LISTERS), order.share
    wire = engine.wire(order.sweep, errand.sessions)
    if wire.place.base != order.base:
        raise UsageError(
            f"a worker reaches the bucket at {wire.place.base}, the operator's process at {order.base}",
            on=order.base,
            hint="give the workers the same AWS_ENDPOINT_URL and AWS settings; nothing was deleted there",
        )
    return engine.delete_ranges(order.sweep, errand, (Range(Cursor(share.after), share.until),), wire, window)


@dataclass(frozen=True)
class FarSessions:
    """Hand out the sessions that the operator's process lent (port `Sessions`)."""

    room: Room
    sweeper: str

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return the session; it is renewed on the operator's side."""
        return self.room.session(self.sweeper, call.api)


class FarBook:
    """Write batches down in the operator's journal (port `Book`); shared by threads."""

    def __init__(self, room: Room, sweeper: str) -> None:
        self._room = room
        self._sweeper = sweeper
        self._lock = threading.Lock()
        self._number = 0
        self._pace = Pace(-1)

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Return the batches as they are: the operator's process names them before it gives a ticket."""
        return tuple(batches)

    def intend(self, batch: Batch, attempt: int) -> Ticket:
        """Return when the batch is durable in the operator's journal.

        Raises:
            Dismissed: when it will not be; nothing may be sent then.
        """
        with self._lock:
            self._number += 1
            number = self._number
        self._room.post(Wanted(self._sweeper, number, replace(batch, body=b""), attempt, together=bool(batch.body)))
        return self._room.ticket(self._sweeper, number)

    def answered(self, ticket: Ticket, batch: Batch, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Tell an answer."""
        del batch
        self._room.post(Heard(self._sweeper, ticket.receipt.seq, reply, refused))

    def failed(self, ticket: Ticket, batch: Batch, error: AwsCallFailed) -> None:
        """Tell a refusal, or that no answer came."""
        del batch
        self._room.post(Unheard(self._sweeper, ticket.receipt.seq, error))

    def settle(self) -> None:
        """Wait for nothing: the operator's process settles its journal."""

    def pace(self, pace: Pace) -> None:
        """Tell how fast it goes, when that changed."""
        if pace != self._pace:
            self._pace = pace
            self._room.post(Going(self._sweeper, pace))


class _Clock:
    """Tell the worker's time (port `Clock`)."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
