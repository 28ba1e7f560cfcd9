"""Verify a ledger: was anything in it changed, and does what it says hold together. Pure but for `verify_ledger`.

What the records say together is judged as long as the chain holds; behind a broken place nobody knows what stood there.

It streams: memory does not grow with the log, but for one entry per run and per call in doubt.

`CANNOT_SEE` is as much a part of the answer as what was found. A log that was cut is shown by a checkpoint that was
kept. Nothing inside one directory can show that its end was cut off together with the checkpoints, or that somebody who
may write there wrote and signed all of it anew; that takes a memory outside: a copy of the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from runner.audit.blob import BlobReader, read_blob
from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_check import StoredCheckpoint, Trust
from runner.audit.checkpoint_store import read_checkpoints
from runner.audit.flaw import Flaw
from runner.audit.format import read_origin
from runner.audit.log_key import read_public_key, verify_ed25519
from runner.audit.note import NoteKey
from runner.audit.record.fields import stamp as spelled
from runner.audit.segment import Segment
from runner.audit.signatories import Signatories
from runner.audit.stretch import Part
from runner.audit.survey import APART, Apart, surveyed
from runner.audit.time_stamp import Roots, StampTrust
from runner.audit.walk import Walk
from runner.model.canonical import Json
from runner.model.ports import Receipt

CANNOT_SEE = (
    "lines cut off at the end together with the checkpoints over them",
    "a log that somebody with write access to it wrote and signed anew",
    "calls that were made without runner",
)
"""What verification of the local files alone cannot show."""


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
    directory: Path,
    key: NoteKey | None = None,
    people: Signatories | None = None,
    roots: Roots | None = None,
    apart: Apart = APART,
) -> Verified | Broken:
    """Verify the ledger in a directory; ``key`` is the log's public key, None for the one that lies in the ledger.

    Without ``people`` nothing is said about the signatures of operators and approvers. Time stamps are held against
    ``roots``, or against those that the log names. A long log is read by several processes.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    # Read before the lines: whoever is writing meanwhile signs no more than what is there.
    stored = tuple(StoredCheckpoint(*found) for found in read_checkpoints(directory))
    return verify_files(directory, walk_of(directory, stored, key, people, roots), apart)


def walk_of(
    directory: Path,
    stored: tuple[StoredCheckpoint, ...],
    key: NoteKey | None = None,
    people: Signatories | None = None,
    roots: Roots | None = None,
) -> Walk:
    """Return the checks of a ledger against checkpoints that were read of it, to which nothing was shown yet.

    Raises:
        UsageError: when its name or its key cannot be read.
    """
    origin, known = read_origin(directory), key or read_public_key(directory)
    trust = None if known is None else Trust(origin, known, verify_ed25519)
    return Walk(partial(read_blob, directory), stored, trust, people, StampTrust(roots))


def verify_files(directory: Path, walk: Walk, apart: Apart = APART) -> Verified | Broken:
    """Verify the lines of a ledger with checks that nothing was shown to; in several processes when there are many.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    sizes = walk.signed.sizes if walk.has_key else None
    with surveyed(directory, sizes, lambda: not walk.chain.is_broken, apart) as parts:
        return walked(walk, parts)


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
    walk = Walk(blob, tuple(checkpoints), trust, people, stamps)
    return walked(walk, (Part(segment.first, segment.lines) for segment in segments))


def walked(walk: Walk, parts: Iterable[Part]) -> Verified | Broken:
    """Return what is found in parts of a log, in order: in the lines of each, or in what they say by themselves."""
    for part in parts:
        if part.begins:
            walk.enter(part.first)
        if part.stretch is not None and walk.pass_over(part.stretch):
            if walk.is_full():
                return _broken(walk, complete=False)
            continue
        for raw in part.lines:
            walk.take(raw)
            if walk.is_full():
                return _broken(walk, complete=False)
    walk.end()
    if walk.flaws:
        return _broken(walk, complete=True)
    return Verified(
        walk.records,
        len(walk.runs.runs),
        walk.head,
        tuple(walk.warnings),
        walk.signed.count,
        walk.signed.signed,
        walk.key,
        0 if walk.people is None else walk.people.signatures,
        0 if walk.people is None else walk.people.approvals,
        0 if walk.stamps is None else walk.stamps.count,
        None if walk.stamps is None else walk.stamps.last,
    )


def _broken(walk: Walk, *, complete: bool) -> Broken:
    return Broken(tuple(walk.flaws), tuple(walk.warnings), walk.records, complete)
