"""What is different from a plan that was sealed before: only that, in the three forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rich.console import Console, Group
from rich.table import Table

from runner.cli.markdown_text import code, prose, row
from runner.cli.output import plural, text
from runner.cli.plan_view import fields
from runner.cli.plan_words import grouped
from runner.guard.differences import Difference
from runner.guard.drift import Change, plan_changes
from runner.model.canonical import Json
from runner.model.plan import Plan, PlannedStep
from runner.model.sealed import SealedPlan, moment

LONGEST = 60_000
"""Bytes of the table; with the lines around it a comment stays below GitHub's 65,536 characters."""


@dataclass(frozen=True)
class Changes:
    """Hold an older sealed plan, the plan as it is now, and everything in which they differ."""

    old: SealedPlan
    new: Plan
    found: tuple[Change, ...]

    @classmethod
    def between(cls, old: SealedPlan, new: Plan) -> Changes:
        """Compare two plans."""
        return cls(old, new, plan_changes(old.plan, new))

    def to_data(self) -> Mapping[str, Json]:
        """Return the plain form, for ``--output json``."""
        return {
            "format": "runner-changes/1",
            "before": {
                "plan_sha256": self.old.digest,
                "seal_sha256": self.old.seal,
                "created": moment(self.old.created),
            },
            "after": {"plan_sha256": self.new.digest},
            "changes": [change.to_data() for change in self.found],
        }

    @property
    def summary(self) -> str:
        """What the comparison comes to, in a sentence."""
        since = f"{self.old.file}, sealed {self.old.created:%Y-%m-%d %H:%M} UTC"
        if not self.found:
            return f"Nothing changed since {since}."
        return f"{plural(len(self.found), 'difference')} from {since}."

    @property
    def rows(self) -> tuple[tuple[str, Difference], ...]:
        """The differences with the steps they are of, those that several steps have in common once."""
        known = {str(change.difference): change.difference for change in self.found}
        groups = grouped(
            (
                self.number(change.step) or len(self.new.steps) + 1 if change.step else 0,
                change.step,
                str(change.difference),
            )
            for change in self.found
        )
        return tuple((group.label, known[group.words]) for group in groups)

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """The steps that differ, in order; one that is planned no more as it was."""
        differing = {change.step for change in self.found}
        now = {step.id for step in self.new.steps}
        gone = (step for step in self.old.plan.steps if step.id not in now)
        return tuple(step for step in (*self.new.steps, *gone) if step.id in differing)

    def number(self, step: str) -> int:
        """Return a step's place in the plan as it is now, from 1; 0 when it is not in it."""
        return self._numbers.get(step, 0)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {step.id: number for number, step in enumerate(self.new.steps, start=1)}


def name_of(changes: Changes, step: PlannedStep) -> str:
    """Return what a step that differs is called: its place in the plan and its id, which names the account too."""
    number = changes.number(step.id)
    return f"{number} {step.id}" if number else step.id


def does(step: PlannedStep) -> str:
    """Return what a step does to what."""
    return f"{step.action} {step.target}"


def show_changes(changes: Changes, console: Console) -> None:
    """Print what changed, grouped by what changed alike."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(max_width=18, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for label, found in changes.rows:
        sides = fields((("planned", found.before), ("found", found.after)))
        grid.add_row(text(label, "bold"), Group(text(found.place), sides))
    if changes.found:
        console.print(grid)
    for step in changes.steps:
        console.print(text(f"step {name_of(changes, step)}: {does(step)}", "dim"))
    console.print(text(changes.summary, "bold" if changes.found else "bold green"))
    console.print(text(f"digest {changes.old.digest}", "dim"), soft_wrap=True)
    if changes.found:
        console.print(text(f"     → {changes.new.digest}", "dim"), soft_wrap=True)


def changes_markdown(changes: Changes) -> str:
    """Return what changed as a comment on a pull request."""
    lines = [f"### runner plan: {prose(changes.new.name)}", "", f"**{prose(changes.summary)}**", ""]
    lines += [f"digest {code(changes.old.digest)} → {code(changes.new.digest)}", ""]
    if not changes.found:
        return "\n".join(lines)
    lines += [row("step", "what", "planned", "found"), row("---", "---", "---", "---")]
    told = tuple(
        row(code(label), prose(found.place), code(found.before), code(found.after)) for label, found in changes.rows
    )
    shown = _as_many_as_fit(told, LONGEST)
    lines += shown
    if len(shown) < len(told):
        left = len(told) - len(shown)
        lines += ["", f"> **These are not all differences.** {left:,} are left out here; `--output json` has all."]
    elif changes.steps:
        named = tuple(row(code(name_of(changes, step)), code(does(step))) for step in changes.steps)
        room = LONGEST - sum(map(_length, shown))
        lines += ["", row("step", "does"), row("---", "---"), *_as_many_as_fit(named, room)]
    return "\n".join((*lines, ""))


def _as_many_as_fit(lines: tuple[str, ...], room: int) -> tuple[str, ...]:
    """Return the lines that fit into so many bytes; a shorter one may fit where a longer one before it does not."""
    kept: list[str] = []
    for line in lines:
        room -= _length(line)
        if room >= 0:
            kept.append(line)
    return tuple(kept)


def _length(line: str) -> int:
    return len(line.encode()) + 1
