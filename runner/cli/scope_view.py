"""The scope of a plan on one screen: how much dies, of which kind, with what, and whether it comes back.

It is for the operator who confirms a plan that was reviewed: the plan itself was read before, by others; what is typed
now should be typed by somebody who sees how large it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console

from runner.cli.markdown_text import clipped
from runner.cli.output import plural, text
from runner.cli.plan_origin import approvals
from runner.cli.plan_summary import summary_of
from runner.cli.plan_view import fields
from runner.cli.plan_words import able, target
from runner.model.plan import Plan
from runner.model.sealed import SealedPlan

KINDS = 4
"""So many kinds of action are told apart; more are counted."""
NAMES = 2
"""So many targets of a kind are named."""
_NAME = 30
"""Characters of a target's name; a longer one is cut in the middle."""
_LINE = 110
"""Characters of a value: two lines at 80 columns."""


def show_scope(plan: Plan, sealed: SealedPlan, console: Console) -> None:
    """Print what a sealed plan comes to, in less than 24 lines of 80 columns."""
    summary = summary_of(plan)
    accounts = f"{plan.place}: {', '.join(one.place for one in plan.sections)}" if plan.sections else plan.place
    regions = ", ".join(dict.fromkeys(step.region for step in plan.acting)) or plan.region
    until = "" if sealed.expires is None else f", good until {sealed.expires:%Y-%m-%d %H:%M} UTC"
    rows = (
        ("plan", clipped(plan.name, _LINE)),
        ("sealed", clipped(f"{sealed.file}, {sealed.created:%Y-%m-%d %H:%M} UTC{until}", _LINE)),
        ("account", clipped(f"{accounts}   {regions}", _LINE)),
        ("why", clipped(plan.description, _LINE)),
        *_dies(plan, summary.actions),
        ("with them", ", ".join(words for words in (summary.contents, summary.bystanders) if words)),
        ("undo", clipped(_counted(able(step, sealed) for step in plan.acting), _LINE)),
        ("MFA", clipped(_counted(step.verdict.protection.value for step in plan.acting if step.verdict), _LINE)),
        ("approvals", approvals(plan) if plan.approvals else ""),
        ("digest", plan.digest),
    )
    console.print(fields(rows))
    if plan.source.dirty:
        console.print(text("The playbook had changes that are in no commit when this was planned.", "bold red"))
    if plan.accepted:
        named = ", ".join(dict.fromkeys(finding.check for _, finding in plan.accepted))
        told = f"{plural(len(plan.accepted), 'unknown')} accepted by the reviewers: {named}"
        console.print(text(clipped(told, _LINE), "bold red"))
    console.print("`runner show` on its file shows every step.")


def _dies(plan: Plan, kinds: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, str]]:
    for number, (name, count) in enumerate(kinds[:KINDS]):
        steps = [step for step in plan.acting if step.action == name]
        named = [_name(target(step, plan).partition(" ")[2]) for step in steps[:NAMES]]
        more = [f"and {count - NAMES:,} more"] if count > NAMES else []
        yield "" if number else "dies", clipped(f"{count:,} {name}: {', '.join((*named, *more))}", _LINE)
    if len(kinds) > KINDS:
        left = sum(count for _, count in kinds[KINDS:])
        yield "", f"{plural(left, 'step')} of {plural(len(kinds) - KINDS, 'other kind')}"


def _name(name: str) -> str:
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[: half - 1]}…{name[-half:]}"


def _counted(words: Iterator[str]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in Counter(words).most_common())
