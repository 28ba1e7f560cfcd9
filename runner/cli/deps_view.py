"""What stands between a thing and its deletion, for a terminal."""

from __future__ import annotations

from rich.console import Console

from runner.cli.output import text
from runner.model.target_state import Exists, Missing, NotSeen
from runner.workflow.dependencies import Dependencies


def show_dependencies(found: Dependencies, console: Console) -> None:
    """Print it."""
    console.print(text(found.arn, "bold"), soft_wrap=True)
    match found.state:
        case Exists():
            console.print(text(f"  deleted by {', then '.join(found.actions)}"), soft_wrap=True)
        case Missing(why) | NotSeen(why):
            console.print(text(f"  {why}"), soft_wrap=True)
    blockers = tuple(f"{arn} ({what})" for what, arn in found.blockers)
    refused = tuple(f"{one.check}: {one.told}" for one in found.refused if one.blocks)
    dies = tuple(f"{member} ({one.what})" for one in found.dies_too for member in one.members)
    dies = (*dies, *(f"and more {one.what}" for one in found.dies_too if not one.complete))
    for heading, lines in (("has to be gone first", blockers), ("refused by", refused), ("dies with it", dies)):
        console.print(text(f"  {heading}: {'' if lines else 'nothing that the catalogue knows of'}"))
        for line in lines:
            console.print(text(f"    {line}"), soft_wrap=True)
