"""A group of commands whose ``--help`` shows the whole summary of each: over several lines, not cut short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperGroup

WHOLE = 10_000
"""More characters than a summary has."""


class Group(TyperGroup):
    """List commands by name and summary."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.rows(ctx)))

    def rows(self, ctx: Any) -> Iterable[tuple[str, str]]:
        """Return what is listed."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return ((name, one.get_short_help_str(WHOLE)) for name, one in found.items() if one is not None)
