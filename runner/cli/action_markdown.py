"""An action's card as a page of the reference, and the list of all pages."""

from __future__ import annotations

from collections.abc import Iterable

from runner.cli.markdown_text import code, row
from runner.workflow.card import Card, CardCall, Named

MADE = "<!-- Made by `make reference` from the catalogue; do not edit. -->"


def action_page(card: Card) -> str:
    """Return the page of one action; nothing in it is foreign, so sentences stand as they are."""
    dies = ", ".join(card.dies_too) or "Nothing that the catalogue knows of."
    parts = [
        MADE,
        f"# {code(card.name)}",
        card.summary,
        "## Target",
        f"{code(card.target)}",
        _list(card.params),
        "## What it does",
        _calls(card.calls),
        " ".join(card.done),
        "## What is lost, and how it is undone",
        " ".join(card.undo),
        *(("Copies that are kept, by their key under `keep`:", _list(card.copies)) if card.copies else ()),
        "## What dies with it",
        dies,
        "## When it is refused",
        _list(card.refused) or "When something refuses any step; it has no checks of its own.",
        "## What it reads",
        _calls(card.reads),
        "## Example",
        f"```yaml\n{card.example}\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def action_index(cards: Iterable[Card]) -> str:
    """Return the page that leads to all others."""
    lines = [row("action", "what it does", "undone"), row("---", "---", "---")]
    lines += [row(f"[{code(card.name)}]({card.name}.md)", card.summary, card.recovery.value) for card in cards]
    told = (
        "Every action that a step can name. `runner actions` shows the same list, and `runner actions NAME` one page.\n"
        "Any other operation of AWS is guarded as well: see [`aws.call`](../aws-call.md)."
    )
    return "\n\n".join((MADE, "# Actions", told, "\n".join(lines))) + "\n"


def _calls(calls: Iterable[CardCall]) -> str:
    lines = [row("call", "what for", "IAM actions", "on"), row("---", "---", "---", "---")]
    lines += [
        row(code(one.api), one.purpose, ", ".join(map(code, one.iam)), ", ".join(map(code, one.resources)))
        for one in calls
    ]
    return "\n".join(lines)


def _list(named: Iterable[Named]) -> str:
    return "\n".join(f"- {code(one.name)}: {one.says}" for one in named)
