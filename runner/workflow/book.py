"""The journal of a bulk deletion, shared by the threads that send it (port `runner.model.bulk.Book`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from runner.errors import AwsCallFailed
from runner.model.bulk import Batch, Ticket
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.workflow.journal import Journal
from runner.workflow.tally import Tally


class SweepBook:
    """Write a sweep's batches into the journal and count what AWS says is deleted."""

    def __init__(self, journal: Journal, tally: Tally, step: str) -> None:
        self._journal = journal
        self._tally = tally
        self._step = step
        self._lock = Lock()

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Return batches once their children are named in a manifest that is durable.

        Raises:
            LogUnwritable: when it cannot be made so.
        """
        return self._journal.name(batches)

    def intend(self, batch: Batch, attempt: int) -> Ticket:
        """Return when the batch is durable, and its manifest where it has none yet.

        Raises:
            LogUnwritable: when they cannot be made so; nothing may be sent then.
        """
        return self._journal.intend(batch, self._step, attempt)

    def answered(self, ticket: Ticket, batch: Batch, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Take note of an answer, and of the children that AWS did not delete.

        Raises:
            LogUnwritable: when that cannot be written. It is counted all the same.
        """
        with self._lock:
            self._tally.took(len(batch.children) - len(refused))
            self._tally.errors += len(refused)
        self._journal.answered(ticket, reply, refused)

    def failed(self, ticket: Ticket, batch: Batch, error: AwsCallFailed) -> None:
        """Take note of a refusal, or of an answer that never came.

        Raises:
            LogUnwritable: when that cannot be written.
        """
        del batch
        with self._lock:
            self._tally.errors += 1
            if error.in_doubt:
                self._tally.took()
        self._journal.unanswered(ticket, error)

    def settle(self) -> None:
        """Return when all answers are durable.

        Raises:
            LogUnwritable: when they cannot be made so.
        """
        self._journal.settle()

    def handed_out(self, keys: str, to: str, time: int) -> None:
        """Return when it is durable which keys other machines are about to get (`runner.model.bulk.HandOut`).

        Raises:
            LogUnwritable: when that cannot be written; nothing may be handed out then.
        """
        self._journal.handed_out(self._step, keys, to, time)
