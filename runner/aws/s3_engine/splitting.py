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
SAMPLE: Final = "-.05=AGNT_agnt"
"""Characters that cut what keys are most often made of into pieces."""
STRIDE: Final = 6
"""Every so many prefixes one is looked behind at first, and then those in front of the one that has a sibling."""

_KINDS: Final = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

Probes = Callable[[tuple[bytes, ...]], tuple[bytes | None, ...]]
"""Return the first key behind each marker, in the order of the markers; None when there is none."""


def boundaries(taken: Range, probes: Probes) -> tuple[bytes, ...]:
    """Return where a range can be cut."""
    prefixes = _prefixes(taken)
    until = taken.until
    shallowest = _shallowest(prefixes, until, probes)
    if shallowest is None:
        return ()
    stem = shallowest.decode("utf-8")[:-1]
    following = shallowest.decode("utf-8")[-1]
    alike = next((kind for kind in _KINDS if following in kind), "")
    markers = tuple((stem + char).encode() for char in sorted({*SAMPLE, *alike}) if char > following)
    markers = (shallowest + LAST, *markers)
    answers = probes(markers)
    # Of the markers in front of one key the last is the best: nothing lies between the others.
    last_before = {key: marker for marker, key in zip(markers, answers, strict=True) if key and _is_in(key, until)}
    return tuple(last_before.values())


def _shallowest(prefixes: tuple[bytes, ...], until: bytes | None, probes: Probes) -> bytes | None:
    """Return the shortest prefix with a key behind it; what lies behind one lies behind each longer one too."""
    some = prefixes[STRIDE - 1 :: STRIDE] if len(prefixes) > STRIDE else ()
    behind = probes(tuple(prefix + LAST for prefix in some))
    coarse = next((at for at, key in enumerate(behind) if _is_in(key, until)), len(some))
    fine = prefixes[coarse * STRIDE : (coarse + 1) * STRIDE]
    found = probes(tuple(prefix + LAST for prefix in fine))
    return next((prefix for prefix, key in zip(fine, found, strict=True) if _is_in(key, until)), None)


def _prefixes(taken: Range) -> tuple[bytes, ...]:
    """Return the cursor's prefixes, shortest first, as deep as the last page's keys are alike and one further."""
    try:
        first, last = taken.first.decode("utf-8"), taken.cursor.key.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    alike = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    deep = (last[: at + 1].encode() for at in range(min(alike + 1, len(last))))
    return tuple(prefix for prefix in deep if len(prefix) + len(LAST) <= LONGEST)


def _is_in(key: bytes | None, until: bytes | None) -> bool:
    return key is not None and (until is None or key <= until)
