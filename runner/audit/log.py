"""The audit log as a writer: an append-only, hash-chained file that all runs of a host share.

1. Large fields go to blobs. 2. The log is locked and what others wrote is read. 3. A line that a killed writer left is
ended and named. 4. Unless the record says how something ended, room for what may follow is made: a new segment when
this one is full, and allocated disk space. 5. The line is written and made durable. 6. When it is time, the tree over
all lines is signed: as a run begins and ends, and before the next call once `EVERY` outcomes are not signed.

The first error is the last: the ledger then refuses every further record, because what is on disk is no longer known.
The next start reads it from disk.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from runner.audit.blob import QUICK, put_blob
from runner.audit.chain import Chain
from runner.audit.checkpoint_store import CheckpointStore
from runner.audit.claims import claimed
from runner.audit.directory import open_directory, open_root
from runner.audit.format import keep_format
from runner.audit.large import keep_large
from runner.audit.line import VERSION
from runner.audit.log_key import keep_key
from runner.audit.origin import Origin
from runner.audit.record import CallOutcome, Recovered, Reserved, RunClosed, RunOpened, SeenGone, StepClosed
from runner.audit.record.fields import stamp
from runner.audit.signing import Signing
from runner.audit.space import space_for
from runner.audit.tail import Damaged
from runner.audit.ulid import ENTROPY, is_ulid, ulid
from runner.audit.unwritable import damaged, writing
from runner.errors import LogUnwritable, UsageError
from runner.model.canonical import Json, NotCanonical, encode
from runner.model.ports import Clock, Receipt, Record, SignedNote, Signer

_ENDINGS = frozenset({CallOutcome.type, SeenGone.type, StepClosed.type, RunClosed.type})
"""Records of what happened already; they are written into room that was made before it happened."""


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
        root = open_root(directory)
        try:
            log = open_directory("log", root)
        except OSError:
            os.close(root)
            raise
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
        self._origin = origin
        self._run = run
        self._wanted = 0
        self._refused = ""
        self._signing = Signing(operator)
        self._mutex = threading.Lock()

    @property
    def run(self) -> str:
        """The run's id (a ULID)."""
        return self._run

    @property
    def signed(self) -> SignedNote | None:
        """What this run had signed last; None when nothing was."""
        return self._signing.last

    def prepare(self) -> None:
        """Recover what a killed writer left, and make room for a first record.

        Raises:
            LogUnwritable: when that cannot be done, or the log was changed.
        """
        with self._usable(), self._chain.locked():
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
        ending = record.type in _ENDINGS
        with self._usable():
            data, lost = keep_large(self._root, record.to_data(), ending=ending)  # 1
            with self._chain.locked():
                self._catch_up()  # 2, 3
                if not ending:
                    self._chain.make_room(self._wanted)  # 4
                receipt = self._write(record.type, data)  # 5
                lost = self._signing.sign(record, self._chain.tree) or lost  # 6
            if lost is not None:
                raise lost
            self._countersign(record)
        return receipt

    def store(self, content: bytes) -> str:
        """Store a content beside the log, durably, and return its digest; others may append meanwhile.

        Raises:
            LogUnwritable: on any error, and ever after; the run must stop at once.
        """
        if self._refused:
            raise LogUnwritable(f"the audit log takes no more records: {self._refused}", on=str(self._directory))
        try:
            with writing(str(self._directory)):
                return put_blob(self._root, content, level=QUICK)
        except LogUnwritable as error:
            self._refused = self._refused or str(error)
            raise

    def reserve(self, size: int) -> None:
        """Allocate disk space for a run's records before the run touches anything, and record that.

        ``size`` is in bytes; ``runner.audit.space.space_for`` reckons it. At most the rest of a segment is allocated.

        Raises:
            LogUnwritable: when there is no such space.
        """
        with self._usable(), self._chain.locked():
            self._catch_up()
            self._wanted = size
            skipped = self._chain.make_room(size, at_once=True)
            self._write(Reserved.type, Reserved(size, skipped).to_data())

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
                self._chain.close()
                os.close(self._root)
                self._root = -1
                self._refused = self._refused or "it is closed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        with self._mutex:
            if self._refused:
                raise LogUnwritable(f"the audit log takes no more records: {self._refused}", on=str(self._directory))
            try:
                with writing(str(self._directory)):
                    yield
            except Damaged as error:
                self._refused = str(error)
                raise damaged(str(error), str(self._directory)) from error
            except (NotCanonical, TypeError) as error:
                self._refused = str(error)
                raise LogUnwritable(f"a record cannot be written: {error}", on=str(self._directory)) from error
            except BaseException as error:
                self._refused = str(error) or type(error).__name__
                raise

    def _catch_up(self) -> None:
        self._chain.catch_up()
        self._chain.end_line()
        tail = self._chain.tail
        if tail.torn:
            self._write(Recovered.type, Recovered(tail.after, tail.torn).to_data())

    def _countersign(self, record: Record) -> None:
        """Have the operator sign how the run begins and ends, while others may write."""
        signed = self._signing.countersign()
        if signed is not None and isinstance(record, RunOpened):
            with self._chain.locked():
                self._catch_up()
                self._chain.make_room(self._wanted)
                self._write(signed.type, signed.to_data())

    def _write(self, kind: str, data: Mapping[str, Json]) -> Receipt:
        tail = self._chain.tail
        line = encode(
            {
                **data,
                **self._origin.to_data(),
                "v": VERSION,
                "seq": tail.seq,
                "prev": tail.prev,
                "ts": stamp(self._clock.now()),
                "mono_ns": str(time.monotonic_ns()),
                "type": kind,
                "run": self._run,
            }
        )
        self._chain.write(line)
        self._wanted = max(self._wanted - len(line) - 1, 0)
        return Receipt(tail.seq, self._chain.tail.prev)
