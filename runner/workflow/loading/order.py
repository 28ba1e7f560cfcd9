"""The order of steps: what a step needs comes before it, and what needs itself in a circle has no order.

Pure functions on ids. ``needs`` maps each id, in the order written, to the ids it needs; every id named there is a key.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import TypeAlias

Needs: TypeAlias = Mapping[str, tuple[str, ...]]


def in_order(needs: Needs) -> tuple[str, ...]:
    """Return the ids so that each comes after all it needs; of those that may come next, the first written does.

    Ids on a cycle, and ids that need one of them, are left out: ask `cycles` first.
    """
    place = {name: number for number, name in enumerate(needs)}
    waiting = {name: len(set(wanted)) for name, wanted in needs.items()}
    needed_by: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for other in set(wanted):
            needed_by[other].append(name)
    ready = [place[name] for name, count in waiting.items() if count == 0]
    names = tuple(needs)
    done: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        done.append(name)
        for other in needed_by[name]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, place[other])
    return tuple(done)


def cycles(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """Return cycles that keep the ids from having an order, each as ``a, b, a``: a needs b, b needs a.

    There is at least one when ids have no order. Cycles that share a step may show one after the other is resolved.
    """
    done = frozenset(in_order(needs))
    seen: set[str] = set(done)
    found: list[tuple[str, ...]] = []
    for start in needs:
        path: list[str] = []
        name = start
        while name not in seen:
            seen.add(name)
            path.append(name)
            # An id without an order needs at least one other without an order.
            name = next(other for other in needs[name] if other not in done)
        if name in path:
            found.append(_from_first(path[path.index(name) :], needs))
    return tuple(found)


def _from_first(cycle: list[str], needs: Needs) -> tuple[str, ...]:
    """Return a cycle turned so that it begins and ends at the id written first."""
    place = {name: number for number, name in enumerate(needs)}
    begin = min(range(len(cycle)), key=lambda at: place[cycle[at]])
    turned = cycle[begin:] + cycle[:begin]
    return (*turned, turned[0])
