"""Errors and exit codes explained in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from runner.cli.error_pages import ErrorPage
from runner.errors import ExitCode


def show_codes(codes: tuple[tuple[ExitCode, str], ...], pages: tuple[ErrorPage, ...], console: Console) -> None:
    """Print what exit codes mean, and which kinds of error there are."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="bold")
    grid.add_column()
    for code, meaning in codes:
        grid.add_row(str(int(code)), meaning)
    console.print(grid)
    if pages:
        console.print()
        console.print(Text("kinds of error: " + ", ".join(page.name for page in pages)))
        console.print(Text("`runner help KIND` says more", "dim"))


def show_pages(pages: tuple[ErrorPage, ...], console: Console) -> None:
    """Print what kinds of error mean."""
    for page in pages:
        console.print()
        console.print(Text(f"{page.name} (exit {int(page.code)})", "bold"))
        console.print(Padding(page.happened, (0, 0, 0, 2)))
        console.print(Padding(Text.assemble(("touched: ", "bold"), page.touched), (0, 0, 0, 2)))
        for step in page.next:
            console.print(Padding(Text.assemble(("next: ", "bold"), step), (0, 0, 0, 2)))
