"""The way in: count or delete the contents of a bucket (port `runner.model.bulk.Bulk`).

Threads list ranges of keys, other threads delete what they find, and the thread that called waits and tells how it
goes. The first thing that goes wrong anywhere ends everything: what is in flight is finished and written down, nothing
more is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Final

from runner.aws.clients import Client, client
from runner.aws.s3_engine.chosen import Chosen, named, parts
from runner.aws.s3_engine.deleting import ChildrenRefused, Deleter
from runner.aws.s3_engine.keys import told
from runner.aws.s3_engine.listing import LISTERS, Lister, list_all
from runner.aws.s3_engine.pages import UPLOADS, VERSIONS, Page, count_some
from runner.aws.s3_engine.ranges import Range, Ranges
from runner.aws.s3_engine.team import Team
from runner.aws.s3_engine.window import MOST, Window
from runner.aws.s3_engine.wire import Wire
from runner.errors import AwsCallFailed, LogUnwritable
from runner.model.bound import BoundCall, BoundSweep
from runner.model.bulk import SOME, Counted, Errand, Pace, Sessions, Swept, merged
from runner.model.children import Children
from runner.model.ports import Clock
from runner.model.session import RoleSession

_LAYOUTS: Final = {"s3:ListObjectVersions": VERSIONS, "s3:ListMultipartUploads": UPLOADS}
_WRITES: Final = frozenset({"s3:DeleteObjects", "s3:DeleteObject", "s3:AbortMultipartUpload"})


class S3Engine:
    """List and delete the contents of buckets, many requests at once."""

    def __init__(self, clock: Clock, listers: int = LISTERS, deleters: int = MOST) -> None:
        self._clock = clock
        self._listers = listers
        self._deleters = deleters
        self._clients: dict[str, Client] = {}
        """By region: a plan counts many buckets, and making a client takes longer than asking for a page."""
        self._making = threading.Lock()

    def takes(self, sweep: BoundSweep) -> bool:
        """Return whether the sweep is one of all of a bucket's contents, or of all that a range of keys has.

        Pages are read without JMESPath here, so that a sweep which picks among versions is never taken.
        """
        layout = _LAYOUTS.get(sweep.list.api)
        if layout is None or not {call.api for call in sweep.writes} <= _WRITES:
            return False
        return {*sweep.items} == {f"{item}s" for item in layout.items}

    def count(self, sweep: BoundSweep, sessions: Sessions, at_most: int, paced: Callable[[Pace], None]) -> Counted:
        """Count what the sweep would delete; counting stops once there are more than ``at_most`` (port `Bulk`).

        Raises:
            AwsCallFailed: when a listing fails.
        """
        layout = _LAYOUTS[sweep.list.api]
        census, team = _Census(), Team()

        span = sweep.each.keys
        begin = parts(sweep)

        def found(children: Children, page: Page) -> None:
            children = named(children, span, layout)
            census.name(children)
            census.add(page.counted if len(children) == len(page.children) else count_some(page, layout, children))

        def listing() -> None:
            list_all(lister, ranges, found)

        def is_enough() -> bool:
            return team.is_over or census.total.children > at_most

        wire = self._wire(sessions.session_for(sweep.list), (sweep.list,))
        lister = Lister(wire, sessions, sweep.list, layout, measured=True)
        listers = team.hands(self._listers)
        ranges = Ranges(is_enough, lambda: False, lambda: listers.join(listing, self._listers), begin)
        listers.join(listing, len(begin))
        team.wait(lambda: paced(Pace(census.total.children)))
        if team.error is not None:
            raise team.error
        return replace(census.total, complete=census.total.children <= at_most)

    def delete(self, sweep: BoundSweep, errand: Errand) -> Swept:
        """Delete everything that one pass over the listing finds (port `Bulk`).

        Raises:
            AwsCallFailed: when a listing fails.
            CredentialsRefused: when a session cannot be renewed.
            LogUnwritable: when the journal cannot be written.
        """
        begin = Chosen(errand.only).ranges if errand.only else parts(sweep)
        return self.delete_ranges(sweep, errand, begin, self.wire(sweep, errand.sessions), Window())

    def delete_ranges(  # what several machines share is handed in
        self, sweep: BoundSweep, errand: Errand, begin: tuple[Range, ...], wire: Wire, window: Window
    ) -> Swept:
        """Delete what one pass over ranges of the listing finds; raises what `delete` raises.

        Whoever deletes side by side shares a window: S3 asks all of them to slow down.
        """
        team, within = Team(), Found(errand.at_most)
        layout = _LAYOUTS[sweep.list.api]
        own = replace(errand, stopped=lambda: team.is_over or errand.stopped())
        deleter = Deleter(wire, sweep, own, self._clock, window, team, self._deleters)
        lister = lister_of(sweep, wire, errand.sessions)
        listers = team.hands(self._listers, deleter.close)
        chosen = Chosen(errand.only) if errand.only else None
        ranges = Ranges(own.stopped, lambda: deleter.is_behind, lambda: listers.join(listing, self._listers), begin)

        def found(children: Children, _: Page) -> None:
            children = named(children, sweep.each.keys, layout)
            children = children if chosen is None else chosen.among(children)
            if within.takes(len(children)):
                deleter.put(children)
            else:
                team.stop()

        def listing() -> None:
            list_all(lister, ranges, found)

        listers.join(listing, len(begin))
        team.wait(lambda: errand.paced(Pace(deleter.deleted, window.in_flight, window.throttled)))
        # Where the log takes nothing new any more, it may still take how the batches ended.
        with suppress(LogUnwritable) if isinstance(team.error, LogUnwritable) else nullcontext():
            errand.book.settle()
        why = f"more {sweep.children} than the plan counted: somebody is still writing there" if within.over else ""
        if errand.stopped() and not why:
            why = "interrupted"
        return ended(team.error, Swept(within.count, deleter.doubtful, why))

    def wire(self, sweep: BoundSweep, sessions: Sessions) -> Wire:
        """Return a wire for all that a sweep sends, in whose session it is sent.

        Raises:
            CredentialsRefused: when the session cannot be renewed.
        """
        return self._wire(sessions.session_for(sweep.list), (sweep.list, *sweep.writes))

    def _wire(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Wire:
        region = allowed[0].region
        with self._making:
            if region not in self._clients:
                self._clients[region] = client("s3", region, session.credentials)
        return Wire(self._clients[region], allowed)


def lister_of(sweep: BoundSweep, wire: Wire, sessions: Sessions) -> Lister:
    """Return a lister that does no more with a page than name its children."""
    return Lister(wire, sessions, sweep.list, _LAYOUTS[sweep.list.api], measured=False)


class Found:
    """Count what listers find, up to what the plan counted; shared by threads."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._lock = threading.Lock()
        self.count = 0
        self.over = False

    def takes(self, count: int) -> bool:
        """Return whether so many more are within the plan; after the first time that they are not, none are."""
        with self._lock:
            self.over = self.over or self.count + count > self._at_most
            if not self.over:
                self.count += count
            return not self.over


class _Census:
    """Sum up counts; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.total = Counted()

    def name(self, children: Children) -> None:
        """Keep the keys of a few of the first children that are found."""
        with self._lock:
            if len(self.total.some) < SOME:
                named = dict.fromkeys((*self.total.some, *(told(key) for key, _ in children[:SOME])))
                self.total = replace(self.total, some=tuple(named)[:SOME])

    def add(self, counted: Counted) -> None:
        """Add what a page holds."""
        with self._lock:
            self.total = merged(self.total, counted)


def ended(error: BaseException | None, swept: Swept) -> Swept:
    """Return how a deletion ended.

    Raises:
        BaseException: what ended it, unless that is AWS's refusal of a deletion.
    """
    match error:
        case None:
            return swept
        case ChildrenRefused():
            return replace(swept, why=error.why, error=error.failure)
        case AwsCallFailed() if not error.answer.operation.startswith("s3:List"):
            return replace(swept, error=error)
        case _:
            raise error
