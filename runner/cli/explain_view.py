"""Explanations for people: our words first, AWS's own beside them."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from runner.cli.output import text
from runner.guard.explanation import Explanation


def show_explanations(found: tuple[Explanation, ...], console: Console) -> None:
    """Print one paragraph each; nothing failed is an answer too."""
    if not found:
        console.print(text("nothing failed in this run", "bold green"))
    for number, one in enumerate(found):
        if number:
            console.print()
        _show(one, console)


def _show(one: Explanation, console: Console) -> None:
    rows = (
        ("step", one.step),
        ("what", one.what),
        ("decided by", one.decided),
        ("next", one.advice),
        ("aws", one.aws),
        ("encoded", "AWS sent an encoded message with it; --decode opens it" if one.encoded else ""),
        *(("decoded", line) for line in one.decoded),
    )
    for label, value in rows:
        if value:
            console.print(Text.assemble((f"{label}: ", "bold"), text(value)), soft_wrap=True)
