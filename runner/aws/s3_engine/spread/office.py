"""What the operator's process keeps of a sweep that workers do: who has which share, and what is on its way.

Every batch is in the journal before its worker gets the ticket, as on one machine. A worker that cannot be spoken to is
lost: it gets no ticket any more, what it had a ticket for is in doubt, and its shares are handed out again. Whoever
gets one lists it from its beginning, so what is in doubt is looked at before it is deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from runner import __version__
from runner.aws.s3_engine.spread.jobs import Answers, Job, Sweeper
from runner.aws.s3_engine.spread.letters import Began, Ended, Going, Heard, Letter, Share, Unheard, Wanted
from runner.errors import AwsAnswer, AwsCallFailed, RunnerError
from runner.model.bound import BoundSweep
from runner.model.bulk import Batch, Errand, Pace, Swept, Ticket

T = TypeVar("T")

WRITERS: Final = 16
"""Intents that are written side by side; they share their fsyncs."""
_FAR: Final = b"at the worker"
"""Stands for a body: what matters to the journal is that there is one, so that the children have to be named."""


class Office:
    """Answer the letters of workers; used by one thread for each worker, and by the one that waits."""

    def __init__(self, sweep: BoundSweep, errand: Errand, shares: tuple[Share, ...]) -> None:
        self._sweep = sweep
        self._errand = errand
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="intents")
        self._sweepers: dict[str, Sweeper] = {}
        self._sent: dict[int, tuple[str, Ticket, Batch]] = {}
        self._under_way = 0
        """Children of batches that have a ticket and no answer, or are about to get one."""
        self.jobs = tuple(Job(share) for share in shares)
        self.deleted = 0
        self.doubtful = 0
        self.swept = Swept(0)
        """How it ends, as far as that is known: the first reason to end is kept, a worker's own too."""
        self.error: BaseException | None = None

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is to begin."""
        return self.error is not None or bool(self.swept.why or self.swept.error) or self._errand.stopped()

    @property
    def pace(self) -> Pace:
        """How fast it goes, all workers together."""
        with self._lock:
            paces = [one.pace for one in self._sweepers.values()]
            return Pace(self.deleted, len(self._sent), max((pace.throttled for pace in paces), default=0))

    @property
    def is_busy(self) -> bool:
        """Whether a sweeper has begun and not ended."""
        with self._lock:
            return any(not one.is_over for one in self._sweepers.values())

    def read(self, worker: str, letters: tuple[Letter, ...]) -> Answers:
        """Take note of a worker's letters, and return what it is told.

        What goes wrong, a journal that cannot be written above all, ends the sweep; the other letters are read all the
        same.
        """
        wanted: list[Wanted] = []
        dismissed: list[str] = []
        for letter in letters:
            match letter:
                case Began():
                    if not self._begins(worker, letter):
                        dismissed.append(letter.sweeper)
                case Wanted():
                    wanted.append(letter)
                case Heard() | Unheard():
                    self._kept(partial(self._hears, letter))
                case Going():
                    self._goes(letter)
                case Ended():
                    self._ends(letter)
        # After all answers: a batch that is sent once more must not count twice.
        tickets = self._kept(partial(self._granted, wanted)) or ()
        given_up = {letter.sweeper for letter in wanted if not self._is_known(letter.sweeper)}
        return Answers(tickets, (*dismissed, *given_up))

    def _kept(self, work: Callable[[], T]) -> T | None:
        """Do something, and keep the error that ends it."""
        try:
            return work()
        except RunnerError as error:
            self.fail(error)
            return None

    def lost(self, worker: str) -> tuple[Job, ...]:
        """Give a worker up; return the shares that are to be handed out again.

        Raises:
            LogUnwritable: when the journal cannot be written.
        """
        with self._lock:
            gone = [name for name, one in self._sweepers.items() if one.worker == worker and not one.is_over]
            for name in gone:
                self._sweepers[name].is_over = True
            jobs = tuple(self._sweepers[name].job for name in gone)
            for job in jobs:
                job.sweeper = ""
        for name in gone:
            self._doubt(name, f"the worker {worker} that sent it is lost")
        return jobs

    def given_up(self, worker: str) -> tuple[str, ...]:
        """Return the sweepers of a worker that were given up: one that was lost for a moment still holds them."""
        with self._lock:
            return tuple(name for name, one in self._sweepers.items() if one.worker == worker and one.is_over)

    def close(self) -> None:
        """Take note that no more letters come: what has no answer is in doubt.

        Raises:
            LogUnwritable: when the journal cannot be written.
        """
        self._pool.shutdown()
        for name in tuple(self._sweepers):
            self._doubt(name, "the run ended before the worker told the answer")
        self._errand.book.settle()

    def _begins(self, worker: str, letter: Began) -> bool:
        """Take note of a sweeper; False when the share is somebody else's.

        Dask begins a task once more by itself when its worker dies; the share may have been handed out again already.
        """
        if letter.version != __version__:
            said = f"the worker {worker} runs version {letter.version} of runner, this is {__version__}"
            self.fail(RunnerError(said, on=worker, hint="install the same version on all workers"))
            return False
        with self._lock:
            job = self.jobs[letter.number]
            if job.is_done or job.sweeper or job.hand != letter.hand:
                return False
            job.sweeper, job.worker = letter.sweeper, worker
            self._sweepers[letter.sweeper] = Sweeper(job, worker)
            return True

    def _is_known(self, sweeper: str) -> bool:
        with self._lock:
            known = self._sweepers.get(sweeper)
            return known is not None and not known.is_over

    def _granted(self, wanted: list[Wanted]) -> tuple[tuple[str, int, Ticket], ...]:
        """Write down what workers want to send, all of it named in one manifest; return the tickets."""
        taken = [one for one in wanted if self._is_known(one.sweeper) and self._is_within(len(one.batch.children))]
        if self.is_ending or not taken:
            return ()
        batches = self._errand.book.name([replace(one.batch, body=_FAR if one.together else b"") for one in taken])
        tickets = tuple(self._pool.map(self._ticket, taken, batches))
        # A worker that was given up meanwhile gets none: what is on record for it is in doubt.
        for one in taken:
            if not self._is_known(one.sweeper):
                self._doubt(one.sweeper, "its worker was given up before it got the ticket")
        return tuple(ticket for ticket in tickets if self._is_known(ticket[0]))

    def _ticket(self, letter: Wanted, batch: Batch) -> tuple[str, int, Ticket]:
        ticket = self._errand.book.intend(batch, letter.attempt)
        with self._lock:
            self._sent[ticket.receipt.seq] = (letter.sweeper, ticket, batch)
        return letter.sweeper, letter.number, ticket

    def _is_within(self, more: int) -> bool:
        with self._lock:
            is_within = self.deleted + self._under_way + more <= self._errand.at_most
            self._under_way += more if is_within else 0
        if not is_within:
            self._stop(f"more {self._sweep.children} than the plan counted: somebody is still writing there")
        return is_within

    def _hears(self, letter: Heard | Unheard) -> None:
        with self._lock:
            found = self._sent.pop(letter.seq, None)
        if found is None:
            return  # its worker was given up meanwhile, and it is on record as in doubt
        _, ticket, batch = found
        with self._lock:
            self._under_way -= len(batch.children)
            if isinstance(letter, Heard):
                self.deleted += len(batch.children) - len(letter.refused)
        if isinstance(letter, Heard):
            self._errand.book.answered(ticket, batch, letter.reply, letter.refused)
        elif isinstance(letter.error, AwsCallFailed):
            self._errand.book.failed(ticket, batch, letter.error)

    def _doubt(self, sweeper: str, why: str) -> None:
        with self._lock:
            seqs = [seq for seq, (name, _, _) in self._sent.items() if name == sweeper]
            left = [self._sent.pop(seq) for seq in seqs]
            children = sum(len(batch.children) for _, _, batch in left)
            self._under_way -= children
            self.doubtful += children
        for _, ticket, batch in left:
            said = AwsAnswer(batch.call.api, "<WorkerLost>", why)
            self._errand.book.failed(ticket, batch, AwsCallFailed(said, on=batch.call.resources[0], in_doubt=True))

    def _goes(self, letter: Going) -> None:
        with self._lock:
            if letter.sweeper in self._sweepers:
                self._sweepers[letter.sweeper].pace = letter.pace

    def _ends(self, letter: Ended) -> None:
        with self._lock:
            known = self._sweepers.get(letter.sweeper)
            if known is None or known.is_over:
                return
            known.is_over = True
            known.job.is_done = True
            # As on one machine: what it could not be sure of, whether an answer came or not.
            self.doubtful += letter.swept.doubtful
            is_first = not (self.swept.why or self.swept.error or self.is_ending)
            if is_first:
                self.swept = replace(letter.swept, found=0, doubtful=0)
        if letter.error is not None and is_first:
            self.fail(letter.error)

    def _stop(self, why: str) -> None:
        with self._lock:
            if not self.swept.why:
                self.swept = replace(self.swept, why=why)

    def fail(self, error: BaseException) -> None:
        """Keep the first error that ends the sweep."""
        with self._lock:
            self.error = self.error or error
