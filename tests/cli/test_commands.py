"""The commands are loaded when they are named; until then a list of their names and summaries speaks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.commands import LISTED, Lazily, Listed

RUNNER = str(Path(sys.executable).with_name("runner"))


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed.name)
@pytest.mark.parametrize("limit", [40, 65, 1000])
def test_a_summary_is_what_the_command_says_of_itself(listed: Listed, limit: int) -> None:
    """Whatever the width of the terminal, ``runner --help`` shows what it would show with the command loaded."""
    assert listed.short(limit) == listed.load().get_short_help_str(limit)


def test_a_command_is_put_together_once() -> None:
    """Every name of the list is found under it, and what is not listed is not there."""
    commands = Lazily()

    assert [commands[name].name for name in commands] == [one.name for one in LISTED]
    assert commands["plan"] is commands["plan"]
    assert commands.get("teardown") is None


@pytest.mark.parametrize(
    ("words", "completed"),
    [("runner re", ["resume"]), ("runner plan --outp", ["--output"]), ("runner audit ver", ["verify"])],
)
def test_a_shell_completes(words: str, completed: list[str]) -> None:
    """Commands, their options and the commands of groups are completed, although nothing was loaded before."""
    asked = {"_RUNNER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    ended = subprocess.run((RUNNER,), env={**os.environ, **asked}, capture_output=True, text=True, check=False)

    assert ended.stdout.split() == completed, ended.stderr
