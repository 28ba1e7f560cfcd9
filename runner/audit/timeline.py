"""What one run did, in order: who, what, when, AWS's request ids, and what was seen gone.

What is shown is what the log says; whether it was changed is verification's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import CallIntent
from runner.audit.run_summary import RunSummary, summaries
from runner.audit.wording import Wording, word
from runner.model.canonical import Json


@dataclass(frozen=True)
class Entry:
    """Say one thing that happened in a run; ``sha256`` is the digest of its line, for those who quote it."""

    seq: int
    at: str
    """UTC, as the log writes it."""
    type: str
    step: str
    what: str
    on: str
    result: str
    request_id: str
    sha256: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "seq": self.seq,
            "at": self.at,
            "type": self.type,
            "step": self.step,
            "what": self.what,
            "on": self.on,
            "result": self.result,
            "request_id": self.request_id,
            "sha256": self.sha256,
        }


def run_timeline(directory: Path, run: str) -> tuple[Entry, ...]:
    """Return what one run did, in order; ``run`` is its whole id.

    Raises:
        UsageError: as for `read_records`.
    """
    return _timeline(read_records(directory, run))


def run_story(directory: Path, run: str) -> tuple[RunSummary, tuple[Entry, ...]]:
    """Return what one run was and what it did, from one reading; ``run`` is its whole id.

    Raises:
        UsageError: as for `read_records`.
    """
    records = tuple(read_records(directory, run))
    (summary,) = summaries(data for data, _ in records)
    return summary, _timeline(records)


def _timeline(records: Iterable[tuple[Mapping[str, Json], str]]) -> tuple[Entry, ...]:
    calls: dict[Json, Wording] = {}
    entries: list[Entry] = []
    for data, digest in records:
        said = word(data, calls)
        if data.get("type") == CallIntent.type:
            calls[data.get("seq")] = said
        seq = data.get("seq")
        entries.append(
            Entry(
                seq=seq if isinstance(seq, int) else -1,
                at=text(data, "ts"),
                type=text(data, "type"),
                step=said.step,
                what=said.what,
                on=said.on,
                result=said.result,
                request_id=text(data, "request_id") or text(data, "sts_request_id"),
                sha256=digest,
            )
        )
    return tuple(entries)
