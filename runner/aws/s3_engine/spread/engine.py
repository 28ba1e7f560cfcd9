"""The operator's side of a sweep over several machines (port `runner.model.bulk.Bulk`)."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

from runner.aws.s3_engine.engine import S3Engine, ended, lister_of
from runner.aws.s3_engine.keys import encoded, told
from runner.aws.s3_engine.listing import LISTERS
from runner.aws.s3_engine.pages import Cursor
from runner.aws.s3_engine.ranges import Range
from runner.aws.s3_engine.spread.cluster import Cluster, WorkerLost
from runner.aws.s3_engine.spread.division import divide
from runner.aws.s3_engine.spread.jobs import Job
from runner.aws.s3_engine.spread.letters import Loan, Order, Post, Share
from runner.aws.s3_engine.spread.office import Office
from runner.errors import CredentialsRefused, RunnerError
from runner.model.bound import BoundSweep
from runner.model.bulk import Counted, Errand, Pace, Sessions, Swept
from runner.model.session import RoleSession

FEW: Final = 20_000
"""Children from which on handing out ranges takes less time than it saves."""
SHARES: Final = 6
"""Shares for each thread of the workers: they are of unlike size, and what is done by then is not done again when a
worker is lost."""
HANDS: Final = 4
"""How often a share is handed out before its workers' losses are no accident any more."""
TELL: Final = 0.1
"""Seconds between two looks at how it goes."""
ALONE: Final = 60.0
"""Seconds without any worker after which a sweep ends."""
FAREWELL: Final = 90.0
"""Seconds for which the answers of what was sent are awaited at the end: more than the longest silence of S3."""


class SpreadEngine:
    """Count on this machine, and have the workers of a cluster delete."""

    def __init__(self, local: S3Engine, connect: Callable[[], Cluster], few: int = FEW) -> None:
        """Take the engine for what is counted or small; ``connect`` is called when there is something to spread."""
        self._local = local
        self._connect = connect
        self._few = few

    def takes(self, sweep: BoundSweep) -> bool:
        """Return whether the sweep is one of a bucket's contents."""
        return self._local.takes(sweep)

    def count(self, sweep: BoundSweep, sessions: Sessions, at_most: int, paced: Callable[[Pace], None]) -> Counted:
        """Count what the sweep would delete (port `Bulk`).

        Raises:
            AwsCallFailed: when a listing fails.
        """
        return self._local.count(sweep, sessions, at_most, paced)

    def delete(self, sweep: BoundSweep, errand: Errand) -> Swept:
        """Delete everything that one pass over the listing finds (port `Bulk`), on the workers when that is much.

        Raises:
            AwsCallFailed: when a listing fails.
            CredentialsRefused: when a session cannot be renewed, or a worker's connection is not encrypted.
            LogUnwritable: when the journal cannot be written.
            RunnerError: when workers are lost again and again, or run another version.
        """
        span = sweep.each.keys
        if errand.at_most < self._few or errand.only or (span is not None and span.named):
            return self._local.delete(sweep, errand)
        cluster = self._connect()
        try:
            return _Spread(self._local, cluster, sweep, errand).run()
        finally:
            cluster.close()


class _Spread:
    """Do one pass.

    1. Cut the keys into shares. 2. Write down which shares are handed out, and hand them out. 3. Lend every worker the
    session, and answer its letters, in a thread for each worker; what a lost worker had is handed out again. 4. Wait
    for the end. 5. Have all workers forget the session.
    """

    def __init__(self, local: S3Engine, cluster: Cluster, sweep: BoundSweep, errand: Errand) -> None:
        self._local = local
        self._cluster = cluster
        self._sweep = sweep
        self._errand = errand
        self._room = secrets.token_hex(16)
        self._base, shares = self._divided()  # 1
        self._office = Office(sweep, errand, shares)
        self._futures: dict[int, Any] = {}
        self._handing = threading.Lock()
        self._serving: dict[str, threading.Thread] = {}
        self._is_over = False

    def run(self) -> Swept:
        office = self._office
        try:
            self._attend()
            for job in office.jobs:  # 2
                self._hand_out(job)
            self._wait()  # 3, 4
        finally:
            self._is_over = True
            # First they end: a letter that came to a worker later would open its room again.
            for thread in self._serving.values():
                thread.join(timeout=FAREWELL)
            self._cluster.leave(self._room)  # 5
            office.close()
        why = "interrupted" if self._errand.stopped() and not office.swept.why else office.swept.why
        return ended(
            office.error,
            replace(office.swept, found=office.deleted + office.doubtful, doubtful=office.doubtful, why=why),
        )

    def _divided(self) -> tuple[str, tuple[Share, ...]]:
        wire = self._local.wire(self._sweep, self._errand.sessions)
        lister = lister_of(self._sweep, wire, self._errand.sessions)
        wanted = SHARES * max(1, self._cluster.threads())
        with ThreadPoolExecutor(LISTERS) as pool:
            ranges = divide(Range(Cursor()), wanted, lister.page, lambda ms: tuple(pool.map(lister.first_key, ms)))
        return wire.place.base, tuple(Share(at, one.cursor.key, one.until) for at, one in enumerate(ranges))

    def _hand_out(self, job: Job) -> None:
        with self._handing:
            if job.hand == HANDS:
                said = f"{HANDS} workers were lost while they deleted the same range of keys"
                self._office.fail(RunnerError(said, on=job.worker, hint="look at the workers' own logs"))
                return
            share = job.share
            self._errand.handed_out(_told(share), self._cluster.address, job.hand + 1)
            old = self._futures.get(share.number)
            if old is not None:
                self._cluster.take_back(old)
            job.hand += 1
            self._futures[share.number] = self._cluster.hand_out(
                Order(self._room, share, job.hand, self._sweep, self._base)
            )

    def _attend(self) -> int:
        """Serve every worker that the scheduler knows, give up those that it knows no more; return how many it knows.

        To wait until a dead worker refuses a connection often enough would take half a minute.
        """
        workers = self._cluster.workers()
        for worker in set(self._serving) - set(workers):
            del self._serving[worker]
            self._lost(worker)
        for worker in workers:
            thread = self._serving.get(worker)
            if thread is None or not thread.is_alive():
                self._serving[worker] = threading.Thread(target=partial(self._serve, worker), daemon=True)
                self._serving[worker].start()
        return len(workers)

    def _serve(self, worker: str) -> None:
        """Answer a worker's letters until the sweep is over or the worker is lost (the body of one thread)."""
        office, lent = self._office, dict[str, RoleSession]()
        post = Post(dismissed=office.given_up(worker))
        try:
            while not self._is_over:
                loans = () if office.is_ending else self._loans(lent)
                post = replace(post, loans=loans, all_stop=office.is_ending)
                answers = office.read(worker, self._cluster.exchange(worker, self._room, post))
                post = Post(tickets=answers.tickets, dismissed=answers.dismissed)
        except WorkerLost:
            if not self._is_over:
                self._lost(worker)
        except BaseException as error:  # noqa: BLE001  # kept, and raised in the thread that waits
            office.fail(error)

    def _loans(self, lent: dict[str, RoleSession]) -> tuple[Loan, ...]:
        """Return the sessions that a worker does not have yet, and take note that it gets them."""
        try:
            live = {one.api: self._errand.sessions.session_for(one) for one in (self._sweep.list, *self._sweep.writes)}
        except CredentialsRefused as error:
            self._office.fail(error)
            return ()
        new = tuple(Loan(api, session) for api, session in live.items() if lent.get(api) is not session)
        lent.update(live)
        return new

    def _lost(self, worker: str) -> None:
        try:
            jobs = self._office.lost(worker)
            if not self._office.is_ending:
                for job in jobs:
                    self._hand_out(job)
        except BaseException as error:  # noqa: BLE001  # as above
            self._office.fail(error)

    def _wait(self) -> None:
        office = self._office
        seen_at = time.monotonic()
        while not (office.is_ending or all(job.is_done for job in office.jobs)):
            seen_at = time.monotonic() if self._attend() else seen_at
            if time.monotonic() - seen_at > ALONE:
                office.fail(
                    RunnerError(
                        "no worker is left", on=self._cluster.address, hint="start workers, and `runner resume`"
                    )
                )
            self._look_for_failures()
            self._errand.paced(office.pace)
            time.sleep(TELL)
        if office.is_ending:
            for future in self._futures.values():
                self._cluster.take_back(future)
        ends = time.monotonic() + FAREWELL
        while office.is_busy and time.monotonic() < ends:
            time.sleep(TELL)
        self._errand.paced(office.pace)

    def _look_for_failures(self) -> None:
        """Take note when the cluster itself gives a share up: what it runs is not this package, or it broke."""
        for job in self._office.jobs:
            future = self._futures[job.share.number]
            if not job.is_done and future.status == "error":
                error = RunnerError(
                    f"the cluster gave a range of keys up: {type(future.exception()).__name__}: {future.exception()}",
                    on=self._cluster.address,
                    hint="are this package and its version installed on every worker?",
                )
                self._office.fail(error)


def _told(share: Share) -> str:
    """Return a share's keys for the log: after which key, up to which."""
    low, high = (told(encoded(key)) if key else "" for key in (share.after, share.until or b""))
    return f"after {low!r} up to {high!r}" if high else f"after {low!r}"
