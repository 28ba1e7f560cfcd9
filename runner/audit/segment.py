"""The log's files: ``log/000000000000.jsonl``, each named by the number of its first line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"([0-9]{12})\.jsonl")


@dataclass(frozen=True)
class Segment:
    """Hold one file of the log; ``lines`` are its raw lines with their newlines, and may be readable once only."""

    first: int
    lines: Iterable[bytes]

    @property
    def name(self) -> str:
        """The file's name."""
        return segment_name(self.first)


def segment_name(first: int) -> str:
    """Return the name of the segment that begins with a line."""
    return f"{first:012d}.jsonl"


def first_line(name: str) -> int | None:
    """Return the number of a segment's first line, None when the name is no segment's."""
    found = _NAME.fullmatch(name)
    return None if found is None else int(found[1])
