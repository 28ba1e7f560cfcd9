"""Workers in threads of the test's process, and what a sweep over them is started with."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

from runner.aws.s3_engine.engine import S3Engine
from runner.aws.s3_engine.spread import room as near
from runner.aws.s3_engine.spread import worker as far
from runner.aws.s3_engine.spread.cluster import Cluster, WorkerLost
from runner.aws.s3_engine.spread.engine import SpreadEngine
from runner.aws.s3_engine.spread.letters import Letter, Order, Post
from runner.model.bound import BoundCall
from runner.model.bulk import Errand, Pace, Swept
from runner.model.session import Credentials, RoleSession, Secret
from tests.aws.s3_engine.bucket import Bucket, Hours, Memory, behind_a_wire
from tests.aws.s3_engine.sweeps import versions_of

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYSPREADKEY"


class Lasting:
    """Hand out one session that lasts (port `Sessions`)."""

    def __init__(self) -> None:
        keys = Credentials("ASIAONE", Secret(SECRET), Secret("the-token"))
        now = datetime.now(UTC)
        role = "arn:aws:iam::222222222222:role/Teardown"
        self._session = RoleSession(keys, "arn", role, now, now + timedelta(minutes=15), "r-1")

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return it."""
        del call
        return self._session


class Threads(Cluster):
    """Run what a cluster's workers would run, in threads; worker ``a`` and worker ``b`` take turns."""

    def __init__(self, lose: Callable[[str, tuple[Letter, ...]], bool] = lambda _worker, _letters: False) -> None:
        """Let ``lose`` say after which letters a worker is lost; what it says by then still arrives."""
        self.address = "tls://scheduler:8786"
        self.lost: set[str] = set()
        self.told: list[Post] = []
        self._lose = lose
        self._given = 0
        self._lock = threading.Lock()
        self._at: dict[str, str] = {}

    def workers(self) -> tuple[str, ...]:
        """Return those that are left."""
        return tuple(name for name in ("a", "b") if name not in self.lost)

    def threads(self) -> int:
        """Return how many shares are wanted, more or less."""
        return 1

    def hand_out(self, order: Order) -> Any:
        """Have the next worker sweep the share in its own room."""
        with self._lock:
            self._given += 1
            name = self.workers()[self._given % len(self.workers())]
        own = Order(f"{order.room}-{name}", order.share, order.hand, order.sweep, order.base)
        threading.Thread(target=far.sweep, args=(own,), daemon=True).start()
        return SimpleNamespace(status="pending")

    def take_back(self, future: Any) -> None:
        """Let it be: what has begun goes on, as on a real cluster."""

    def exchange(self, worker: str, room: str, post: Post) -> tuple[Letter, ...]:
        """Exchange letters with a worker that is not lost."""
        if worker in self.lost:
            raise WorkerLost(worker)
        self.told.append(post)
        letters = asyncio.run(near.exchange(f"{room}-{worker}", post))
        if self._lose(worker, letters):
            self.lost.add(worker)
        return letters

    def leave(self, room: str) -> None:
        """Have all workers forget."""
        for name in ("a", "b"):
            near.leave(f"{room}-{name}")

    def close(self) -> None:
        """End nothing."""


@dataclass
class Spread:
    """Hold a bucket, the journal of its deletion, and a cluster; `run` is one pass."""

    bucket: Bucket
    cluster: Cluster
    memory: Memory = field(default_factory=Memory)
    handed: list[tuple[str, str, int]] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)
    stopped: Callable[[], bool] = lambda: False

    def run(self, at_most: int | None = None) -> Swept:
        """Let workers of this process delete what is in the bucket."""
        with behind_a_wire(self.bucket), mock.patch("runner.aws.s3_engine.spread.room.LONGEST_WAIT", 0.05):
            return self.sweep(at_most)

    def sweep(self, at_most: int | None = None) -> Swept:
        """Let the workers delete what is in the bucket, which they reach already."""
        most = len(self.bucket.left) if at_most is None else at_most
        errand = Errand(Lasting(), self.memory, most, self.stopped, self.paces.append, handed_out=self._hand_out)
        return SpreadEngine(S3Engine(Hours(), listers=2), lambda: self.cluster, few=1).delete(versions_of(), errand)

    def _hand_out(self, keys: str, to: str, time: int) -> None:
        self.handed.append((keys, to, time))
