"""Count what a step's sweeps will delete, before anything is deleted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import jmespath

from runner.model.call import BoundSweep
from runner.model.canonical import Json
from runner.model.event import Counting
from runner.model.plan import Census
from runner.model.ports import Reply, Sender, Watcher

_FIELD = re.compile(r"\w+")
"""The first in an expression is the field that children stand in."""


def children_of(page: Reply, call: BoundSweep) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each child on a page of a sweep's listing, with the name of the field it stood in."""
    for items in call.items:
        listed = jmespath.search(items, page.data)
        kind = "".join(_FIELD.findall(items)[:1])
        for child in listed if isinstance(listed, list | tuple) else ():
            if isinstance(child, Mapping):
                yield kind, child


def count_children(
    sender: Sender, step: str, sweeps: tuple[BoundSweep, ...], *, at_most: int, watcher: Watcher
) -> Census:
    """List everything the sweeps would delete; counting stops on the page where ``at_most`` is exceeded.

    Raises:
        AwsCallFailed: when a listing fails; a listing that fails is never a shorter list.
    """
    kinds: Counter[str] = Counter()
    size = 0
    for sweep in sweeps:
        for page in sender.pages(sweep.list):
            for kind, child in children_of(page, sweep):
                kinds[kind] += 1
                size += _size(child.get(sweep.size_field, 0))
            watcher.see(Counting(step, kinds.total()))
            if kinds.total() > at_most:
                return Census(kinds.total(), size, dict(sorted(kinds.items())), complete=False)
    return Census(kinds.total(), size, dict(sorted(kinds.items())))


def _size(value: Json) -> int:
    return value if isinstance(value, int) else 0
