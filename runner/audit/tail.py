"""The end of the log as a writer sees it: where the chain goes on, and what a killed writer left there. Pure.

One ``write(2)`` is not atomic against ``kill -9``: the last line may be cut at any byte. Such a line stays where it is,
counts as a line and is hashed like one. It is ended with a newline, and the next record must be `Recovered` and name
it. A writer may be killed in between, and while it writes that record, so there can be several such lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.audit.line import NOTHING, Unparsable, parse, sha256
from runner.audit.record.upkeep import Torn
from runner.model.canonical import NotCanonical

MAX_TORN = 32
"""Unfinished lines in a row that recovery believes in: one per killed writer."""


class Damaged(ValueError):
    """Say that the log does not end the way a writer leaves it."""


@dataclass(frozen=True)
class Tail:
    """Hold where the chain goes on: the next line's number and the digest of the line before it."""

    seq: int = 0
    prev: str = NOTHING
    torn: tuple[Torn, ...] = ()
    """The unfinished lines that no record names yet."""
    after: str = NOTHING
    """The digest of the line before them; of the last line, when there are none."""


def follow(tail: Tail, lines: Sequence[bytes]) -> Tail:
    """Return the tail after more lines, the last of them complete or not.

    Only the last record is checked against its place in the chain, so that a start stays fast; ``runner audit verify``
    checks them all.

    Raises:
        Damaged: when the last record is not in its place, or too many lines are no records.
    """
    torn: list[Torn] = []
    after = tail.after
    for index in range(len(lines) - 1, -1, -1):
        seq, line = tail.seq + index, lines[index]
        digest = sha256(line)
        if _is_record(line, seq, sha256(lines[index - 1]) if index else tail.prev):
            after = digest
            break
        torn.append(Torn(seq, len(line), digest))
    else:
        torn.extend(reversed(tail.torn))
    if len(torn) > MAX_TORN:
        raise Damaged(f"the last {len(torn)} lines are no records")
    prev = sha256(lines[-1]) if lines else tail.prev
    return Tail(tail.seq + len(lines), prev, tuple(reversed(torn)), after)


def _is_record(line: bytes, seq: int, prev: str) -> bool:
    try:
        data = parse(line)
    except Unparsable:
        return False
    except NotCanonical as error:
        raise Damaged(f"line {seq} is {error}") from error
    if data.get("seq") != seq or data.get("prev") != prev:
        raise Damaged(f"line {seq} does not follow the line before it")
    return True
