"""Nothing but children that are named, or whose keys are: looked for where they are.

Each key that a plan names is listed by itself: nothing is known about what lies between two of them. A batch of an
earlier run holds children as a listing gave them, so that its first and last key bound the range in which they lie.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from runner.aws.s3_engine.keys import LONGEST, decoded
from runner.aws.s3_engine.pages import VERSIONS, Cursor, Layout
from runner.aws.s3_engine.ranges import Range
from runner.model.bound import BoundSweep
from runner.model.children import Child, Children
from runner.model.key_span import KeySpan

_LAST: Final = "\U0010ffff"
"""Comes after every character in the order of UTF-8."""
_AFTER_SURROGATES: Final = 0xE000


def parts(sweep: BoundSweep) -> tuple[Range, ...]:
    """Return the ranges that a sweep is listed in at first: one of all, or one for each key that the plan names."""
    span = sweep.each.keys
    if span is None or not span.named:
        return (Range(Cursor()),)
    keys = sorted({key.encode("utf-8") for key, _ in span.named})
    if sweep.batch is None:  # unfinished uploads are few: one listing for all keys
        return (Range(Cursor(), keys[-1]),)
    # Of the keys that begin with one key, that key is the first.
    return tuple(Range(Cursor(), key, key) for key in keys)


def named(children: Children, span: KeySpan | None, layout: Layout) -> Children:
    """Return the children whose keys, and versions where it says so, the plan names."""
    if span is None or not span.named:
        return children
    has_versions = layout is VERSIONS
    return Children.of(
        (key, id_)
        for key, id_ in children
        if span.holds(decoded(key).decode("utf-8", "surrogateescape"), id_.decode("ascii") if has_versions else "")
    )


class Chosen:
    """Hold the children that are wanted; shared by threads."""

    def __init__(self, batches: Iterable[tuple[Child, ...]]) -> None:
        self._left = set[Child]()
        ranges = []
        for batch in batches:
            self._left.update(batch)
            keys = [decoded(key) for key, _ in batch]
            ranges.append(Range(Cursor(before(min(keys))), max(keys)))
        self.ranges = tuple(ranges)
        self._lock = threading.Lock()

    def among(self, children: Children) -> Children:
        """Return those that are wanted and were not returned before; ranges may overlap."""
        with self._lock:
            found = [child for child in children if child in self._left]
            self._left.difference_update(found)
        return Children.of(found)


def before(key: bytes) -> bytes:
    """Return a marker that comes before a key, as close to it as a marker of S3's length can be."""
    try:
        text = key.decode("utf-8")
    except UnicodeDecodeError:
        return b""
    stem, code = text[:-1], ord(text[-1]) - 1
    if code < 0:
        return stem.encode()
    # There are no characters where UTF-16 has its surrogates.
    previous = chr(code if code + 1 != _AFTER_SURROGATES else 0xD7FF)
    marker = (stem + previous + _LAST).encode()
    return marker if len(marker) <= LONGEST else stem.encode()
