"""A plan as a page: what dies in one glance, what refuses it, and the evidence of each step behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runner.cli.cost_words import SOURCE, costs
from runner.cli.output import plural
from runner.cli.pages.plan_rows import StepRow
from runner.cli.pages.render import render
from runner.cli.plan_origin import approvals, floor
from runner.cli.plan_summary import summary_of
from runner.cli.plan_words import (
    ACCEPTED,
    NOT_SIMULATED,
    NOTE,
    REFUSED,
    Group,
    findings,
    grouped,
    irreversible,
    verdicts,
)
from runner.guard.confirmation import phrase
from runner.model.plan import Plan
from runner.model.playbook import Source
from runner.model.sealed import SealedPlan


@dataclass(frozen=True)
class Line:
    """Hold one line of the summary."""

    words: str
    style: str = ""


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
    def costs(self) -> tuple[Group, ...]:
        """What the ways to empty buckets cost."""
        return grouped(costs(self.plan))

    @property
    def priced(self) -> str:
        """What the costs rest on."""
        return SOURCE

    @property
    def not_simulated(self) -> str:
        """What no simulation covers."""
        return NOT_SIMULATED


def plan_page(plan: Plan, sealed: SealedPlan | None = None) -> str:
    """Return a plan as an HTML page, with what makes it one of its kind when it is sealed."""
    return render("plan.html", page=PlanPage(plan, sealed))


def _summary(plan: Plan) -> Iterator[Line]:
    summary = summary_of(plan)
    if summary.refusals:
        yield Line(f"Refused: {plural(summary.refusals, 'finding')}. Nothing can be done with this plan.", "bad")
        return
    if not summary.steps:
        yield Line("Nothing to do: every target is already gone.", "good")
        return
    named = ", ".join(f"{count:,} {name}" for name, count in summary.actions)
    where = plan.place if plan.sections else f"account {plan.place}"
    yield Line(f"{plural(summary.steps, 'step')} in {where}: {named}.")
    if summary.contents:
        yield Line(f"With the targets: {summary.contents}.")
    if summary.bystanders:
        yield Line(f"{summary.bystanders} die too.", "bad")
    if summary.lost:
        yield Line(f"{plural(summary.lost, 'step')} cannot be undone.", "bad")


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
