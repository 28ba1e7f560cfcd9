"""A plan as a page: what dies in one glance, what refuses it, and the evidence of each step behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.cli.output import plural
from runner.cli.pages.render import render
from runner.cli.plan_origin import approvals, floor
from runner.cli.plan_words import (
    ACCEPTED,
    NOT_SIMULATED,
    NOTE,
    REFUSED,
    Group,
    actions,
    bystanders,
    cascades,
    contents,
    findings,
    grouped,
    holds,
    irreversible,
    protection,
    undo,
    verdicts,
)
from runner.guard.confirmation import phrase
from runner.model.action import Recovery
from runner.model.bound import BoundCall, BoundSweep, PlannedCall
from runner.model.plan import Plan, PlannedStep
from runner.model.playbook import Source
from runner.model.sealed import SealedPlan
from runner.model.target_state import Exists, Missing, NotSeen
from runner.model.verdict import Protection

_OPEN = 4
"""Calls of a step up to which its list stands open."""


@dataclass(frozen=True)
class Line:
    """Hold one line of the summary."""

    words: str
    style: str = ""


@dataclass(frozen=True)
class CallRow:
    """Hold one planned call in words."""

    api: str
    effect: str
    resources: str


@dataclass(frozen=True)
class FactRow:
    """Hold one fact: its digest, and what was read where that is at hand."""

    name: str
    digest: str
    data: str


@dataclass(frozen=True)
class StepRow:
    """Hold one step in words."""

    number: int
    step: PlannedStep
    sealed: SealedPlan | None = None

    @property
    def holds(self) -> str:
        """What the target holds, or why there is nothing to do."""
        return holds(self.step)

    @property
    def cascades(self) -> tuple[str, ...]:
        """What dies with it."""
        return cascades(self.step)

    @property
    def undo(self) -> str:
        """Whether and how it can be undone."""
        return undo(self.step, self.sealed)

    @property
    def undo_style(self) -> str:
        """How that is shown."""
        return "bad" if self.step.recovery is Recovery.NONE else ""

    @property
    def refused(self) -> bool:
        """Whether a finding refuses the step."""
        return any(finding.blocks for finding in self.step.findings)

    @property
    def verdict(self) -> tuple[str, ...]:
        """The verdict in words."""
        return protection(self.step)

    @property
    def verdict_style(self) -> str:
        """How the verdict is shown."""
        if self.step.verdict is None:
            return "soft"
        return "good" if self.step.verdict.protection is Protection.PROTECTED else "bad"

    @property
    def state(self) -> str:
        """What was found."""
        match self.step.state:
            case Exists(pin):
                return f"there; the trait that tells it from a later one: {pin}"
            case Missing(why):
                return f"nothing to do: {why}"
            case NotSeen(why):
                return f"not readable: {why}"

    @property
    def calls(self) -> tuple[CallRow, ...]:
        """Every planned call."""
        return tuple(row for call in self.step.calls for row in _calls(call))

    @property
    def few(self) -> bool:
        """Whether the calls are few enough to stand open."""
        return len(self.calls) <= _OPEN

    @property
    def facts(self) -> tuple[FactRow, ...]:
        """Every fact, by name."""
        held = self.step.evidence
        return tuple(
            FactRow(name, digest, _pretty(held[name]) if name in held else "")
            for name, digest in sorted(self.step.facts.items())
        )


@dataclass(frozen=True)
class PlanPage:
    """Hold what the template of a plan shows."""

    plan: Plan
    sealed: SealedPlan | None = None

    @property
    def summary(self) -> tuple[Line, ...]:
        """What the plan comes to."""
        return tuple(_summary(self.plan))

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Where the plan comes from and under which rules it stands."""
        return tuple(pair for pair in _facts(self.plan, self.sealed) if pair[1])

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """The steps."""
        return tuple(StepRow(number, step, self.sealed) for number, step in enumerate(self.plan.steps, start=1))

    @property
    def refused(self) -> tuple[Group, ...]:
        """What refuses it."""
        return grouped(findings(self.plan, REFUSED))

    @property
    def accepted(self) -> tuple[Group, ...]:
        """What could not be decided and was accepted."""
        return grouped(findings(self.plan, ACCEPTED))

    @property
    def notes(self) -> tuple[Group, ...]:
        """What a reader should notice."""
        return grouped(findings(self.plan, NOTE))

    @property
    def irreversible(self) -> tuple[Group, ...]:
        """The reviewers' reasons."""
        return grouped(irreversible(self.plan))

    @property
    def verdicts(self) -> tuple[Group, ...]:
        """Why the verdicts are what they are."""
        return grouped(verdicts(self.plan))

    @property
    def not_simulated(self) -> str:
        """What no simulation covers."""
        return NOT_SIMULATED


def plan_page(plan: Plan, sealed: SealedPlan | None = None) -> str:
    """Return a plan as an HTML page, with what makes it one of its kind when it is sealed."""
    return render("plan.html", page=PlanPage(plan, sealed))


def _summary(plan: Plan) -> Iterator[Line]:
    if plan.blocking:
        yield Line(f"Refused: {plural(len(plan.blocking), 'finding')}. Nothing can be done with this plan.", "bad")
        return
    if not plan.acting:
        yield Line("Nothing to do: every target is already gone.", "good")
        return
    named = ", ".join(f"{count:,} {name}" for name, count in actions(plan))
    where = plan.place if plan.sections else f"account {plan.place}"
    yield Line(f"{plural(len(plan.acting), 'step')} in {where}: {named}.")
    if counted := contents(plan.acting):
        yield Line(f"With the targets: {counted}.")
    if others := bystanders(plan):
        yield Line(f"{others} die too.", "bad")
    if lost := sum(step.recovery is Recovery.NONE for step in plan.acting):
        yield Line(f"{plural(lost, 'step')} cannot be undone.", "bad")


def _facts(plan: Plan, sealed: SealedPlan | None) -> Iterator[tuple[str, str]]:
    yield "why", plan.description
    if plan.sections:
        yield "accounts", "; ".join(f"{section.place} as {section.role_arn}" for section in plan.sections)
    else:
        yield "account", f"{plan.place}, region {plan.region}"
        yield "role", plan.role_arn
    yield "owner", plan.owner
    yield "ticket", plan.ticket
    yield "playbook", _origin(plan.source)
    yield "guardrails", floor(plan)
    yield "approvals", approvals(plan)
    yield "digest", plan.digest
    if sealed is not None:
        until = "" if sealed.expires is None else f", good until {sealed.expires:%Y-%m-%d %H:%M} UTC"
        yield "sealed", f"{sealed.created:%Y-%m-%d %H:%M} UTC by runner {sealed.runner}{until}"
        yield "seal", sealed.seal
    if plan.acting and not plan.blocking:
        yield "to confirm", phrase(plan)


def _origin(source: Source) -> str:
    told = f"{source.path}, sha256 {source.sha256}"
    if not source.commit:
        return f"{told}, not in git"
    return f"{told}, commit {source.commit} ({'with uncommitted changes' if source.dirty else 'clean'})"


def _calls(call: PlannedCall) -> Iterator[CallRow]:
    match call:
        case BoundCall():
            yield CallRow(call.api, call.effect.value, ", ".join(call.resources))
        case BoundSweep():
            for one in call.writes:
                yield CallRow(one.api, f"delete {call.children}", ", ".join(one.resources))


def _pretty(data: object) -> str:
    held = next(iter(data.values())) if isinstance(data, Mapping) and len(data) == 1 else data
    return json.dumps(held, indent=2, ensure_ascii=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
