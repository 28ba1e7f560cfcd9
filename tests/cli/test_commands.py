"""The commands are loaded when they are named; until then a list of their names and summaries speaks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.commands import LISTED, Lazily, Listed
from runner.cli.groups import WHOLE

RUNNER = str(Path(sys.executable).with_name("runner"))


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed.name)
def test_a_summary_is_what_the_command_says_of_itself(listed: Listed) -> None:
    """The list says what the command would say of itself, were it loaded."""
    assert listed.summary == listed.load().get_short_help_str(WHOLE)


def test_summaries_are_shown_whole() -> None:
    """At 80 columns no summary of a command, or of a group's commands, is cut short."""
    for words in ((), ("audit",), ("credentials",), ("sandbox",), ("guardrails",)):
        shown = subprocess.run((RUNNER, *words, "--help"), capture_output=True, text=True, check=True).stdout

        assert "..." not in shown.partition("Commands:")[2]
        assert max(map(len, shown.splitlines())) <= 80


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
