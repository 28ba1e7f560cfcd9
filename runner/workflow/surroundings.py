"""Step 10 of apply, per step: what a target belongs to, what protects it, and what dies with it."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import AwsCallFailed
from runner.guard.floor import Rules
from runner.guard.ownership import OVERRIDE, Target, ownership_findings
from runner.guard.protect import Touched, protect_findings
from runner.guard.tags import tags_of
from runner.model.plan import Cascade, Finding, PlannedStep
from runner.model.ports import Crew, Sender
from runner.workflow.binding import BoundStep
from runner.workflow.cascade import list_cascade, staying, without
from runner.workflow.reading import Observed


def surroundings(
    rules: Rules,
    bound: tuple[BoundStep, ...],
    resolved: tuple[tuple[PlannedStep, Observed], ...],
    sender: Sender,
    crew: Crew,
) -> tuple[tuple[PlannedStep, Observed], ...]:
    """Return the steps with what dies with each target, and a finding for all that protects or owns one of them."""
    acting = [one.target if step.acts else None for one, (step, _) in zip(bound, resolved, strict=True)]

    def look(index: int) -> tuple[PlannedStep, Observed]:
        one, (step, observed) = bound[index], resolved[index]
        if not step.acts:
            return step, observed
        named = frozenset(target for target in acting[:index] if target is not None) | staying(one, observed.facts)
        cascade, unlisted = _cascade(rules, one, sender, named)
        findings = (*step.findings, *unlisted, *_judged(rules, one, observed, cascade))
        return replace(step, cascade=cascade, findings=findings), observed

    return crew.map(look, range(len(bound)))


def _cascade(
    rules: Rules, one: BoundStep, sender: Sender, named: frozenset[str]
) -> tuple[tuple[Cascade, ...], tuple[Finding, ...]]:
    """Return what dies with the target, without what an earlier step of the plan deletes by name."""
    at_most = rules.limits.cascade + len(named)
    try:
        return without(list_cascade(sender, one.cascade, at_most=at_most), named), ()
    except AwsCallFailed as error:
        message = f"what dies with it could not be listed: {error.answer.code}"
        hint = error.hint or "grant the role this listing"
        return (), (Finding("cascade_is_listed", message, hint, said=error.answer.message),)


def _judged(rules: Rules, one: BoundStep, observed: Observed, cascade: tuple[Cascade, ...]) -> tuple[Finding, ...]:
    tags = tags_of(observed.facts)
    touched = Touched(
        target=one.target,
        resources=tuple(resource for write in one.writes for resource in write.resources),
        tags=tags,
        cascade=tuple(member for part in cascade for member in part.members),
    )
    target = Target(one.target, tuple(one.step.target.values()), tags)
    return (
        *protect_findings(rules.protect, touched),
        *ownership_findings(target, rules.guardrails, one.step.override.get(OVERRIDE)),
    )
