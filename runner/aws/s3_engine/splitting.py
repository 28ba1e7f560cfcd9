"""Find where the keys of a range branch. Pure, but for the probes, which are handed in.

A probe asks for the first key behind a marker. With the keys ``logs/app=07/…/part-0001`` at the cursor, a probe behind
each of its prefixes finds the shallowest one with a sibling; probes behind that prefix and each character say which
siblings there are. Nothing has to be known about the keys: every boundary is good, a bad one only makes a short range.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Final

from runner.aws.s3_engine.keys import LONGEST
from runner.aws.s3_engine.ranges import Range

LAST: Final = "\U0010ffff".encode()
"""Comes after every character in the order of UTF-8."""
CHARACTERS: Final = tuple(sorted(string.ascii_letters + string.digits + "-_./="))
"""What keys are most often made of."""
DEPTHS: Final = 48
"""Prefixes that are looked behind at most, the shortest ones."""

Probes = Callable[[tuple[bytes, ...]], tuple[bytes | None, ...]]
"""Return the first key behind each marker, in the order of the markers; None when there is none."""


def boundaries(taken: Range, probes: Probes) -> tuple[bytes, ...]:
    """Return where a range can be cut."""
    prefixes = _prefixes(taken)
    until = taken.until
    found = probes(tuple(prefix + LAST for prefix in prefixes))
    branches = (prefix for prefix, key in zip(prefixes, found, strict=True) if _is_in(key, until))
    shallowest = next(branches, None)
    if shallowest is None:
        return ()
    stem = shallowest.decode("utf-8")[:-1]
    following = shallowest.decode("utf-8")[-1]
    markers = tuple((stem + char).encode() for char in CHARACTERS if char > following)
    markers = (shallowest + LAST, *markers)
    answers = probes(markers)
    # Of the markers in front of one key the last is the best: nothing lies between the others.
    last_before = {key: marker for marker, key in zip(markers, answers, strict=True) if key and _is_in(key, until)}
    return tuple(last_before.values())


def _prefixes(taken: Range) -> tuple[bytes, ...]:
    """Return the cursor's prefixes, shortest first, as deep as the last page's keys are alike and one further."""
    try:
        first, last = taken.first.decode("utf-8"), taken.cursor.key.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    alike = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    deep = (last[: at + 1].encode() for at in range(min(alike + 1, len(last))))
    return tuple(prefix for prefix in deep if len(prefix) + len(LAST) <= LONGEST)[:DEPTHS]


def _is_in(key: bytes | None, until: bytes | None) -> bool:
    return key is not None and (until is None or key <= until)
