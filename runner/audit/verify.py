"""Verify a ledger: was anything in it changed, and does what it says hold together. Pure but for `verify_ledger`.

What the records say together is judged as long as the chain holds; behind a broken place nobody knows what stood there.

It streams: memory does not grow with the log, but for one entry per run and per call in doubt.

`CANNOT_SEE` is as much a part of the answer as what was found. Nothing inside one directory can show that its end was
cut off, or that somebody who may write there wrote all of it anew; that takes a memory outside: a copy of ``head``,
which names a line and its digest, is the smallest one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from runner.audit.blob import BadBlob, blob_path, read_blob
from runner.audit.chain_check import ChainCheck
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.reading import read_segments
from runner.audit.run_check import RunCheck
from runner.audit.segment import Segment
from runner.audit.spill import Blob, Lost, outside
from runner.model.canonical import Json
from runner.model.ports import Receipt

CANNOT_SEE = (
    "lines cut off at the end, and what was changed in the last record",
    "a log that somebody with write access to it wrote anew from the changed line on",
    "calls that were made without runner",
)
"""What verification of the local files alone cannot show."""

MAX_FLAWS = 100
"""Verification stops after this many flaws; one change rarely makes more than three."""

_MAY_NAME_A_BLOB = re.compile(rb'_(?:blob|lost)":')

BlobReader: TypeAlias = Callable[[str], bytes]
"""Return the content of a digest; raise `BadBlob` when it cannot."""


@dataclass(frozen=True)
class Verified:
    """Say that no flaw was found; ``warnings`` are what honest crashes leave."""

    records: int
    """Lines, unfinished ones included."""
    runs: int
    head: Receipt | None
    """The last line's number and digest; None when the log is empty."""
    warnings: tuple[Flaw, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": "runner-verification/1",
            "verified": True,
            "records": self.records,
            "runs": self.runs,
            "head": None if self.head is None else {"seq": self.head.seq, "sha256": self.head.sha256},
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


def verify_ledger(directory: Path) -> Verified | Broken:
    """Verify the ledger in a directory.

    Raises:
        UsageError: when there is none, or it cannot be read.
    """
    return verify(read_segments(directory), lambda digest: read_blob(directory, digest))


def verify(segments: Iterable[Segment], blob: BlobReader) -> Verified | Broken:
    """Verify segments in order: each line's place, what the records say together, and the blobs that they name."""
    walk = _Walk(blob)
    for segment in segments:
        name = segment.name
        walk.chain.begin(segment.first, Place(name, 0))
        for number, raw in enumerate(segment.lines, 1):
            walk.take(raw, Place(name, number))
            if len(walk.flaws) >= MAX_FLAWS:
                return walk.broken(complete=False)
    return walk.result()


class _Walk:
    """Hold the two checks and what they found so far."""

    def __init__(self, blob: BlobReader) -> None:
        self.flaws: list[Flaw] = []
        self.warnings: list[Flaw] = []
        self.records = 0
        self.chain = ChainCheck(self.flaws)
        self.runs = RunCheck(self.flaws, self.warnings)
        self._blob = blob

    def take(self, raw: bytes, place: Place) -> None:
        """Check one line."""
        self.records += 1
        data = self.chain.take(raw, place)
        if data is None:
            return
        if not self.chain.is_broken:
            self.runs.take(data, self.chain.digest, place)
        if _MAY_NAME_A_BLOB.search(raw):  # most records do not, and this is the cheaper question
            for name, where in outside(data):
                self._check_outside(name, where, place)

    def result(self) -> Verified | Broken:
        """Return the result when all lines were taken."""
        self.warnings.extend(self.chain.end())
        if not self.chain.is_broken:
            self.warnings.extend(self.runs.end())
        self.warnings.sort(key=lambda warning: warning.place)
        if self.flaws:
            return self.broken(complete=True)
        head = Receipt(self.chain.seq - 1, self.chain.digest) if self.records else None
        return Verified(self.records, len(self.runs.runs), head, tuple(self.warnings))

    def broken(self, *, complete: bool) -> Broken:
        """Return the result when there are flaws."""
        return Broken(tuple(self.flaws), tuple(self.warnings), self.records, complete)

    def _check_outside(self, name: str, where: Blob | Lost, place: Place) -> None:
        match where:
            case Lost(why):
                self.warnings.append(Flaw(Kind.LOST, place, f"{name} could not be kept: {why}"))
            case Blob(digest, path):
                try:
                    if path != blob_path(digest):
                        self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name} is said to lie at {path}"))
                    self._blob(digest)
                except BadBlob as error:
                    self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name}, blob {digest}: {error}"))
