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

from runner.audit.blob import blob_path, put_blob
from runner.audit.chain import Chain
from runner.audit.checkpoint_store import CheckpointStore
from runner.audit.claims import claimed
from runner.audit.directory import open_directory, open_root
from runner.audit.format import keep_format
from runner.audit.line import VERSION, sha256
from runner.audit.log_key import keep_key
from runner.audit.origin import Origin
from runner.audit.record import CallOutcome, Recovered, Reserved, RunClosed, RunOpened, SeenGone, StepClosed
from runner.audit.record.fields import stamp
from runner.audit.space import space_for
from runner.audit.spill import Blob, Lost, large_fields, without
from runner.audit.tail import Damaged
from runner.audit.ulid import ENTROPY, is_ulid, ulid
from runner.audit.unwritable import damaged, writing
from runner.errors import LogUnwritable, UsageError
from runner.model.canonical import Json, NotCanonical, encode
from runner.model.ports import Clock, Receipt, Record

EVERY = 50
"""Outcomes after which the tree is signed again."""

_ENDINGS = frozenset({CallOutcome.type, SeenGone.type, StepClosed.type, RunClosed.type})
"""Records of what happened already; they are written into room that was made before it happened."""


def open_ledger(directory: Path, *, tool: str, clock: Clock, run: str | None = None) -> FileLedger:
    """Open the ledger in a directory, made when it is missing, for one run: a new one unless ``run`` names it.

    ``tool`` is this program's name and version. Of the run, nothing is appended yet; but what a killed writer left is
    recovered and room is made, so that a full disk is found before anything else is done.

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
    ledger = FileLedger(directory, root, Chain(log, clock), clock, Origin.here(tool), new)
    try:
        ledger.prepare()
    except BaseException:
        ledger.close()
        raise
    return ledger


class FileLedger:
    """Append records of one run; satisfies the ``Ledger`` port and is a context manager."""

    def __init__(self, directory: Path, root: int, chain: Chain, clock: Clock, origin: Origin, run: str) -> None:
        self._directory = directory
        self._root = root
        self._chain = chain
        self._clock = clock
        self._origin = origin
        self._run = run
        self._wanted = 0
        self._refused = ""
        self._checkpoints: CheckpointStore | None = None
        self._unsigned = 0
        self._mutex = threading.Lock()

    @property
    def run(self) -> str:
        """The run's id (a ULID)."""
        return self._run

    def prepare(self) -> None:
        """Recover what a killed writer left, and make room for a first record.

        Raises:
            LogUnwritable: when that cannot be done, or the log was changed.
        """
        with self._usable(), self._chain.locked():
            origin = keep_format(self._root, stamp(self._clock.now()))
            self._checkpoints = CheckpointStore(self._root, keep_key(self._root, origin))
            signed = self._checkpoints.last()
            self._chain.go_on_from(signed, self._checkpoints.tree(signed))
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
            data, lost = self._spilled(record, ending=ending)  # 1
            with self._chain.locked():
                self._catch_up()  # 2, 3
                if not ending:
                    self._chain.make_room(self._wanted)  # 4
                receipt = self._write(record.type, data)  # 5
                lost = self._signed(record) or lost  # 6
            if lost is not None:
                raise lost
        return receipt

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
        """Close the files; appending is over."""
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

    def _signed(self, record: Record) -> OSError | None:
        """Sign the tree when it is time; what ended a run stays recorded even when that fails."""
        self._unsigned += isinstance(record, CallOutcome)
        is_time = isinstance(record, RunOpened | RunClosed) or self._unsigned >= EVERY
        if self._checkpoints is None or not is_time or isinstance(record, CallOutcome):
            return None
        try:
            self._checkpoints.write(self._chain.tree)
        except OSError as error:
            if not isinstance(record, RunClosed):
                raise
            return error
        self._unsigned = 0
        return None

    def _spilled(self, record: Record, *, ending: bool) -> tuple[Mapping[str, Json], OSError | None]:
        """Move large fields to blobs; how something ended is recorded even when that fails, without the field."""
        data: Mapping[str, Json] = record.to_data()
        lost = None
        for name, content in large_fields(data).items():
            digest = sha256(content)
            where: Blob | Lost = Blob(digest, blob_path(digest))
            try:
                put_blob(self._root, content)
            except OSError as error:
                if not ending:
                    raise
                lost, where = error, Lost(error.strerror or str(error))
            data = without(data, name, digest, where)
        return data, lost

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
