"""List a sweep's children over ranges, from several threads at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from runner.aws.s3_engine.keys import decoded
from runner.aws.s3_engine.pages import Cursor, Layout, Page, UnreadablePage, read_page
from runner.aws.s3_engine.ranges import Range, Ranges
from runner.aws.s3_engine.requests import PAGE, list_request
from runner.aws.s3_engine.splitting import boundaries
from runner.aws.s3_engine.wire import Wire
from runner.errors import AwsAnswer, AwsCallFailed
from runner.model.bound import BoundCall
from runner.model.bulk import Sessions
from runner.model.children import Children

LISTERS: Final = 16
"""Ranges that are listed side by side; 32 made nothing faster where it was measured."""
ATTEMPTS: Final = 6
"""How often a page is asked for; a read may be repeated as one likes."""
BACKOFF: Final = 0.1
"""Seconds before the second attempt; doubled for each further one."""

Found = Callable[[Children, Page], None]
"""Take the children of a page that are in its range; called from several threads."""


class Lister:
    """Ask for pages, again where that helps."""

    def __init__(self, wire: Wire, sessions: Sessions, call: BoundCall, layout: Layout, *, measured: bool) -> None:
        self._wire = wire
        self._sessions = sessions
        self._call = call
        self._layout = layout
        self._measured = measured

    def page(self, cursor: Cursor, within: bytes = b"") -> Page:
        """Return the page after a cursor, of keys that begin with what is given.

        Raises:
            AwsCallFailed: when the last attempt failed.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._attempt(cursor, PAGE, within)
            except AwsCallFailed as error:
                if not (error.retriable or error.in_doubt):
                    raise
                time.sleep(BACKOFF * 2 ** (attempt - 1))
        return self._attempt(cursor, PAGE, within)

    def first_key(self, marker: bytes) -> bytes | None:
        """Return the first key behind a marker; None when there is none, or when that cannot be found out."""
        try:
            page = self._attempt(Cursor(marker), 1)
        except AwsCallFailed:
            return None  # the range stays in one piece
        return min((decoded(key) for key, _ in page.children), default=None)

    def _attempt(self, cursor: Cursor, most: int, within: bytes = b"") -> Page:
        request = list_request(self._wire.place, self._call, self._layout, cursor, most, within)
        answer = self._wire.send(request, self._sessions.session_for(self._call))
        try:
            page = read_page(answer.content, self._layout, measured=self._measured)
        except UnreadablePage as error:
            said = AwsAnswer(self._call.api, "<AnswerUnreadable>", str(error), answer.reply.request_id, 200)
            raise AwsCallFailed(said, on=self._call.resources[0], in_doubt=True) from error
        if page.after is not None and (page.after.key, page.after.id) == (cursor.key, cursor.id):
            said = AwsAnswer(self._call.api, "<TruncatedListing>", "the listing goes on where it began")
            raise AwsCallFailed(said, on=self._call.resources[0])
        return replace(page, duration_ms=answer.reply.duration_ms)


def list_all(lister: Lister, ranges: Ranges, found: Found) -> None:
    """List until there is nothing left to list (the body of one lister's thread).

    Raises:
        AwsCallFailed: when a page cannot be had.
    """
    while (work := ranges.take()) is not None:
        taken, is_for_splitting = work
        if is_for_splitting:
            _split(lister, ranges, taken)
            continue
        goes_on = True
        while goes_on:
            page = lister.page(taken.cursor, taken.within)
            children, goes_on = ranges.take_page(taken, page)
            found(children, page)


def _split(lister: Lister, ranges: Ranges, taken: Range) -> None:
    found: tuple[bytes, ...] = ()
    try:
        with ThreadPoolExecutor(LISTERS) as pool:
            found = boundaries(taken, lambda markers: tuple(_together(pool, lister, markers)))
    finally:
        ranges.cut(taken, found)


def _together(pool: ThreadPoolExecutor, lister: Lister, markers: tuple[bytes, ...]) -> Iterable[bytes | None]:
    return pool.map(lister.first_key, markers)
