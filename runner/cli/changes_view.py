"""What is different from a plan that was sealed before: only that, in the three forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, Group
from rich.table import Table

from runner.cli.markdown_text import code, prose, row
from runner.cli.output import plural, text
from runner.cli.plan_view import fields
from runner.cli.plan_words import grouped
from runner.guard.drift import Change, plan_changes
from runner.model.canonical import Json
from runner.model.plan import Plan
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


def show_changes(changes: Changes, console: Console) -> None:
    """Print what changed, grouped by what changed alike."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(max_width=18, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for label, change in _rows(changes):
        found = change.difference
        sides = fields((("planned", found.before), ("found", found.after)))
        grid.add_row(text(label, "bold"), Group(text(found.place), sides))
    if changes.found:
        console.print(grid)
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
    room, left = LONGEST, 0
    for label, change in _rows(changes):
        found = change.difference
        line = row(code(label), prose(found.place), code(found.before), code(found.after))
        room -= len(line.encode()) + 1
        left += room < 0
        if room >= 0:
            lines.append(line)
    if left:
        lines += ["", f"> **These are not all differences.** {left:,} are left out here; `--output json` has all."]
    return "\n".join((*lines, ""))


def _rows(changes: Changes) -> list[tuple[str, Change]]:
    """Return the differences, those that several steps have in common once."""
    numbers = {step.id: number for number, step in enumerate(changes.new.steps, start=1)}
    known = {str(change.difference): change for change in changes.found}
    groups = grouped(
        (numbers.get(change.step, 0) or len(numbers) + 1 if change.step else 0, change.step, str(change.difference))
        for change in changes.found
    )
    return [(group.label, known[group.words]) for group in groups]
