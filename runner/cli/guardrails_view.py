"""Which rule decides what, for a reviewer: one line a rule, and what refuses the playbook already below."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.cli.output import plural, text
from runner.cli.plan_origin import NO_GUARDRAILS, source_line
from runner.guard.floor import Origin
from runner.guard.rule_table import Decided
from runner.workflow.explain_rules import Explanation


def show_explanation(explained: Explanation, console: Console) -> None:
    """Print the rules; they fit 80 columns and mean the same without colour."""
    floor = NO_GUARDRAILS if explained.guardrails is None else source_line(explained.guardrails)
    console.print(Text.assemble(("guardrails  ", "dim"), text(floor)))
    console.print(Text.assemble(("playbook    ", "dim"), text(source_line(explained.playbook))))
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column("rule", max_width=26, overflow="fold")
    table.add_column("what holds", ratio=3, overflow="fold")
    table.add_column("decided by", ratio=2, overflow="fold")
    for rule in explained.rules:
        table.add_row(text(rule.rule), text(rule.holds, "bold"), _decided(rule))
    console.print(table)
    for step, finding in explained.findings:
        place = f"{step}: " if step else ""
        told = f"{place}{finding.message}" + (f" ({finding.hint})" if finding.hint else "")
        console.print(Text.assemble(("refused: ", "bold red"), text(told)))
    console.print(_foot(explained))


def _decided(rule: Decided) -> Text:
    who, said = ("playbook", rule.playbook) if rule.by is Origin.GUARDRAILS else ("guardrails", rule.guardrails)
    says = "says" if who == "playbook" else "say"
    return text(rule.by.value + (f"; the {who} {says} {said}" if said not in {"", rule.holds} else ""))


def _foot(explained: Explanation) -> Text:
    if explained.findings:
        return text(
            f"{plural(len(explained.findings), 'finding')} refuse this playbook before AWS is asked.", "bold red"
        )
    return text("Nothing refuses this playbook so far; AWS was not asked.", "bold")
