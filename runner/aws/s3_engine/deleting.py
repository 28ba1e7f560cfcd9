"""Send deletions from several threads, each batch in the journal before it is sent."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from runner.aws.s3_engine.backlog import MOST, Backlog
from runner.aws.s3_engine.batches import batches
from runner.aws.s3_engine.keys import decoded
from runner.aws.s3_engine.requests import delete_request
from runner.aws.s3_engine.team import Team
from runner.aws.s3_engine.window import Window
from runner.aws.s3_engine.wire import Wire
from runner.errors import AwsAnswer, AwsCallFailed
from runner.model.bound import BoundSweep
from runner.model.bulk import Batch, Errand
from runner.model.canonical import Json
from runner.model.children import Child
from runner.model.ports import Clock, Reply

DEADLINE: Final = 120.0
"""Seconds for which a batch is sent again while S3 asks for that, from the first such answer on; any other batch that
goes well ends the count. Time before that answer, for a long listing or a session's renewal, is none of it."""
SMALLEST: Final = 100
"""Children of a batch to which it is halved while S3 goes on asking to slow down."""
_AGAIN: Final = frozenset({"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted"})
"""What S3 says of a child of a batch that it will delete when it is asked again."""


class ChildrenRefused(Exception):  # named for what happened
    """Say which children of a batch AWS did not delete, and why."""

    def __init__(self, why: str, failure: AwsCallFailed) -> None:
        super().__init__(why)
        self.why = why
        self.failure = failure


class Deleter:
    """Delete what listers find."""

    def __init__(  # each is another thing
        self, wire: Wire, sweep: BoundSweep, errand: Errand, clock: Clock, window: Window, team: Team, most: int
    ) -> None:
        """Delete over a wire, with as many threads of a team as there is work for."""
        self._scribe = team.hands(1)
        self._hands = team.hands(most)
        self._wire = wire
        self._sweep = sweep
        self._errand = errand
        self._clock = clock
        self._window = window
        self._backlog = Backlog(errand.book.name, errand.stopped, lambda missing: self._hands.join(self._work, missing))
        self._lock = threading.Lock()
        self._with_md5 = False
        """Whether the server wants MD5 of a batch, as S3 did before it knew other digests."""
        self._asked_at: float | None = None
        """When S3 began to ask for patience; None while it does not."""
        self.deleted = 0
        self.doubtful = 0

    @property
    def is_behind(self) -> bool:
        """Whether listing any faster is of no use."""
        return len(self._backlog) >= MOST // 2

    def put(self, children: Sequence[Child]) -> None:
        """Take children; wait while too many are waiting."""
        self._scribe.join(self._backlog.name_all)
        for batch in batches(self._sweep, children):
            self._backlog.put(batch)

    def close(self) -> None:
        """Say that no more children come."""
        self._backlog.close()

    def _work(self) -> None:
        """Delete until no more children come (the body of one thread).

        Raises:
            AwsCallFailed: when AWS refuses a batch, with its words.
            ChildrenRefused: when it refuses children of one.
            LogUnwritable: when the journal cannot be written.
        """
        while not self._errand.stopped():
            batch = self._backlog.take()
            if batch is None:
                # Nothing else may be written for a while, and this is what else would stay in memory.
                self._errand.book.settle()
                if self._backlog.is_over:
                    return
                continue
            left: tuple[Batch, ...] = (batch,)
            attempt = 0
            while left and self._window.enter(self._errand.stopped):
                attempt += 1
                first, *others = left
                try:
                    again = self._delete(first, attempt)
                finally:
                    self._window.leave()
                left = (*again, *others)

    def _delete(self, batch: Batch, attempt: int) -> tuple[Batch, ...]:
        """Delete a batch; return what has to be sent again."""
        session = self._errand.sessions.session_for(batch.call)
        ticket = self._errand.book.intend(batch, attempt)
        try:
            request = delete_request(self._wire.place, batch, with_md5=self._with_md5)
            answer = self._wire.send(request, session, ticket.tag)
        except AwsCallFailed as error:
            self._errand.book.failed(ticket, batch, error)
            if error.in_doubt:
                with self._lock:
                    self.doubtful += len(batch.children)
                return ()
            if not self._with_md5 and _wants_md5(error.answer):
                self._with_md5 = True
                return (batch,)
            if not error.retriable:
                raise
            return self._later(batch, error)
        self._errand.book.answered(ticket, batch, answer.reply, answer.refused)
        again, refused = _sorted(answer.refused)
        with self._lock:
            self.deleted += len(batch.children) - len(answer.refused)
            if len(answer.refused) < len(batch.children):
                self._asked_at = None
        if refused:
            raise _refusal(batch, refused, answer.reply)
        if not again:
            self._window.went_well()
            return ()
        return self._some_later(batch, again)

    def _some_later(self, batch: Batch, again: tuple[Mapping[str, Json], ...]) -> tuple[Batch, ...]:
        """Return the children of a batch that S3 will delete when it is asked again.

        Those that it names in words that are not the batch's are in doubt: another pass finds them where they are.
        """
        said = AwsAnswer(batch.call.api, str(again[0].get("Code")), str(again[0].get("Message")))
        named = {(str(one.get("Key")), str(one.get("VersionId") or "")) for one in again}
        left = tuple(child for child in batch.children if _named(child) in named)
        with self._lock:
            self.doubtful += len(again) - len(left)
        if not left:
            self._window.slow_down()
            return ()
        return self._later(next(batches(self._sweep, left)), AwsCallFailed(said, on=batch.call.resources[0]))

    def _later(self, batch: Batch, error: AwsCallFailed) -> tuple[Batch, ...]:
        """Narrow the window, and return the batch once more; in halves when S3 goes on saying so.

        Raises:
            AwsCallFailed: when nothing at all has gone well for too long.
        """
        now = self._clock.now().timestamp()
        with self._lock:
            self._asked_at = now if self._asked_at is None else self._asked_at
            is_over = now - self._asked_at > DEADLINE
        if is_over:
            raise error
        self._window.slow_down()
        if self._window.size > 1 or len(batch.children) <= SMALLEST:
            return (batch,)
        middle = len(batch.children) // 2
        halves = (batch.children[:middle], batch.children[middle:])
        return tuple(half for children in halves for half in batches(self._sweep, children))


def _wants_md5(answer: AwsAnswer) -> bool:
    """Return whether a server refused a batch because nothing but MD5 is a digest to it."""
    return answer.status == HTTPStatus.BAD_REQUEST and "md5" in f"{answer.code} {answer.message}".lower()


def _sorted(
    refused: tuple[Mapping[str, Json], ...],
) -> tuple[tuple[Mapping[str, Json], ...], tuple[Mapping[str, Json], ...]]:
    """Return the children that S3 will delete when it is asked again, and those that it refuses."""
    again = tuple(one for one in refused if one.get("Code") in _AGAIN)
    return again, tuple(one for one in refused if one.get("Code") not in _AGAIN)


def _named(child: Child) -> tuple[str, str]:
    return decoded(child[0]).decode("utf-8", "replace"), child[1].decode("ascii")


def _refusal(batch: Batch, refused: tuple[Mapping[str, Json], ...], reply: Reply) -> ChildrenRefused:
    first = refused[0]
    answer = AwsAnswer(
        batch.call.api, str(first.get("Code")), str(first.get("Message")), reply.request_id, reply.status
    )
    named = f"{len(refused)} of {len(batch.children)} were refused; the first, {first.get('Key')!r}"
    return ChildrenRefused(
        f"{named}: {answer.code}: {answer.message}", AwsCallFailed(answer, on=batch.call.resources[0])
    )
