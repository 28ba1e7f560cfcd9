"""A bucket behind a wire that misbehaves, and a journal that remembers: what the engine's tests of faults share."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from unittest import mock
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import fromstring

from runner.aws.s3_engine.engine import S3Engine
from runner.aws.s3_engine.keys import decoded, encoded
from runner.errors import AwsCallFailed
from runner.model.bound import BoundCall
from runner.model.bulk import Batch, Errand, Pace, Sessions, Swept, Ticket
from runner.model.canonical import Json
from runner.model.children import Child
from runner.model.ports import Receipt, Reply
from runner.model.session import Credentials, RoleSession, Secret
from tests.aws.s3_engine.sweeps import page_of, versions_of
from tests.e2e.wire import Answer, tapped

NS = "{http://s3.amazonaws.com/doc/2006-03-01/}"
DONE = Answer(200, b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>')
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ENOUGH = 60
"""Deletions after which a test that goes on for ever is ended."""


@dataclass(frozen=True)
class Trouble:
    """Say what is answered instead, and which children of the batch are deleted all the same."""

    answer: Answer
    deletes: Callable[[Child], bool] = lambda _: False


Troubles: TypeAlias = Callable[[int, tuple[Child, ...]], Trouble | None]
"""Take a deletion's number, from 1, and its children; return what goes wrong, or None."""


@dataclass
class Bucket:
    """Hold versions and answer listings and deletions (a `Fault` of the wiretap)."""

    left: set[Child]
    trouble: Troubles = lambda _number, _children: None
    listing: Callable[[int], Answer | None] = lambda _number: None
    sent: list[tuple[Child, ...]] = field(default_factory=list)
    listed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a request."""
        with self._lock:
            return self._listing(path) if method == "GET" else self._deletion(body)

    def _listing(self, path: str) -> Answer:
        self.listed += 1
        asked = parse_qs(urlsplit(path).query, keep_blank_values=True)
        after = asked.get("key-marker", [""])[0].encode()
        found = sorted(child for child in self.left if decoded(child[0]) > after)
        page = found[: int(asked["max-keys"][0])]
        more = page[-1][0].decode() if len(page) < len(found) else ""
        return self.listing(self.listed) or Answer(200, page_of(page, more))

    def _deletion(self, body: bytes) -> Answer:
        named = tuple(
            (encoded((item.findtext(f"{NS}Key") or "").encode()), (item.findtext(f"{NS}VersionId") or "").encode())
            for item in fromstring(body).iter(f"{NS}Object")  # noqa: S314  # our own
        )
        self.sent.append(named)
        if len(self.sent) > ENOUGH:
            return Answer(403, error("AccessDenied"))
        trouble = self.trouble(len(self.sent), named)
        self.left -= {child for child in named if trouble is None or trouble.deletes(child)}
        return DONE if trouble is None else trouble.answer


@dataclass
class Memory:
    """Remember what was intended and how it ended (port `Book`)."""

    intents: list[tuple[Batch, int]] = field(default_factory=list)
    outcomes: dict[int, str] = field(default_factory=dict)
    deleted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Name batches nowhere."""
        return tuple(batches)

    def settle(self) -> None:
        """Have nothing left to write."""

    def intend(self, batch: Batch, attempt: int) -> Ticket:
        """Remember a batch."""
        with self._lock:
            self.intents.append((batch, attempt))
            return Ticket(Receipt(len(self.intents), ""), "", "")

    def answered(self, ticket: Ticket, batch: Batch, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Remember an answer."""
        del reply
        with self._lock:
            self.deleted += len(batch.children) - len(refused)
        self._end(ticket, "refused in part" if refused else "ok")

    def failed(self, ticket: Ticket, batch: Batch, error: AwsCallFailed) -> None:
        """Remember a refusal, or that no answer came."""
        del batch
        self._end(ticket, "in doubt" if error.in_doubt else error.answer.code)

    def _end(self, ticket: Ticket, how: str) -> None:
        with self._lock:
            assert ticket.receipt.seq not in self.outcomes
            self.outcomes[ticket.receipt.seq] = how


class Hours:
    """Tell a time that tests move (port `Clock`)."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


class OneSession:
    """Hand out one session (port `Sessions`)."""

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return it."""
        del call
        return role_session("ASIAONE")


class ShortSessions:
    """Hand out another session for each request (port `Sessions`)."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._lock = threading.Lock()

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return a new one."""
        del call
        with self._lock:
            self.made.append(f"ASIA{len(self.made):04}")
            return role_session(self.made[-1])


@dataclass
class Pass:
    """Hold a bucket, the journal of its deletion, and a clock; `run` is one pass over the listing."""

    bucket: Bucket
    memory: Memory = field(default_factory=Memory)
    clock: Hours = field(default_factory=Hours)
    paces: list[Pace] = field(default_factory=list)
    sessions: Sessions = field(default_factory=OneSession)
    tls: ssl.SSLContext | None = None

    def run(self, at_most: int | None = None) -> Swept:
        """Let the engine delete what is in the bucket."""
        planned = set(self.bucket.left)
        most = len(planned) if at_most is None else at_most
        errand = Errand(self.sessions, self.memory, most, lambda: False, self.paces.append)
        sent, intended = len(self.bucket.sent), len(self.memory.intents)
        with behind_a_wire(self.bucket, self.tls):
            swept = S3Engine(self.clock, listers=2, deleters=4).delete(versions_of(), errand)
        named = [set(children) for children in self.bucket.sent[sent:]]
        assert all(children <= planned for children in named)
        wanted = sorted(sorted(batch.children) for batch, _ in self.memory.intents[intended:])
        assert wanted == sorted(sorted(children) for children in named)
        assert sorted(self.memory.outcomes) == list(range(1, len(self.memory.intents) + 1))
        return swept


@contextmanager
def behind_a_wire(bucket: Bucket, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Put a bucket where AWS is, and let nobody wait for long."""
    with (
        tapped("http://127.0.0.1:9", tls) as wire,
        mock.patch.dict("os.environ", {"AWS_ENDPOINT_URL": wire.endpoint, "AWS_CONFIG_FILE": "/dev/null"}),
        mock.patch.multiple("runner.aws.s3_engine.window", PAUSE=0.001, LONGEST=0.001, CALM=0.0),
        mock.patch("runner.aws.s3_engine.listing.BACKOFF", 0.001),
    ):
        wire.fault = bucket
        yield


def role_session(access_key: str) -> RoleSession:
    """Return a session of the role."""
    role = "arn:aws:iam::222222222222:role/Teardown"
    return RoleSession(Credentials(access_key, Secret("s"), Secret("t")), "arn", role, NOW, NOW, "r-1")


def error(code: str) -> bytes:
    """Return an error as S3 writes it."""
    return f"<Error><Code>{code}</Code><Message>m</Message><RequestId>R</RequestId></Error>".encode()


def refusing(code: str, children: tuple[Child, ...], *, with_ids: bool = True) -> Answer:
    """Return a quiet answer 200 that says of children that they were not deleted."""
    items = "".join(
        f"<Error><Key>{decoded(key).decode()}</Key>{f'<VersionId>{id_.decode()}</VersionId>' if with_ids else ''}"
        f"<Code>{code}</Code><Message>m</Message></Error>"
        for key, id_ in children
    )
    return Answer(200, f'<DeleteResult xmlns="{NS[1:-1]}">{items}</DeleteResult>'.encode())
