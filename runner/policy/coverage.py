"""How much of a resource does a statement reach? A sweep asks about ``bucket/*``, and policies may treat parts apart.

AWS simulates one resource name, not a set of them. When the name ends in ``/*``, an answer holds for every object only
if the statement behind it reaches every object.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from runner.policy.document import Element
from runner.policy.wildcard import covers, overlaps, tokens


class Coverage(Enum):
    """Say how much of the resources in question an element reaches; SOME includes "not certain"."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def coverage(element: Element, resource: str) -> Coverage:
    """Return how much of ``resource`` the element reaches: one ARN, or all below one that ends in ``/*``."""
    reached = {reach(value, resource) for value in element.values}
    if Coverage.ALL in reached:
        return Coverage.NONE if element.negated else Coverage.ALL
    if Coverage.SOME in reached:
        return Coverage.SOME
    return Coverage.ALL if element.negated else Coverage.NONE


@lru_cache(maxsize=4096)
def reach(pattern: str, resource: str) -> Coverage:
    """Return how much of ``resource`` a pattern reaches: one ARN, or all below one that ends in ``/*``."""
    if "${" in pattern:
        return Coverage.SOME
    reached, asked = tokens(pattern), tokens(resource)
    if covers(reached, asked):
        return Coverage.ALL
    return Coverage.SOME if overlaps(reached, asked) else Coverage.NONE
