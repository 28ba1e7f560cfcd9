"""Which steps of a plan have to end before another one may begin; all others may go on side by side. Pure.

A step waits for an earlier one when

1. it needs it, or lets time pass after it;
2. both touch the same thing, or one touches what stands inside the other's: a bucket is emptied before it is deleted,
   whether or not anybody said so;
3. one of them dies with the other.

What blocks a target is among the first: a plan is refused while the step that takes it away is not in ``needs``.
"""

from __future__ import annotations

from runner.model.bound import writes_of
from runner.model.plan import PlannedStep


def order(steps: tuple[PlannedStep, ...]) -> tuple[frozenset[int], ...]:
    """Return the places of the earlier steps that each step waits for, in the steps' order."""
    touched = tuple(_touched(step) for step in steps)
    return tuple(
        frozenset(
            before for before in range(place) if _named(steps[before], step) or _meet(touched[before], touched[place])
        )
        for place, step in enumerate(steps)
    )


def _named(before: PlannedStep, step: PlannedStep) -> bool:
    return before.id in step.needs or (step.wait is not None and step.wait.after == before.id)


def _touched(step: PlannedStep) -> frozenset[str]:
    """Return all that a step's writes name, and all that dies with its target; a wildcard names no thing."""
    named = (arn for call in writes_of(step.calls) for arn in call.resources)
    dying = (arn for cascade in step.cascade for arn in cascade.members)
    return frozenset(arn for arn in (step.target, *named, *dying) if "*" not in arn)


def _meet(some: frozenset[str], others: frozenset[str]) -> bool:
    return any(one == other or _inside(one, other) or _inside(other, one) for one in some for other in others)


def _inside(arn: str, of: str) -> bool:
    return arn.startswith((f"{of}/", f"{of}:"))
