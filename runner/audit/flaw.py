"""What verification can find, and where. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from runner.model.canonical import Json


class Kind(Enum):
    """Name what is wrong; the second group are warnings, which an honest crash can leave."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    UNPARSABLE = "unparsable"
    NOT_CANONICAL = "not canonical"
    MALFORMED = "malformed"
    BAD_BLOB = "bad blob"
    NO_RUN = "outside a run"
    NO_STEP = "outside a step"
    NO_INTENT = "outcome without intent"
    NOT_SEEN_GONE = "not seen gone"
    BAD_CHECKPOINT = "bad checkpoint"
    NOT_AS_SIGNED = "not as signed"
    CUT = "cut off"
    BAD_SIGNATURE = "bad signature"
    BAD_STAMP = "bad time stamp"
    NOT_APPROVED = "not approved"
    NOT_ANCHORED = "not anchored"
    HIDDEN = "hidden"

    IN_DOUBT = "in doubt"
    NOT_CLOSED = "not closed"
    LOST = "lost"
    UNKNOWN_TYPE = "unknown type"
    NOT_SIGNED = "not signed"
    NOT_JUDGED = "not judged"


class Place(NamedTuple):
    """Point at a line of the log; lines count from 1, as editors do, and 0 is the segment as a whole."""

    segment: str
    line: int

    def __str__(self) -> str:
        return f"{self.segment}:{self.line}"


@dataclass(frozen=True)
class Flaw:
    """Say what is wrong, where, in a sentence."""

    kind: Kind
    place: Place
    message: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "kind": self.kind.value,
            "segment": self.place.segment,
            "line": self.place.line,
            "message": self.message,
        }
