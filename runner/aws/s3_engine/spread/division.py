"""Cut the keys of a sweep into ranges for several machines. Pure, but for the pages and probes, which are handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from runner.aws.s3_engine.keys import decoded
from runner.aws.s3_engine.pages import Cursor, Page
from runner.aws.s3_engine.ranges import Range
from runner.aws.s3_engine.splitting import Probes, boundaries

LOOKS: Final = 3
"""Pages of a range that are looked at: where the first one's keys differ early, a later one's are alike for longer."""


def divide(whole: Range, wanted: int, page_of: Callable[[Cursor], Page], probes: Probes) -> tuple[Range, ...]:
    """Return ranges that touch and together are the whole; about as many as are wanted, fewer where keys are few.

    Each is looked into once, the ones that came first first: what cannot be cut stays as it is.
    """
    waiting, done = deque([whole]), list[Range]()
    while waiting and len(waiting) + len(done) < wanted:
        taken = waiting.popleft()
        cuts = _cuts(taken, page_of, probes)
        if cuts:
            lows = (taken.cursor, *map(Cursor, cuts))
            waiting.extend(Range(low, high) for low, high in zip(lows, (*cuts, taken.until), strict=True))
        else:
            done.append(taken)
    return (*done, *waiting)


def _cuts(taken: Range, page_of: Callable[[Cursor], Page], probes: Probes) -> tuple[bytes, ...]:
    """Return where to cut a range, behind one of its first pages."""
    cursor = taken.cursor
    for _ in range(LOOKS):
        page = page_of(cursor)
        if page.after is None or not page.children or (taken.until is not None and page.after.key > taken.until):
            return ()
        looked = replace(taken, cursor=page.after, first=decoded(page.children[0][0]))
        found = {one for one in boundaries(looked, probes) if page.after.key < one}
        cuts = tuple(sorted(one for one in found if taken.until is None or one < taken.until))
        if cuts:
            return cuts
        cursor = page.after
    return ()
