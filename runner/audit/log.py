"""The audit log as a writer: an append-only, hash-chained file that all runs of a host share.

1. Large fields go to blobs. 2. The log is locked and what others wrote is read. 3. A line that a killed writer left is
ended and named. 4. Unless the record says how something ended, room for what may follow is made: a new segment when
this one is full, and allocated disk space. 5. The line is written and made durable. 6. When it is time, the tree over
all lines is signed: as a run begins and ends, and before the next call once `EVERY` outcomes are not signed.

Threads that wait for their turn are not taken one by one: the next one writes the records of all of them, and makes
them durable at once. Waiting for the disk is nearly all that a record costs.

The first error is the last: the ledger then refuses every further record, because what is on disk is no longer known.
The next start reads it from disk. Only where there is no room for something new, what was begun is still ended.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from runner.audit.blob import QUICK, put_blob
from runner.audit.chain import Chain
from runner.audit.checkpoint_store import CheckpointStore
from runner.audit.claims import claimed
from runner.audit.directory import open_ledger_directories
from runner.audit.entry import Entry, entry_of, lines_of
from runner.audit.format import keep_format
from runner.audit.large import keep_large
from runner.audit.log_key import keep_key
from runner.audit.origin import Origin
from runner.audit.record import Recovered, Reserved, RunClosed, RunOpened
from runner.audit.record.fields import stamp
from runner.audit.signing import Signing
from runner.audit.space import space_for
from runner.audit.ulid import ENTROPY, is_ulid, ulid
from runner.audit.unwritable import FirstError, writing
from runner.errors import LogUnwritable, UsageError
from runner.model.ports import Clock, Receipt, Record, SignedNote, Signer


def open_ledger(
    directory: Path, *, tool: str, clock: Clock, run: str | None = None, operator: Signer | None = None
) -> FileLedger:
    """Open the ledger in a directory, made when it is missing, for one run: a new one unless ``run`` names it.

    ``tool`` is this program's name and version; ``operator`` signs how the run begins and ends. Of the run, nothing is
    appended yet; but what a killed writer left is recovered and room is made, so that a full disk is found before
    anything else is done.

    Raises:
        LogUnwritable: when the directory cannot be made or written, or is not this user's alone.
        UsageError: when ``run`` is no run id.
    """
    if run is not None and not is_ulid(run):
        raise UsageError("not a run id", on=run, hint="`runner audit list` shows them")
    with writing(str(directory)):
        root, log = open_ledger_directories(directory)
    new = run or ulid(clock.now(), os.urandom(ENTROPY))
    ledger = FileLedger(directory, root, Chain(log, clock), clock, Origin.here(tool), new, operator)
    try:
        ledger.prepare()
    except BaseException:
        ledger.close()
        raise
    return ledger


class FileLedger:
    """Append records of one run; satisfies the ``Ledger`` port and is a context manager."""

    def __init__(  # each is another thing
        self,
        directory: Path,
        root: int,
        chain: Chain,
        clock: Clock,
        origin: Origin,
        run: str,
        operator: Signer | None,
    ) -> None:
        self._directory = directory
        self._root = root
        self._chain = chain
        self._clock = clock
        self._origin = origin.to_data()
        self._run = run
        self._wanted = 0
        self._first_error = FirstError(str(directory))
        self._no_room = FirstError(str(directory))
        """What ends beginnings only: how something ended is still written, into the room that was made before it."""
        self._signing = Signing(operator)
        self._followers: list[Callable[[bytes], None]] = []
        self._waiting: deque[Entry] = deque()
        self._mutex = threading.Lock()

    @property
    def run(self) -> str:
        """The run's id (a ULID)."""
        return self._run

    @property
    def signed(self) -> SignedNote | None:
        """What this run had signed last; None when nothing was."""
        return self._signing.last

    def follow(self, follower: Callable[[bytes], None]) -> None:
        """Hand every further line to ``follower`` once it is durable; he has to be quick, and raise nothing."""
        self._followers.append(follower)

    def prepare(self) -> None:
        """Recover what a killed writer left, and make room for a first record.

        Raises:
            LogUnwritable: when that cannot be done, or the log was changed.
        """
        with self._mutex, self._first_error.ends(), self._chain.locked():
            origin = keep_format(self._root, stamp(self._clock.now()))
            checkpoints = CheckpointStore(self._root, keep_key(self._root, origin))
            signed = checkpoints.last()
            self._chain.go_on_from(signed, checkpoints.tree(signed))
            self._signing.begin(checkpoints)
            self._catch_up()
            self._chain.make_room(self._wanted)

    def append(self, record: Record) -> Receipt:
        """Append a record and return when it is durable; before `RunOpened`, disk space for its calls is reserved.

        Raises:
            LogUnwritable: on any error, and ever after; the run must stop at once.
        """
        if isinstance(record, RunOpened):
            self.reserve(space_for(record.calls))
        return self._append(self._entry(record))

    def post(self, record: Record) -> None:
        """Append a record together with the next one that is appended, or by `settle`; only then it is durable.

        Raises:
            LogUnwritable: when it could not be kept whole, or something could not be written before.
        """
        entry = self._entry(record)
        if entry.lost is None:
            self._waiting.append(entry)
        else:
            self._append(entry)

    def settle(self) -> None:
        """Return when everything that was posted is durable.

        Raises:
            LogUnwritable: on any error, and ever after; the run must stop at once.
        """
        with self._mutex, self._first_error.ends():
            if self._waiting:
                self._write_waiting()

    def store(self, content: bytes) -> str:
        """Store a content beside the log, durably, and return its digest; others may append meanwhile.

        Raises:
            LogUnwritable: on any error, and ever after; the run must stop at once.
        """
        self._first_error.refuse()
        with self._no_room.ends():
            return put_blob(self._root, content, level=QUICK)

    def reserve(self, size: int) -> None:
        """Allocate disk space for a run's records before the run touches anything, and record that.

        ``size`` is in bytes; ``runner.audit.space.space_for`` reckons it. At most the rest of a segment is allocated.

        Raises:
            LogUnwritable: when there is no such space.
        """
        with self._mutex, self._first_error.ends(), self._chain.locked():
            self._catch_up()
            self._wanted = size
            skipped = self._chain.make_room(size, at_once=True)
            self._write([entry_of(Reserved(size, skipped))])

    @contextmanager
    def claim(self, targets: tuple[str, ...]) -> Iterator[None]:
        """Keep every other run on this host away from the targets (ARNs) inside the block.

        Raises:
            GuardRefused: when another run is working on one of them.
            LogUnwritable: when that cannot be made sure.
        """
        with ExitStack() as held:
            with writing(str(self._directory)):
                held.enter_context(claimed(self._root, targets, f"run {self._run}, process {os.getpid()}"))
            yield

    def close(self) -> None:
        """Close the files; appending is over, for threads that were given up too."""
        with self._mutex:
            if self._root >= 0:
                self._first_error.closes("it is closed")
                self._chain.close()
                root, self._root = self._root, -1
                os.close(root)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entry(self, record: Record) -> Entry:
        with self._first_error.ends():
            entry = entry_of(record)
        with self._first_error.ends() if entry.is_ending else self._no_room.ends():
            entry.data, entry.lost = keep_large(self._root, entry.data, ending=entry.is_ending)  # 1
        return entry

    def _append(self, entry: Entry) -> Receipt:
        """Write an entry, and those of all that wait."""
        self._waiting.append(entry)
        with self._mutex:
            if not entry.is_durable and entry.refused is None:  # else another thread took it in its turn
                with self._first_error.ends():
                    self._write_waiting()
            if entry.refused is not None:
                raise entry.refused
            if entry.lost is not None or isinstance(entry.record, (RunOpened, RunClosed)):
                with self._first_error.ends():
                    if entry.lost is not None:
                        raise entry.lost
                    self._countersign(entry.record)
        return entry.receipt

    def _catch_up(self) -> None:
        self._chain.catch_up()
        self._chain.end_line()
        tail = self._chain.tail
        if tail.torn:
            self._write([entry_of(Recovered(tail.after, tail.torn))])

    def _write_waiting(self) -> None:
        """Write the records of all threads that wait; what is signed may stand for later records than it has to."""
        entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
        with self._chain.locked():
            self._catch_up()  # 2, 3
            entries = self._with_room(entries)  # 4
            if entries:
                self._write(entries)  # 5
            for entry in entries:
                entry.lost = self._signing.sign(entry.record, self._chain.tree) or entry.lost  # 6

    def _with_room(self, entries: list[Entry]) -> list[Entry]:
        """Make room for what begins something; where there is none, return only what says how something ended."""
        if all(entry.is_ending for entry in entries):
            return entries
        try:
            with self._no_room.ends():
                self._chain.make_room(self._wanted, len(entries))
        except LogUnwritable as error:
            for entry in entries:
                entry.refused = None if entry.is_ending else error
            return [entry for entry in entries if entry.is_ending]
        return entries

    def _countersign(self, record: Record) -> None:
        """Have the operator sign how the run begins and ends, while others may write."""
        signed = self._signing.countersign()
        if signed is not None and isinstance(record, RunOpened):
            with self._chain.locked():
                self._catch_up()
                self._chain.make_room(self._wanted)
                self._write([entry_of(signed)])

    def _write(self, entries: Sequence[Entry]) -> None:
        now, mono_ns = stamp(self._clock.now()), str(time.monotonic_ns())
        common = {**self._origin, "ts": now, "mono_ns": mono_ns, "run": self._run}
        lines, receipts = lines_of(entries, self._chain.tail, common)
        written = self._chain.write(lines, receipts[-1].sha256)
        for follower in self._followers:
            for line in lines:
                follower(line)
        self._wanted = max(self._wanted - written, 0)
        for entry, receipt in zip(entries, receipts, strict=True):
            entry.receipt, entry.is_durable = receipt, True
