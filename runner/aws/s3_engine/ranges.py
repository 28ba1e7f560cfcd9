"""The key space of a bucket, split into ranges that are listed side by side while the listing goes on.

One listing is a chain: no page can be asked for before the one in front of it has come. Ranges are chains of their own.
Nothing is known about the keys beforehand; an idle lister takes the range that has come furthest and looks where the
keys branch behind its cursor (``runner.aws.s3_engine.splitting``). Ranges always touch: whatever the boundaries, every
key is in exactly one of them.

S3 lists keys in the order of their UTF-8 bytes (Amazon S3 API reference, ListObjectVersions).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runner.aws.s3_engine.keys import decoded
from runner.aws.s3_engine.pages import Cursor, Page
from runner.model.children import Children

PATIENCE: Final = 4
"""Pages of a range before it is worth a look for boundaries, which takes some dozen small requests."""
SLOW: Final = 20
"""Milliseconds from which on waiting for a page is what takes the time; of several pages the quickest one counts, as a
page may also be late because this machine is busy."""


@dataclass(eq=False)
class Range:
    """Hold the keys after ``cursor`` up to ``until``, that key included; without ``until`` up to the end."""

    cursor: Cursor
    until: bytes | None = None
    within: bytes = b""
    """What its keys begin with, where that is more than the sweep's listing says."""
    first: bytes = b""
    """The first key of the last page."""
    pages: int = 0
    quickest_ms: int = sys.maxsize
    """How long the quickest of these pages took."""
    is_split: bool = False
    """Whether somebody looks for boundaries in it."""


class Ranges:
    """Hand out ranges to listers, and the fullest one to those who have none; shared by threads.

    One lister does until waiting for its pages is what takes the time; then ``help_wanted`` is called, once.
    """

    def __init__(
        self,
        stopped: Callable[[], bool],
        is_full: Callable[[], bool],
        help_wanted: Callable[[], None],
        begin: tuple[Range, ...] = (),
    ) -> None:
        self._stopped = stopped
        self._is_full = is_full
        self._help_wanted: Callable[[], None] | None = help_wanted
        self._waiting: list[Range] = [*reversed(begin)] or [Range(Cursor())]
        self._listed: list[Range] = []
        """The ranges that are being listed."""
        self._change = threading.Condition()

    def take(self) -> tuple[Range, bool] | None:
        """Return a range to list, or one to split (True); None when there is nothing left to list."""
        with self._change:
            while not self._stopped():
                if self._waiting:
                    taken = self._waiting.pop()
                    self._listed.append(taken)
                    return taken, False
                if not self._listed:
                    return None
                best = max(self._listed, key=lambda one: -1 if one.is_split else one.pages)
                if self._is_worth_a_look(best):
                    best.is_split = True
                    return best, True
                self._change.wait(0.1)
            return None

    def take_page(self, taken: Range, page: Page) -> tuple[Children, bool]:
        """Return the children of a page that are in its range, and whether to go on with the range.

        The range may have been cut while the page was on its way: what lies behind the cut is in another one.
        """
        with self._change:
            children = page.children
            taken.quickest_ms = min(taken.quickest_ms, page.duration_ms)
            until = taken.until
            goes_on = page.after is not None and (until is None or page.after.key <= until)
            if until is not None and not goes_on:
                children = Children.of(child for child in children if decoded(child[0]) <= until)
            if goes_on and page.after is not None:
                taken.first = decoded(page.children[0][0]) if page.children else taken.first
                taken.cursor = page.after
                taken.pages += 1
                if self._is_worth_a_look(taken):
                    self._call_for_help()
            else:
                self._listed.remove(taken)
                if not self._listed:
                    self._change.notify_all()
            return children, goes_on and not self._stopped()

    def cut(self, taken: Range, boundaries: tuple[bytes, ...]) -> None:
        """Cut a range at boundaries, which need not be keys; those that its listing has passed are left out."""
        with self._change:
            taken.is_split = False
            # Without a boundary it is not looked at again for as many pages as before.
            taken.pages, taken.quickest_ms = 0, sys.maxsize
            if taken not in self._listed:
                return
            ahead = sorted(
                {one for one in boundaries if taken.cursor.key < one and (taken.until is None or one < taken.until)}
            )
            for low, high in zip(ahead, [*ahead[1:], taken.until], strict=False):
                self._waiting.append(Range(Cursor(low), high))
            if ahead:
                taken.until = ahead[0]
                self._change.notify_all()

    def _is_worth_a_look(self, one: Range) -> bool:
        return not one.is_split and one.pages >= PATIENCE and one.quickest_ms >= SLOW and not self._is_full()

    def _call_for_help(self) -> None:
        """Wake an idle lister; the first time, there is none yet."""
        help_wanted, self._help_wanted = self._help_wanted, None
        if help_wanted is None:
            self._change.notify()
        else:
            help_wanted()
