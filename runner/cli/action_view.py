"""An action's card, and the list of all, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from runner.cli.output import text
from runner.workflow.card import Card, CardCall, Named


def show_actions(cards: tuple[Card, ...], console: Console) -> None:
    """Print one line for each action."""
    width = max(len(card.name) for card in cards)
    for card in cards:
        console.print(text(f"{card.name:<{width}}  {card.summary}"), soft_wrap=True)


def show_action(card: Card, console: Console) -> None:
    """Print everything that is said about an action."""
    console.print(text(card.name, "bold"))
    console.print(text(card.summary), soft_wrap=True)
    sections = {
        "target": (card.target, *_named(card.params)),
        "what it does": (*_calls(card.calls), *card.done),
        "what is lost, and how it is undone": (*card.undo, *_named(card.copies)),
        "what dies with it": card.dies_too or ("nothing that the catalogue knows of",),
        "when it is refused": tuple(_named(card.refused)),
        "what it reads": tuple(_calls(card.reads)),
        "example": tuple(card.example.splitlines()),
    }
    for heading, lines in sections.items():
        if not lines:
            continue
        console.print()
        console.print(text(heading, "bold"))
        for line in lines:
            console.print(text(f"  {line}"), soft_wrap=True)


def _calls(calls: Iterable[CardCall]) -> tuple[str, ...]:
    return tuple(f"{one.api}: {one.purpose} ({', '.join(one.iam)} on {', '.join(one.resources)})" for one in calls)


def _named(named: Iterable[Named]) -> tuple[str, ...]:
    return tuple(f"{one.name}: {one.says}" for one in named)
