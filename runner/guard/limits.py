"""Blast-radius limits: counted over the whole plan, before anything is touched."""

from __future__ import annotations

from runner.model.plan import Finding, PlannedStep
from runner.model.playbook import Limits


def limit_findings(limits: Limits, steps: tuple[PlannedStep, ...]) -> tuple[Finding, ...]:
    """Return a finding for each limit that the plan exceeds."""
    objects = sum(step.census.children for step in steps if step.census is not None)
    size = sum(step.census.size for step in steps if step.census is not None)
    measured = (
        ("steps", len(steps), limits.steps),
        ("objects", objects, limits.objects),
        ("bytes", size, limits.size),
    )
    at_least = "" if all(step.census is None or step.census.complete for step in steps) else "at least "
    return tuple(
        Finding(
            f"limit_{name}",
            f"the plan has {at_least}{count:,} {name}, the limit is {limit:,}",
            hint=f"if the reviewers agree to that many, raise limits.{name} in the playbook",
        )
        for name, count, limit in measured
        if count > limit
    )
