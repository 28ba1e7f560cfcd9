"""Walk the chain: every line in its place, as it was written, after the line it was written after. Pure.

1. A line is a record, byte for byte in canonical form, or the unfinished line of a killed writer.
2. Unfinished lines are legal only when the next record is a ``recovered`` that names exactly them and the line before
   them, or when nothing follows them yet.
3. ``seq`` is the line's number. 4. ``prev`` is the digest of the line before, whatever that line is.
5. A segment's name is the number of its first line, and its last line ends with a newline.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.line import NOTHING, VERSION, Unparsable, parse, sha256
from runner.audit.record import Recovered, Torn
from runner.audit.tail import MAX_TORN
from runner.model.canonical import Json, NotCanonical


class ChainCheck:
    """Take lines one after the other and add what is wrong with them to ``flaws``."""

    def __init__(self, flaws: list[Flaw], seq: int = 0, digest: str = NOTHING) -> None:
        self.seq = seq
        """The number that the next line should have."""
        self.digest = digest
        """The digest of the last line taken."""
        self.is_broken = False
        """Whether a line was found that is not in its place as it was written."""
        self._flaws = flaws
        self._after_gap = False
        self._torn: list[tuple[Torn, Place]] = []
        self._after = NOTHING
        self._moved = range(0)
        self._open: Place | None = None

    @property
    def is_even(self) -> bool:
        """Whether all so far is in its place, and nothing of it waits for what the next lines say."""
        return not (self.is_broken or self._torn or self._open is not None)

    def pass_over(self, lines: int, digest: str) -> None:
        """Go on behind lines that were found sound; ``digest`` is the last one's."""
        self.seq += lines
        self.digest = digest

    def begin(self, first: int, place: Place) -> None:
        """Take note that a segment begins, whose name says ``first``."""
        self._ended()
        if first > self.seq:
            self._flaw(Kind.MISSING, place, f"lines {self.seq} to {first - 1} are gone")
            self._skip_to(first)
        elif first < self.seq:
            self._flaw(Kind.INSERTED, place, f"the segment's name says {first}, but line {self.seq} comes next")

    def take(self, raw: bytes, place: Place) -> dict[str, Json] | None:
        """Check a line and return its record, or None when it holds none that can be read further."""
        line = raw.removesuffix(b"\n")
        before, self.digest = self.digest, sha256(line)
        if len(line) == len(raw):
            self._open = place
        try:
            data = parse(line)  # 1
        except Unparsable:
            if not self._torn:
                self._after = before
            self._torn.append((Torn(self.seq, len(line), self.digest), place))
            self.seq += 1
            return None
        except NotCanonical as error:
            self._flaw(Kind.NOT_CANONICAL, place, str(error))
            self.seq += 1
            return None
        if self._torn or data.get("type") == Recovered.type:
            self._check_recovery(data, place)  # 2
        self._check_place(data, before, place)  # 3, 4
        if data.get("v") != VERSION or not isinstance(data.get("type"), str) or not isinstance(data.get("run"), str):
            self._flaw(Kind.MALFORMED, place, f"not a record of version {VERSION}")
            return None
        return data

    def end(self) -> list[Flaw]:
        """Return the warnings about how the log ends."""
        if len(self._torn) > MAX_TORN:
            self._unexplained()
        if self._torn:
            why = "a killed writer left it unfinished; the next run will say so"
            return [Flaw(Kind.IN_DOUBT, place, why) for _, place in self._torn]
        if self._open is not None:
            return [Flaw(Kind.IN_DOUBT, self._open, "the last line has no newline: it is being written, or was")]
        return []

    def _check_recovery(self, data: Mapping[str, Json], place: Place) -> None:
        named = data.get("torn") if data.get("type") == Recovered.type else None
        if not self._torn:
            self._flaw(Kind.MALFORMED, place, "it names unfinished lines, and none stands before it")
        elif named != [torn.to_data() for torn, _ in self._torn]:
            self._unexplained()
        elif data.get("after") != self._after and not self._after_gap:
            self._flaw(Kind.CHANGED, self._torn[0][1], "the line before it is not the one that it was written after")
        self._torn = []

    def _check_place(self, data: Mapping[str, Json], before: str, place: Place) -> None:
        seq, prev = data.get("seq"), data.get("prev")
        if not (type(seq) is int and isinstance(prev, str)):
            self._flaw(Kind.MALFORMED, place, "it has no place in the chain")
        elif seq == self.seq:
            if prev != before and not self._after_gap:
                self._flaw(Kind.CHANGED, place, "it was not written after the line before it: one of them was changed")
        elif prev == before:
            self._flaw(Kind.CHANGED, place, f"it is line {self.seq}, but says that it is line {seq}")
        elif seq > self.seq:
            self._flaw(Kind.MISSING, place, f"lines {self.seq} to {seq - 1}, which stood before it, are gone")
            self._skip_to(seq)
        else:
            kind = Kind.REORDERED if seq in self._moved else Kind.INSERTED
            self._flaw(kind, place, f"line {seq} stands where line {self.seq} should")
            return
        self.seq += 1
        self._after_gap = False

    def _skip_to(self, seq: int) -> None:
        self._moved = range(self.seq, seq)
        self.seq = seq
        self._after_gap = True

    def _ended(self) -> None:
        if self._open is not None:  # 5
            self._flaw(Kind.MALFORMED, self._open, "the segment does not end with a newline")
            self._open = None

    def _unexplained(self) -> None:
        for _, place in self._torn:
            self._flaw(Kind.UNPARSABLE, place, "it is no record, and the next record does not name it as unfinished")
        self._torn = []

    def _flaw(self, kind: Kind, place: Place, message: str) -> None:
        self.is_broken = True
        self._flaws.append(Flaw(kind, place, message))
