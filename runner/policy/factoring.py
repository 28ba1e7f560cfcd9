"""Write grants down in few characters: groups whose pairs of action and resource are together exactly the grants.

Three ways are tried and the shortest is taken: resources that need the same actions, actions that are needed on the
same resources, and the greedy cover by the largest groups there are. None holds a pair that is not a grant; groups may
overlap, because allowing a pair twice allows nothing more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from runner.policy.grants import Grant, Group, grouped, short

_OVERHEAD = 110
"""About as many characters has a statement beside its actions and resources."""


def factored(grants: frozenset[Grant]) -> tuple[Group, ...]:
    """Return groups that are together exactly the grants, sorted, in the shortest way that was found."""
    ways = (grouped(grants), by_actions(grants), _cover(grants))
    return min(ways, key=lambda groups: sum(map(_cost, groups)))


def by_actions(grants: Iterable[Grant]) -> tuple[Group, ...]:
    """Group actions that are needed on the same resources: no action is in two groups."""
    turned = grouped((resource, action) for action, resource in grants)
    return tuple((actions, resources) for resources, actions in turned)


def _cost(group: Group) -> int:
    return _OVERHEAD + sum(map(_length, group))


@lru_cache(maxsize=4096)
def _length(values: tuple[str, ...]) -> int:
    return len(json.dumps(short(values), separators=(",", ":")))


def _cover(grants: frozenset[Grant]) -> tuple[Group, ...]:
    candidates = tuple((group, _pairs(group), _cost(group)) for group in _largest(grants))
    left, chosen = set(grants), list[Group]()
    while left:
        best, pairs, _ = max(candidates, key=lambda candidate: len(candidate[1] & left) / candidate[2])
        chosen.append(best)
        left -= pairs
    return tuple(sorted(_trimmed(chosen)))


def _largest(grants: frozenset[Grant]) -> tuple[Group, ...]:
    """Return for each resource, and for each action, the largest group with everything it needs, sorted."""
    actions_of, resources_of = _index(grants, key=1), _index(grants, key=0)
    found = {
        (actions, frozenset.intersection(*(resources_of[action] for action in actions)))
        for actions in actions_of.values()
    }
    found |= {
        (frozenset.intersection(*(actions_of[resource] for resource in resources)), resources)
        for resources in resources_of.values()
    }
    return tuple(sorted((tuple(sorted(actions)), tuple(sorted(resources))) for actions, resources in found))


def _index(grants: frozenset[Grant], *, key: int) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for grant in grants:
        found.setdefault(grant[key], set()).add(grant[1 - key])
    return {name: frozenset(others) for name, others in found.items()}


def _trimmed(chosen: list[Group]) -> list[Group]:
    """Return the groups without actions and resources whose every pair another group has."""
    kept: list[Group] = list(chosen)
    held = Counter(pair for group in chosen for pair in _pairs(group))
    for place, (actions, resources) in enumerate(chosen):
        needed = {pair for pair in _pairs((actions, resources)) if held[pair] == 1}
        own = tuple(action for action in actions if any((action, name) in needed for name in resources))
        names = tuple(name for name in resources if any((action, name) in needed for action in own))
        held.subtract(_pairs((actions, resources)))
        held.update(_pairs((own, names)))
        kept[place] = (own, names)
    return [(actions, resources) for actions, resources in kept if actions]


def _pairs(group: Group) -> frozenset[Grant]:
    actions, resources = group
    return frozenset((action, resource) for action in actions for resource in resources)
