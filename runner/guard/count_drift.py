"""What a step's sweeps will delete, counted again: by how much that may differ from the plan. Pure.

The census that reviewers saw may be days old. It is taken again when a sealed plan is applied and right before each
step; a difference beyond ``limits.drift`` refuses. What another step of the plan deletes of the same target may be
missing without that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from runner.model.plan import Census, Plan, PlannedStep
from runner.model.playbook import Limits


@dataclass(frozen=True)
class Tolerance:
    """Say by how many children a count may differ, and whether other steps may have made it smaller."""

    most: int = 0
    may_shrink: bool = False


def tolerance_for(step: PlannedStep, steps: tuple[PlannedStep, ...], limits: Limits) -> Tolerance:
    """Return what is agreed to for a step among the steps of its account."""
    others = (one for one in steps if one.id != step.id and one.target == step.target)
    return Tolerance(limits.drift, may_shrink=any(one.census is not None for one in others))


def count_changes(planned: Census, found: Census, tolerance: Tolerance) -> tuple[str, ...]:
    """Return in words why a count is not what was planned; empty when it differs by no more than is agreed to.

    Where nothing may differ, a write after the census is a difference as well: as many objects need not be the same.
    """
    more, fewer = _more(planned, found), 0 if tolerance.may_shrink else _more(found, planned)
    if max(more, fewer) > tolerance.most:
        return (f"{difference(planned, found)}, and limits.drift is {tolerance.most:,}",)
    if not tolerance.most and found.newest > planned.newest:
        return (f"as many are there as were counted, but the newest was written later, at {found.newest}",)
    return ()


def difference(planned: Census, found: Census) -> str:
    """Return in words what was counted, and what is there now."""
    at_least = "" if found.complete else "at least "
    changed = ", ".join(_kinds(planned, found))
    bytes_ = found.size - planned.size
    told = f"{planned.children:,} were counted, and there are {at_least}{found.children:,} now"
    return f"{told} ({changed}; {bytes_:+,} bytes)" if changed else told


def as_sealed(sealed: Plan, found: Plan) -> tuple[Plan, tuple[tuple[str, str], ...]]:
    """Return a plan with the sealed one's counts where they differ by no more than is agreed to; and what differs."""
    before = {step.id: step for step in sealed.steps}
    limits = {section.account.id: section.limits for section in sealed.sections}
    told: list[tuple[str, str]] = []

    def settled(step: PlannedStep) -> PlannedStep:
        old = before.get(step.id)
        if old is None or old.census is None or step.census is None or old.census == step.census:
            return step
        most = limits.get(step.account, sealed.limits).drift
        if not most or not step.census.complete or count_changes(old.census, step.census, Tolerance(most)):
            return step
        told.append((step.id, difference(old.census, step.census)))
        return replace(step, census=old.census)

    steps = tuple(settled(step) for step in found.steps)
    return replace(found, steps=steps), tuple(told)


def _more(planned: Census, found: Census) -> int:
    """Return how many children there are more, kind by kind: a version that became a marker is one."""
    names = {*planned.kinds, *found.kinds}
    by_kind = sum(max(0, found.kinds.get(name, 0) - planned.kinds.get(name, 0)) for name in names)
    return max(by_kind, found.children - planned.children, 0)


def _kinds(planned: Census, found: Census) -> Iterator[str]:
    for name in sorted({*planned.kinds, *found.kinds}):
        change = found.kinds.get(name, 0) - planned.kinds.get(name, 0)
        if change:
            yield f"{name} {change:+,}"
