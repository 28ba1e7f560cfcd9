"""A run as a page: how it ended, by whom and by whose approval, every call with AWS's request id, and its plan."""

from __future__ import annotations

from dataclasses import dataclass

from runner.audit.record import (
    ApprovalAccepted,
    ApprovalsNeeded,
    GlassBroken,
    MfaSession,
    Proof,
    StepClosed,
    UnknownAccepted,
)
from runner.audit.run_summary import RunSummary
from runner.audit.timeline import Entry
from runner.cli.pages.plan_rows import StepRow
from runner.cli.pages.render import render
from runner.model.outcome import DONE
from runner.model.plan import Plan

_PEOPLE = frozenset({ApprovalAccepted.type, ApprovalsNeeded.type, MfaSession.type, Proof.type})
_LOUD = frozenset({GlassBroken.type, UnknownAccepted.type})


@dataclass(frozen=True)
class RunPage:
    """Hold what the template of a run shows; ``plan`` is None when the log keeps none."""

    run: RunSummary
    entries: tuple[Entry, ...]
    plan: Plan | None

    @property
    def style(self) -> str:
        """How the run's end is shown."""
        return style_of(self.run)

    @property
    def ended(self) -> str:
        """How the run ended, in words."""
        return self.run.status if self.run.exit_code is None else f"{self.run.status} (exit {self.run.exit_code})"

    @property
    def counts(self) -> str:
        """How many steps ended in each state."""
        return counts_of(self.run)

    @property
    def results(self) -> tuple[Entry, ...]:
        """The ends of the steps."""
        return tuple(entry for entry in self.entries if entry.type == StepClosed.type)

    @property
    def people(self) -> tuple[Entry, ...]:
        """Who acted and who approved it."""
        return tuple(entry for entry in self.entries if entry.type in _PEOPLE)

    @property
    def loud(self) -> tuple[Entry, ...]:
        """What somebody let through: broken glass, and what could not be decided."""
        return tuple(entry for entry in self.entries if entry.type in _LOUD)

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """The steps of the plan."""
        steps = () if self.plan is None else self.plan.steps
        return tuple(StepRow(number, step) for number, step in enumerate(steps, start=1))

    def style_of(self, entry: Entry) -> str:
        """Return how a step's end is shown."""
        return "good" if entry.result.startswith(tuple(DONE)) else "bad"


def run_page(run: RunSummary, entries: tuple[Entry, ...], plan: Plan | None) -> str:
    """Return a run as an HTML page."""
    return render("run.html", page=RunPage(run, entries, plan))


def counts_of(run: RunSummary) -> str:
    """Return how many of a run's steps ended in each state, in words."""
    return ", ".join(f"{count:,} {name}" for name, count in run.counts.items())


def style_of(run: RunSummary) -> str:
    """Return how a run's end is shown."""
    return "good" if run.ended_well else "bad"
