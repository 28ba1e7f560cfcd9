"""What a plan comes to, reckoned once for every form in which it is read. Nothing here is escaped or marked up."""

from __future__ import annotations

from dataclasses import dataclass

from runner.cli.output import plural, size
from runner.model.action import Recovery
from runner.model.plan import Plan


@dataclass(frozen=True)
class PlanSummary:
    """Hold what a plan comes to; all but ``refusals`` is told of the steps that act."""

    refusals: int
    """How many findings refuse the plan; with one, nothing of the rest will be done."""
    steps: int
    """How many steps act; with none, every target is already gone."""
    lost: int
    """How many of them cannot be undone."""
    actions: tuple[tuple[str, int], ...]
    """How many steps there are of each action, in the plan's order."""
    contents: str
    """How much is deleted besides the targets, in all; empty when nothing was counted."""
    bystanders: str
    """How many things die that no step names; empty when there is none."""


def summary_of(plan: Plan) -> PlanSummary:
    """Return what a plan comes to."""
    return PlanSummary(
        refusals=len(plan.blocking),
        steps=len(plan.acting),
        lost=sum(step.recovery is Recovery.NONE for step in plan.acting),
        actions=_actions(plan),
        contents=_contents(plan),
        bystanders=_bystanders(plan),
    )


def _actions(plan: Plan) -> tuple[tuple[str, int], ...]:
    names = [step.action for step in plan.acting]
    return tuple((name, names.count(name)) for name in dict.fromkeys(names))


def _contents(plan: Plan) -> str:
    censuses = [step.census for step in plan.acting if step.census is not None]
    if not censuses:
        return ""
    at_least = "" if all(census.complete for census in censuses) else "at least "
    children, total = sum(census.children for census in censuses), sum(census.size for census in censuses)
    return f"{at_least}{plural(children, 'object')}, {size(total)}"


def _bystanders(plan: Plan) -> str:
    listed = [cascade for step in plan.acting for cascade in step.cascade]
    count = sum(len(cascade.members) for cascade in listed)
    at_least = "" if all(cascade.complete for cascade in listed) else "at least "
    return f"{at_least}{plural(count, 'resource')} that no step names" if count or at_least else ""
