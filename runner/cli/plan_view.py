"""The plan for a tired reader: what dies, what it holds, whether MFA protects it, what cannot be undone.

It fits 80 columns, means the same without colour, and stays short: two lines a step, the account once, and a reason
once for all steps that share it. Sentences have the terminal's own colour, which can be read on any background; colours
are for single words, which say it without them too. What refuses the plan comes last, where the reader's eyes are.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runner.cli.cost_words import SOURCE, costs
from runner.cli.output import plural, text
from runner.cli.plan_origin import approvals, floor, source_line
from runner.cli.plan_summary import summary_of
from runner.cli.plan_words import (
    ACCEPTED,
    NOT_SIMULATED,
    NOTE,
    REFUSED,
    able,
    by_account,
    cascades,
    findings,
    grouped,
    holds,
    irreversible,
    name_in_account,
    on_failure,
    protection,
    target,
    verdicts,
    ways_back,
)
from runner.model.action import Recovery
from runner.model.plan import Plan, PlannedStep
from runner.model.sealed import SealedPlan
from runner.model.section import Section
from runner.model.target_state import Exists, Missing
from runner.model.verdict import Evidence, Protection

FINAL = "! "
"""Stands before a step that cannot be undone, and before the reasons why that is fine."""
_VERDICT = 14
"""Columns of the verdict; a longer one is folded."""


def show_plan(plan: Plan, console: Console, sealed: SealedPlan | None = None) -> None:
    """Print a plan; ``sealed`` is the file that holds it."""
    console.print(_head(plan))
    if not plan.sections:
        console.print()
    console.print(_steps(plan, sealed))
    _section(console, "why", "bold", verdicts(plan))
    if any(step.verdict is not None and step.verdict.evidence is Evidence.SIMULATED for step in plan.steps):
        console.print(text(NOT_SIMULATED, "dim"))
    _section(console, "notes", "bold yellow", findings(plan, NOTE))
    _section(console, "what emptying costs", "bold", costs(plan))
    if any(costs(plan)):
        console.print(text(SOURCE, "dim"))
    _section(console, "how it is undone", "bold", ways_back(plan))
    _section(console, f"{FINAL}cannot be undone", "bold red", irreversible(plan))
    _section(console, "unknown, accepted by the reviewers", "bold red", findings(plan, ACCEPTED), words="red")
    _section(console, "refused", "bold red", findings(plan, REFUSED))
    console.print()
    console.print(foot(plan))


def fields(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Return labelled lines; a row without a value is left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for label, value in rows:
        if value.strip():
            grid.add_row(label, text(value.strip()))
    return grid


def foot(plan: Plan) -> Text:
    """Return what the plan comes to, in a few lines."""
    summary = summary_of(plan)
    if summary.refusals:
        verb = "refuses" if summary.refusals == 1 else "refuse"
        return text(f"{plural(summary.refusals, 'finding')} {verb} this plan; nothing was touched.", "bold red")
    if not summary.steps:
        return text("Nothing to do: every target is already gone.", "bold green")
    where = plan.place if plan.sections else f"account {plan.place}"
    told = text(f"{plural(summary.steps, 'step')} to do in {where}", "bold")
    told.append(f": {summary.contents}." if summary.contents else ".", "bold")
    named = ", ".join(f"{count:,} {name}" for name, count in summary.actions)
    told.append_text(Text.assemble("\n", text(named)))
    if summary.lost:
        told.append_text(Text.assemble("\n", text(f"{plural(summary.lost, 'step')} cannot be undone.", "bold red")))
    return told


def _head(plan: Plan) -> RenderableType:
    accounts = ", ".join(section.place for section in plan.sections)
    return fields(
        (
            ("plan", plan.name),
            ("digest", plan.digest),
            ("why", plan.description),
            ("accounts", accounts) if plan.sections else ("account", f"{plan.place}   region {plan.region}"),
            ("role", plan.role_arn),
            ("on failure", on_failure(plan)),
            ("owner", plan.owner + (f"   ticket {plan.ticket}" if plan.ticket else "")),
            ("playbook", source_line(plan.source)),
            ("guardrails", floor(plan)),
            ("approvals", approvals(plan)),
        )
    )


def _steps(plan: Plan, sealed: SealedPlan | None) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(justify="right", width=len(str(len(plan.steps))), style="dim")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", width=_VERDICT, overflow="fold")
    for section, steps in by_account(plan):
        if section is not None:
            table.add_row("", _account(section))
        for number, step in steps:
            table.add_row(str(number), _what_dies(step, plan, sealed), _verdict(step))
    return table


def _account(section: Section) -> Text:
    return Text.assemble("\n", text(f"account {section.place}", "bold"), "\n", text(section.role_arn, "dim"), "\n")


def _what_dies(step: PlannedStep, plan: Plan, sealed: SealedPlan | None) -> Text:
    name, dies = text(name_in_account(step), "bold"), text(target(step, plan), "bold")
    lost = step.acts and step.recovery is Recovery.NONE
    told = Text.assemble((FINAL if lost else "", "bold red"), name, "  ", dies, "\n", text(step.action, "dim"))
    style = "" if isinstance(step.state, Exists | Missing) else "bold red"
    for part in (holds(step), able(step, sealed) if step.acts and not lost else ""):
        if part:
            told.append_text(Text.assemble("; ", text(part, style)))
    for words in cascades(step):
        told.append_text(Text.assemble("\n", ("dies with it: ", "bold red"), text(words)))
    return told


def _verdict(step: PlannedStep) -> Text:
    label, *more = protection(step) or ("-",)
    good = step.verdict is not None and step.verdict.protection is Protection.PROTECTED
    style = "dim" if step.verdict is None else "bold green" if good else "bold red"
    told = text(label, style)
    if any(finding.blocks for finding in step.findings):
        return Text.assemble(("refused", "bold red"), "\n", told)
    return Text.assemble(told, "\n", text(", ".join(more[:1]), "dim"))


def _section(
    console: Console, title: str, style: str, said: Iterable[tuple[int, str, str]], *, words: str = ""
) -> None:
    groups = grouped(said)
    if not groups:
        return
    console.print()
    console.print(Text(title, style))
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    grid.add_column(max_width=18, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for group in groups:
        message, _, hint = group.words.partition("\n")
        told = text(message, words)
        if hint:
            told = Text.assemble(told, "\n", ("next: ", "bold"), text(hint))
        grid.add_row("", text(group.label, "bold"), told)
    console.print(grid)
