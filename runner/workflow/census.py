"""Count what a step's sweeps will delete, before anything is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from runner.model.bound import BoundSweep
from runner.model.bulk import SOME, Bulk, Counted, Pace, Sessions, merged
from runner.model.canonical import Json
from runner.model.event import Counting
from runner.model.plan import Census
from runner.model.ports import Reply, Sender, Watcher
from runner.workflow.listing import in_page

_FIELD = re.compile(r"\w+")
"""The first in an expression is the field that children stand in."""


def children_of(page: Reply, call: BoundSweep) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each child on a page of a sweep's listing, with the name of the field it stood in."""
    for items in call.items:
        kind = "".join(_FIELD.findall(items)[:1])
        for child in in_page(items, page):
            if isinstance(child, Mapping) and _is_meant(call, child):
                yield kind, child


def _is_meant(call: BoundSweep, child: Mapping[str, Json]) -> bool:
    span = call.each.keys
    return span is None or span.names(child)


@dataclass(frozen=True)
class Teller:
    """Hold what is counted with: a sender, and an engine with its sessions where there is one."""

    sender: Sender
    sessions: Sessions
    bulk: Bulk | None
    watcher: Watcher

    def count(self, step: str, sweeps: tuple[BoundSweep, ...], *, at_most: int) -> Census:
        """Return the census of everything the sweeps would delete, as `counted` does.

        Raises:
            AwsCallFailed: when a listing fails.
        """
        return _census(self.counted(step, sweeps, at_most=at_most))

    def counted(self, step: str, sweeps: tuple[BoundSweep, ...], *, at_most: int) -> Counted:
        """List everything the sweeps would delete; counting stops on the page where ``at_most`` is exceeded.

        Raises:
            AwsCallFailed: when a listing fails; a listing that fails is never a shorter list.
        """
        total = Counted()
        for sweep in sweeps:
            left = at_most - total.children
            if self.bulk is not None and self.bulk.takes(sweep):
                told = partial(self._tell, step, total.children)
                total = merged(total, self.bulk.count(sweep, self.sessions, left, told))
            else:
                total = self._by_pages(step, sweep, total, at_most)
            if total.children > at_most:
                return replace(total, complete=False)
        return replace(total, complete=True)

    def _by_pages(self, step: str, sweep: BoundSweep, total: Counted, at_most: int) -> Counted:
        for page in self.sender.pages(sweep.list):
            kinds: dict[str, int] = {}
            size = 0
            some: list[str] = []
            for kind, child in children_of(page, sweep):
                kinds[kind] = kinds.get(kind, 0) + 1
                size += _size(child.get(sweep.size_field, 0))
                if len(some) < SOME:
                    some.append(str(next(iter(child.values()), "")))
            total = merged(total, Counted(sum(kinds.values()), size, kinds, some=tuple(some)))
            self._tell(step, 0, Pace(total.children))
            if total.children > at_most:
                break
        return total

    def _tell(self, step: str, before: int, pace: Pace) -> None:
        self.watcher.see(Counting(step, before + pace.children))


def _census(total: Counted) -> Census:
    kinds = dict(sorted(total.kinds.items()))
    return Census(total.children, total.size, kinds, total.complete, dict(total.classes), total.newest)


def _size(value: Json) -> int:
    return value if isinstance(value, int) else 0
