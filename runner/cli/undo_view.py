"""The ways back from a run: one line a step, and what to do."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from runner.cli.output import text
from runner.workflow.undoing import How, WayBack

_STYLES = {How.ACTION: "bold green", How.COMMAND: "bold yellow", How.BY_HAND: "bold yellow", How.NOT: "bold red"}


def show_ways(run: str, ways: tuple[WayBack, ...], console: Console) -> None:
    """Print how each step is undone; commands stand on lines of their own, to be copied."""
    console.print(text(f"run {run}", "bold"))
    for way in ways:
        named = Text.assemble(text(way.step.id, "bold"), text(f" ({way.step.action}, {way.state}): "))
        console.print(Text.assemble(named, (way.how.value, _STYLES.get(way.how, "dim"))))
        until = f" (until {way.until})" if way.until else ""
        if way.told:
            console.print(text(f"  {way.told}{until}"), soft_wrap=True)
        if way.lost:
            console.print(Padding(text(f"does not come back: {way.lost}"), (0, 0, 0, 2)))
