"""Hold the lines against the checkpoints: is the log still what was signed, and as long. Pure.

1. A checkpoint is a note that the log's key signed, about this log, under the name of its size. 2. The tree over as
many lines as it says has its root. 3. The log has at least as many lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.audit.checkpoint import BadCheckpoint, Checkpoint
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.merkle import Subtree, Tree
from runner.audit.note import BadNote, NoteKey, Verify, opened


@dataclass(frozen=True)
class StoredCheckpoint:
    """Hold a checkpoint as it lies in the ledger, and what lies beside it; None when there is none."""

    name: str
    note: bytes
    signature: bytes | None = None
    """The operator's."""
    stamp: bytes | None = None
    """A time-stamping authority's."""


@dataclass(frozen=True)
class Trust:
    """Hold what checkpoints are held against: the log's name, its public key, and how signatures are verified."""

    origin: str
    key: NoteKey
    verify: Verify


class CheckpointCheck:
    """Take the lines one after the other and add what does not fit the checkpoints to ``flaws``."""

    def __init__(self, stored: Iterable[StoredCheckpoint], trust: Trust | None, flaws: list[Flaw]) -> None:
        self._flaws = flaws
        self._tree = Tree()
        self._wanted: dict[int, Checkpoint] = {}
        self.signed: Checkpoint | None = None
        """The checkpoint over the most lines that holds."""
        self.count = 0
        """How many checkpoints hold."""
        if trust is not None:
            for one in stored:
                self._read(one, trust)

    @property
    def sizes(self) -> frozenset[int]:
        """The sizes at which checkpoints stand that were not come to yet."""
        return frozenset(self._wanted)

    def take(self, line: bytes) -> None:
        """Add a line, and compare where a checkpoint stands."""
        self._tree.append(line)
        self._compare()

    def pass_over(self, parts: Iterable[Subtree]) -> None:
        """Add the lines of subtrees, before the last of which no checkpoint stands, and compare after it."""
        for part in parts:
            self._tree.add(part)
        self._compare()

    def _compare(self) -> None:
        wanted = self._wanted.pop(self._tree.size, None)
        if wanted is None:
            return
        if wanted.root != self._tree.root():  # 2
            self._flaw(Kind.NOT_AS_SIGNED, wanted.size, f"the first {wanted.size} lines are not those that were signed")
            return
        self.count += 1
        self.signed = wanted

    def end(self) -> None:
        """Say which checkpoints are about lines that are not there any more."""
        for size in sorted(self._wanted):  # 3
            self._flaw(Kind.CUT, size, f"{size} lines were signed, and the log has {self._tree.size}")

    def _read(self, stored: StoredCheckpoint, trust: Trust) -> None:
        place = Place(f"checkpoints/{stored.name}", 0)
        try:
            found = Checkpoint.parse(opened(stored.note, trust.key, trust.verify))  # 1
        except (BadNote, BadCheckpoint) as error:
            self._flaws.append(Flaw(Kind.BAD_CHECKPOINT, place, str(error)))
            return
        if found.origin != trust.origin or found.size != int(stored.name):
            why = f"it is about {found.size} lines of {found.origin}"
            self._flaws.append(Flaw(Kind.BAD_CHECKPOINT, place, why))
        else:
            self._wanted[found.size] = found

    def _flaw(self, kind: Kind, size: int, message: str) -> None:
        self._flaws.append(Flaw(kind, Place(f"checkpoints/{size:020d}", 0), message))
