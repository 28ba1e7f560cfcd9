"""What a stretch of lines says by itself, so that several processes can read one log. Pure.

1. A stretch is sound when `ChainCheck` finds nothing in it, given that its first record is what it says: a number, and
   the digest of the line before. Whoever puts stretches together compares both with where the one before it ends. A
   stretch that is not sound is None: its lines are read again, one after the other, by those who say what is wrong.
2. What says nothing to the rest of the log is left out (`Sift`); every other record is noted.
3. The lines are subtrees of the log's tree, cut where checkpoints stand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from runner.audit.blob import BlobReader
from runner.audit.chain_check import ChainCheck
from runner.audit.flaw import Flaw, Place
from runner.audit.line import Unparsable, parse
from runner.audit.merkle import Forest, Subtree
from runner.audit.sift import Sift
from runner.model.canonical import NotCanonical

_HERE = Place("", 0)
"""Of flaws that nobody gets to see."""


@dataclass(frozen=True)
class Noted:
    """Hold a line that the rest of the log has to know of."""

    index: int
    """Of the line in the stretch, from 0."""
    line: bytes
    """A record, with its newline; empty when only a checkpoint ends here."""
    subtrees: tuple[Subtree, ...]
    """When a checkpoint ends here, the lines since the one before."""


@dataclass(frozen=True)
class Stretch:
    """Hold what a sound stretch says."""

    first: int
    """The number that its first line says it has."""
    before: str
    """The digest that this line says the line before it has."""
    lines: int
    digest: str
    """The last line's."""
    runs: frozenset[str]
    """The runs that have to be open before it."""
    noted: tuple[Noted, ...]
    rest: tuple[Subtree, ...]
    """The lines after the last checkpoint."""


@dataclass(frozen=True)
class Part:
    """Hold lines of a segment, and what they say by themselves when that is known; parts come in the log's order."""

    first: int
    """The number in the segment's name."""
    lines: Iterable[bytes]
    """They are read only when somebody asks for them, and may be readable once only."""
    stretch: Stretch | None = None
    begins: bool = True
    """Whether the segment begins with it."""


def survey(lines: Iterable[bytes], sizes: frozenset[int] | None, blob: BlobReader) -> Stretch | None:
    """Return what lines say by themselves; None when they are not sound, or there are none.

    ``sizes`` are those of the checkpoints, None when nobody asks for the tree.
    """
    every = iter(lines)
    opening = next(every, b"")
    first, before = _claimed(opening)
    flaws: list[Flaw] = []
    chain, forest, sift = ChainCheck(flaws, first, before), Forest(first), Sift(blob)
    cuts: dict[int, tuple[Subtree, ...]] = {}
    for index, raw in enumerate(itertools.chain((opening,), every)):
        data = chain.take(raw, _HERE)
        if flaws:
            return None  # 1
        if data is not None:
            sift.take(index, raw, data, chain.digest)  # 2
        if sizes is not None:
            forest.append(raw.removesuffix(b"\n"))
            if chain.seq in sizes:
                cuts[index] = forest.cut()  # 3
    if not chain.is_even:
        return None
    kept = sift.kept()
    noted = tuple(Noted(index, kept.get(index, b""), cuts.get(index, ())) for index in sorted({*kept, *cuts}))
    return Stretch(first, before, chain.seq - first, chain.digest, sift.runs, noted, forest.cut())


def _claimed(raw: bytes) -> tuple[int, str]:
    """Return the number that a line says it has, and the digest before it; what none has when it does not say it."""
    try:
        data = parse(raw.removesuffix(b"\n"))
    except (Unparsable, NotCanonical):
        return -1, ""
    seq, prev = data.get("seq"), data.get("prev")
    return (seq, prev) if type(seq) is int and seq >= 0 and isinstance(prev, str) else (-1, "")
