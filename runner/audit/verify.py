"""Verify a ledger: was anything in it changed, and does what it says hold together. Pure but for `verify_ledger`.

What the records say together is judged as long as the chain holds; behind a broken place nobody knows what stood there.

It streams: memory does not grow with the log, but for one entry per run and per call in doubt.

`CANNOT_SEE` is as much a part of the answer as what was found. A log that was cut is shown by a checkpoint that was
kept. Nothing inside one directory can show that its end was cut off together with the checkpoints, or that somebody who
may write there wrote and signed all of it anew; that takes a memory outside: a copy of the last checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runner.audit.blob import BadBlob, BlobReader, blob_path, read_blob
from runner.audit.chain_check import ChainCheck
from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_check import CheckpointCheck, StoredCheckpoint, Trust
from runner.audit.checkpoint_store import read_checkpoints
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.format import read_origin
from runner.audit.log_key import read_public_key, verify_ed25519
from runner.audit.note import NoteKey
from runner.audit.people_check import PeopleCheck
from runner.audit.reading import read_segments
from runner.audit.record.fields import stamp as spelled
from runner.audit.run_check import RunCheck
from runner.audit.segment import Segment
from runner.audit.signatories import Signatories
from runner.audit.spill import Blob, Lost, outside
from runner.audit.stamp_check import WATCHED as OF_STAMPS
from runner.audit.stamp_check import StampCheck
from runner.audit.time_stamp import Roots, StampTrust
from runner.model.canonical import Json
from runner.model.ports import Receipt

CANNOT_SEE = (
    "lines cut off at the end together with the checkpoints over them",
    "a log that somebody with write access to it wrote and signed anew",
    "calls that were made without runner",
)
"""What verification of the local files alone cannot show."""

MAX_FLAWS = 100
"""Verification stops after this many flaws; one change rarely makes more than three."""

_MAY_NAME_A_BLOB = re.compile(rb'_(?:blob|lost)":')


@dataclass(frozen=True)
class Verified:
    """Say that no flaw was found; ``warnings`` are what honest crashes leave."""

    records: int
    """Lines, unfinished ones included."""
    runs: int
    head: Receipt | None
    """The last line's number and digest; None when the log is empty."""
    warnings: tuple[Flaw, ...]
    checkpoints: int = 0
    """How many checkpoints the lines fit."""
    signed: Checkpoint | None = None
    """The last of them."""
    key: str = ""
    """The public key that they were verified with, as note tools read it."""
    signatures: int = 0
    """How many of them an operator signed."""
    approvals: int = 0
    """How many approvals hold that runs were let through by."""
    stamps: int = 0
    """How many of them an authority stamped with the time."""
    stamped: tuple[int, datetime] | None = None
    """Over how many lines the last of these is, and when that was."""

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": "runner-verification/1",
            "verified": True,
            "records": self.records,
            "runs": self.runs,
            "head": None if self.head is None else {"seq": self.head.seq, "sha256": self.head.sha256},
            "checkpoints": self.checkpoints,
            "signed": None if self.signed is None else {"size": self.signed.size, "root": self.signed.root.hex()},
            "key": self.key,
            "operator_signatures": self.signatures,
            "approvals": self.approvals,
            "time_stamps": self.stamps,
            "stamped": None if self.stamped is None else {"size": self.stamped[0], "time": spelled(self.stamped[1])},
            "warnings": [warning.to_data() for warning in self.warnings],
            "cannot_see": CANNOT_SEE,
        }


@dataclass(frozen=True)
class Broken:
    """Say what is wrong with the log; ``complete`` is False when there was too much of it to go on."""

    flaws: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]
    records: int
    complete: bool

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": "runner-verification/1",
            "verified": False,
            "records": self.records,
            "complete": self.complete,
            "flaws": [flaw.to_data() for flaw in self.flaws],
            "warnings": [warning.to_data() for warning in self.warnings],
            "cannot_see": CANNOT_SEE,
        }


def verify_ledger(
    directory: Path, key: NoteKey | None = None, people: Signatories | None = None, roots: Roots | None = None
) -> Verified | Broken:
    """Verify the ledger in a directory; ``key`` is the log's public key, None for the one that lies in the ledger.

    Without ``people`` nothing is said about the signatures of operators and approvers. Time stamps are held against
    ``roots``, or against those that the log names.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    # Read before the lines: whoever is writing meanwhile signs no more than what is there.
    stored = tuple(StoredCheckpoint(*found) for found in read_checkpoints(directory))
    origin, known = read_origin(directory), key or read_public_key(directory)
    trust = None if known is None else Trust(origin, known, verify_ed25519)
    return verify(
        read_segments(directory), lambda digest: read_blob(directory, digest), stored, trust, people, StampTrust(roots)
    )


def verify(
    segments: Iterable[Segment],
    blob: BlobReader,
    checkpoints: Iterable[StoredCheckpoint] = (),
    trust: Trust | None = None,
    people: Signatories | None = None,
    stamps: StampTrust | None = None,
) -> Verified | Broken:
    """Verify segments in order: each line's place, what the records say together, their blobs, and the signatures.

    Without ``trust``, ``people``, ``stamps`` nothing is said about checkpoints, people's signatures, time stamps.
    """
    walk = _Walk(blob, tuple(checkpoints), trust, people, stamps)
    for segment in segments:
        name = segment.name
        walk.chain.begin(segment.first, Place(name, 0))
        for number, raw in enumerate(segment.lines, 1):
            walk.take(raw, Place(name, number))
            if len(walk.flaws) >= MAX_FLAWS:
                return walk.broken(complete=False)
    return walk.result()


class _Walk:
    """Hold the checks and what they found so far."""

    def __init__(
        self,
        blob: BlobReader,
        checkpoints: tuple[StoredCheckpoint, ...],
        trust: Trust | None,
        people: Signatories | None,
        stamps: StampTrust | None,
    ) -> None:
        self.flaws: list[Flaw] = []
        self.warnings: list[Flaw] = []
        self.records = 0
        self.chain = ChainCheck(self.flaws)
        self.runs = RunCheck(self.flaws, self.warnings)
        self.signed = CheckpointCheck(checkpoints, trust, self.flaws)
        # A signature is over a checkpoint, which has to hold first.
        judged = checkpoints if trust else ()
        self.people = None if people is None else PeopleCheck(judged, blob, people, self.flaws, self.warnings)
        self.stamps = None if stamps is None else StampCheck(judged, blob, stamps, self.flaws, self.warnings)
        self._trust = trust
        self._blob = blob
        self._sound: set[str] = set()

    def take(self, raw: bytes, place: Place) -> None:
        """Check one line."""
        self.records += 1
        if self._trust is not None:
            self.signed.take(raw.removesuffix(b"\n"))
        data = self.chain.take(raw, place)
        if data is None:
            return
        if not self.chain.is_broken:
            self.runs.take(data, self.chain.digest, place)
            if self.people is not None:
                self.people.take(data, place)
            if self.stamps is not None and data["type"] in OF_STAMPS:
                self.stamps.take(data, place)
        if _MAY_NAME_A_BLOB.search(raw):  # most records do not, and this is the cheaper question
            for name, where in outside(data):
                self._check_outside(name, where, place)

    def result(self) -> Verified | Broken:
        """Return the result when all lines were taken."""
        self.signed.end()
        self.warnings.extend(self.chain.end())
        if not self.chain.is_broken:
            self.warnings.extend(self.runs.end())
            if self.people is not None:
                self.people.end()
            if self.stamps is not None and self._trust is not None:
                self.stamps.end()
        self.warnings.sort(key=lambda warning: warning.place)
        if self.flaws:
            return self.broken(complete=True)
        head = Receipt(self.chain.seq - 1, self.chain.digest) if self.records else None
        known = "" if self._trust is None else str(self._trust.key)
        return Verified(
            self.records,
            len(self.runs.runs),
            head,
            tuple(self.warnings),
            self.signed.count,
            self.signed.signed,
            known,
            0 if self.people is None else self.people.signatures,
            0 if self.people is None else self.people.approvals,
            0 if self.stamps is None else self.stamps.count,
            None if self.stamps is None else self.stamps.last,
        )

    def broken(self, *, complete: bool) -> Broken:
        """Return the result when there are flaws."""
        return Broken(tuple(self.flaws), tuple(self.warnings), self.records, complete)

    def _check(self, digest: str) -> None:
        """Read a blob, once: a manifest is named by several batches and by their outcomes."""
        if digest not in self._sound:
            self._blob(digest)
            self._sound.add(digest)

    def _check_outside(self, name: str, where: Blob | Lost, place: Place) -> None:
        match where:
            case Lost(why):
                self.warnings.append(Flaw(Kind.LOST, place, f"{name} could not be kept: {why}"))
            case Blob(digest, path):
                try:
                    if path != blob_path(digest):
                        self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name} is said to lie at {path}"))
                    self._check(digest)
                except BadBlob as error:
                    self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name}, blob {digest}: {error}"))
