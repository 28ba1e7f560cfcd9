"""A line is whole where no terminal shows it, and fits where one does."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from runner.cli import failure
from runner.cli.output import tell, text
from runner.errors import NotApproved

CONFIRM = 'read the plan, then run again with --confirm "delete 2 in 222222222222 81e71a"'


def test_what_to_type_next_can_be_copied_from_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error in a pipe keeps its phrase in one line, however few columns are said to be there."""
    monkeypatch.setenv("COLUMNS", "40")
    failure.show(NotApproved("there is no terminal to ask at", hint=CONFIRM))

    assert f"next: {CONFIRM}\n" in capsys.readouterr().err


def test_a_terminal_gets_lines_that_fit() -> None:
    """A terminal would break words anywhere, so that they are broken between words."""
    out = io.StringIO()
    tell(Console(file=out, width=40, force_terminal=True, color_system=None), text(CONFIRM))

    assert max(map(len, out.getvalue().splitlines())) <= 40
