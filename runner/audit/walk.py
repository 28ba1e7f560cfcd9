"""Hold all checks of a log together, while its lines go by. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from runner.audit.blob import BadBlob, BlobReader, blob_path, read_once
from runner.audit.chain_check import ChainCheck
from runner.audit.checkpoint_check import CheckpointCheck, StoredCheckpoint, Trust
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.line import parse, sha256
from runner.audit.people_check import PeopleCheck
from runner.audit.run_check import RunCheck
from runner.audit.segment import segment_name
from runner.audit.signatories import Signatories
from runner.audit.spill import Blob, Lost, may_be_outside, outside
from runner.audit.stamp_check import WATCHED as OF_STAMPS
from runner.audit.stamp_check import StampCheck
from runner.audit.stretch import Noted, Stretch
from runner.audit.time_stamp import StampTrust
from runner.model.canonical import Json
from runner.model.ports import Receipt

MAX_FLAWS = 100
"""Verification stops after this many flaws; one change rarely makes more than three."""


class Walk:
    """Take the lines of a log in order, one by one or in stretches that were surveyed before; then `end`."""

    def __init__(
        self,
        blob: BlobReader,
        checkpoints: tuple[StoredCheckpoint, ...],
        trust: Trust | None,
        people: Signatories | None = None,
        stamps: StampTrust | None = None,
    ) -> None:
        self.flaws: list[Flaw] = []
        self.warnings: list[Flaw] = []
        self.records = 0
        """Lines, unfinished ones included."""
        self.chain = ChainCheck(self.flaws)
        self.runs = RunCheck(self.flaws, self.warnings)
        self.signed = CheckpointCheck(checkpoints, trust, self.flaws)
        # A signature is over a checkpoint, which has to hold first.
        judged = checkpoints if trust else ()
        self.people = None if people is None else PeopleCheck(judged, blob, people, self.flaws, self.warnings)
        self.stamps = None if stamps is None else StampCheck(judged, blob, stamps, self.flaws, self.warnings)
        self._trust = trust
        self._look_into = read_once(blob)
        self._segment = ""
        self._line = 0

    @property
    def has_key(self) -> bool:
        """Whether checkpoints can be verified at all."""
        return self._trust is not None

    @property
    def key(self) -> str:
        """The public key that the checkpoints were verified with, as note tools read it; empty without one."""
        return "" if self._trust is None else str(self._trust.key)

    @property
    def head(self) -> Receipt | None:
        """The last line's number and digest; None when there was no line."""
        return Receipt(self.chain.seq - 1, self.chain.digest) if self.records else None

    def is_full(self) -> bool:
        """Whether so much was found that there is no use in going on."""
        return len(self.flaws) >= MAX_FLAWS

    def enter(self, first: int) -> None:
        """Take note that a segment begins, by the number in its name."""
        self._segment, self._line = segment_name(first), 0
        self.chain.begin(first, Place(self._segment, 0))

    def take(self, raw: bytes) -> None:
        """Check the next line."""
        self.records += 1
        self._line += 1
        place = Place(self._segment, self._line)
        if self._trust is not None:
            self.signed.take(raw.removesuffix(b"\n"))
        data = self.chain.take(raw, place)
        if data is not None:
            self._look(raw, data, self.chain.digest, place)

    def pass_over(self, stretch: Stretch) -> bool:
        """Go on behind the lines of a sound stretch; False, and nothing is done, when they have to be taken one by one.

        What is found is what taking them would find, in the same order. That cannot be told when the stretch does not
        go on from the line before, or when a run is not open that it needs open.
        """
        goes_on = (stretch.first, stretch.before) == (self.chain.seq, self.chain.digest)
        if not (goes_on and self.chain.is_even and self.runs.are_open(stretch.runs)) or self.is_full():
            return False
        for noted in stretch.noted:
            self._recall(noted)
            if self.is_full():
                self.records += noted.index + 1
                return True
        self.signed.pass_over(stretch.rest)
        self.chain.pass_over(stretch.lines, stretch.digest)
        self.records += stretch.lines
        self._line += stretch.lines
        return True

    def end(self) -> None:
        """Say what only the whole log can tell, when all lines were taken."""
        self.signed.end()
        self.warnings.extend(self.chain.end())
        if not self.chain.is_broken:
            self.warnings.extend(self.runs.end())
            if self.people is not None:
                self.people.end()
            if self.stamps is not None and self._trust is not None:
                self.stamps.end()
        self.warnings.sort(key=lambda warning: warning.place)

    def _recall(self, noted: Noted) -> None:
        if noted.subtrees:
            self.signed.pass_over(noted.subtrees)
        if noted.line:
            line = noted.line.removesuffix(b"\n")
            self._look(noted.line, parse(line), sha256(line), Place(self._segment, self._line + noted.index + 1))

    def _look(self, raw: bytes, data: Mapping[str, Json], digest: str, place: Place) -> None:
        """Look at a record that stands somewhere in the log, and at what the records say together."""
        if not self.chain.is_broken:
            self.runs.take(data, digest, place)
            if self.people is not None:
                self.people.take(data, place)
            if self.stamps is not None and data["type"] in OF_STAMPS:
                self.stamps.take(data, place)
        if may_be_outside(raw):
            for name, where in outside(data):
                self._check_outside(name, where, place)

    def _check_outside(self, name: str, where: Blob | Lost, place: Place) -> None:
        match where:
            case Lost(why):
                self.warnings.append(Flaw(Kind.LOST, place, f"{name} could not be kept: {why}"))
            case Blob(digest, path):
                try:
                    if path != blob_path(digest):
                        self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name} is said to lie at {path}"))
                    self._look_into(digest)
                except BadBlob as error:
                    self.flaws.append(Flaw(Kind.BAD_BLOB, place, f"{name}, blob {digest}: {error}"))
