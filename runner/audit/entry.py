"""Records on their way into the log, and the lines that they become. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from runner.audit.line import VERSION, sha256
from runner.audit.quick_form import write_quickly
from runner.audit.record import CallOutcome, RunClosed, SeenGone, StepClosed
from runner.audit.tail import Tail
from runner.errors import LogUnwritable
from runner.model.canonical import Json, encode
from runner.model.ports import Receipt, Record

_ENDINGS: Final = frozenset({CallOutcome.type, SeenGone.type, StepClosed.type, RunClosed.type})
"""Records of what happened already; they are written into room that was made before it happened."""

_NOWHERE: Final = Receipt(-1, "")


@dataclass(eq=False)
class Entry:
    """Hold a record, the fields that go into its line, and what became of it."""

    record: Record
    data: Mapping[str, Json]
    lost: OSError | None = None
    """Why a part of it is not in the log."""
    refused: LogUnwritable | None = None
    """Why it is not in the log at all, when there was no room to begin anything."""
    is_durable: bool = False
    receipt: Receipt = _NOWHERE
    """Where it stands, once it is durable."""

    @property
    def is_ending(self) -> bool:
        """Whether it says how something ended."""
        return self.record.type in _ENDINGS


def entry_of(record: Record) -> Entry:
    """Return a record whose fields go into its line as they are."""
    return Entry(record, record.to_data())


def lines_of(entries: Iterable[Entry], tail: Tail, common: Mapping[str, Json]) -> tuple[list[bytes], list[Receipt]]:
    """Return the lines that go on from a tail, each with the digest of the one before it, and where each stands.

    Raises:
        NotCanonical: when a record holds what has no canonical form; TypeError as well, for what JSON has no form for.
    """
    lines: list[bytes] = []
    receipts: list[Receipt] = []
    prev = tail.prev
    for seq, entry in enumerate(entries, tail.seq):
        data = {**entry.data, **common, "v": VERSION, "seq": seq, "prev": prev, "type": entry.record.type}
        line = write_quickly(data) or encode(data)
        prev = sha256(line)
        lines.append(line)
        receipts.append(Receipt(seq, prev))
    return lines, receipts
