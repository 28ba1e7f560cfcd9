"""``runner validate``: load playbooks strictly, without AWS; for editors, pre-commit hooks and CI.

A result is one line a problem, ``file:line:column: message``, with what to do indented below. A file that cannot be
read is a problem at 1:1, so that one bad name does not hide what is wrong with the other files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from runner.cli.completions import playbook_files
from runner.cli.form import Check
from runner.cli.options import GuardrailsFile
from runner.errors import ExitCode, InvalidPlaybook, Problem, UsageError

if TYPE_CHECKING:  # `--help` needs neither
    from runner.model.action import ActionType
    from runner.model.canonical import Json

CheckForm = Annotated[Check, typer.Option("--output", help="The form of the result on stdout.")]
Files = Annotated[
    list[str], typer.Argument(metavar="FILE…", help="The playbooks, YAML files.", autocompletion=playbook_files)
]


@dataclass(frozen=True)
class Checked:
    """Hold what is known of one file: a playbook's name and number of steps, or its problems."""

    file: str
    name: str = ""
    steps: int = 0
    problems: tuple[Problem, ...] = ()
    refused: bool = False
    """Whether the problems are those of a valid playbook with the guardrails."""

    @property
    def ok(self) -> bool:
        """Whether the playbook is valid, and nothing refuses it yet."""
        return not self.problems

    @property
    def code(self) -> ExitCode:
        """How the command ends for this file alone."""
        if self.ok:
            return ExitCode.OK
        return ExitCode.REFUSED if self.refused else ExitCode.USAGE

    def to_data(self) -> dict[str, Json]:
        """Return the plain form, for ``--output json``."""
        problems: tuple[Json, ...] = tuple(
            {"line": it.line, "column": it.column, "message": it.message, "hint": it.hint} for it in self.problems
        )
        return {"file": self.file, "ok": self.ok, "name": self.name, "steps": self.steps, "problems": problems}


def validate(files: Files, guardrails: GuardrailsFile = None, output: CheckForm = Check.TEXT) -> None:
    """Check playbooks strictly and offline, under the guardrails: every mistake with its line, and what to do.

    Exit code 2 when any is invalid, 3 when the guardrails refuse one.
    """
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing

    checked = tuple(check(file, BY_NAME, guardrails) for file in files)
    match output:
        case Check.TEXT:
            for one in checked:
                _show(one)
        case Check.JSON:
            from runner.cli.output import print_json  # noqa: PLC0415  # same

            print_json({"format": "runner-validate/1", "files": tuple(one.to_data() for one in checked)})
        case Check.SARIF:
            from runner.cli.output import print_json  # noqa: PLC0415  # same
            from runner.cli.sarif import sarif  # noqa: PLC0415  # same

            print_json(sarif(tuple(problem for one in checked for problem in one.problems)))
    codes = {one.code for one in checked} - {ExitCode.OK}
    if codes:
        raise typer.Exit(int(min(codes)))


def check(file: str, actions: Mapping[str, ActionType], guardrails: str | None = None) -> Checked:
    """Return what is known of one file under the guardrails that are named or stand above it.

    A file that cannot be read has one problem; where the guardrails have problems, those are the file's.
    """
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.workflow.validate import floor_problems  # noqa: PLC0415  # same

    try:
        playbook = read_playbook(file, actions)
        floor = read_guardrails(guardrails, os.environ, file, actions)
    except InvalidPlaybook as invalid:
        return Checked(file, problems=invalid.problems)
    except UsageError as unreadable:
        return Checked(file, problems=(Problem(file, 1, 1, unreadable.what, unreadable.hint),))
    problems = floor_problems(playbook, actions, floor)
    return Checked(file, playbook.name, len(playbook.steps), problems, refused=bool(problems))


def _show(one: Checked) -> None:
    from runner.cli.output import plural, results, text  # noqa: PLC0415  # same

    console = results()
    if one.ok:
        console.print(text(f"{one.file}: ok: {one.name}, {plural(one.steps, 'step')}"), soft_wrap=True)
    for problem in one.problems:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        console.print(text(f"{place}: {problem.message}"), soft_wrap=True)
        if problem.hint:
            console.print(text(f"    {problem.hint}"), soft_wrap=True)
