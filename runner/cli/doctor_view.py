"""What the doctor found, for a terminal and as JSON: what was looked at, the finding, what to do, AWS's own words."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.cli.output import plural, text
from runner.errors import ExitCode
from runner.guard.diagnosis import Examination, State, words_of
from runner.guard.diagnosis_live import Settled
from runner.model.canonical import Json

_STYLES = {
    State.OK: "green",
    State.PROBLEM: "bold red",
    State.CANNOT_TELL: "yellow",
    State.NOT_EXAMINED: "dim",
}


def exit_code(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> ExitCode:
    """Return 3 when a problem was found, else 0."""
    found = (*lines, *(one.answer for one in settled))
    return ExitCode.REFUSED if any(line.state is State.PROBLEM for line in found) else ExitCode.OK


def to_data(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> dict[str, Json]:
    """Return the plain form, for ``--output json``."""
    return {
        "format": "runner-doctor/1",
        "exit_code": int(exit_code(lines, settled)),
        "examinations": tuple(line.to_data() for line in lines),
        "live": tuple(one.to_data() for one in settled),
    }


def show_diagnosis(lines: tuple[Examination, ...], settled: tuple[Settled, ...], console: Console) -> None:
    """Print everything that was found; it fits 80 columns and means the same without colour."""
    table = _table("looked at", 14)
    for line in lines:
        table.add_row(text(line.name, "bold"), _state(line), _told(line))
    console.print(table)
    if settled:
        console.print(_live(settled))
    console.print(_foot(lines, settled))


def _live(settled: tuple[Settled, ...]) -> Table:
    table = _table("question", 28)
    for one in settled:
        asked = Text("\n").join(
            (text(f"{one.question.id}. {one.question.asks}"), text(f"expected: {one.question.expects}", "dim"))
        )
        table.add_row(asked, _state(one.answer), _told(one.answer), end_section=True)
    return table


def _table(first: str, width: int) -> Table:
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column(first, width=width, overflow="fold")
    table.add_column("state", width=12)
    table.add_column("found, and what to do", ratio=1, overflow="fold")
    return table


def _state(line: Examination) -> Text:
    return Text(line.state.value, _STYLES[line.state])


def _told(line: Examination) -> Text:
    parts = [text(line.what)]
    if line.aws is not None:
        parts.append(Text.assemble(("aws: ", "bold"), text(words_of(line.aws))))
    if line.what_to_do:
        label = "note: " if line.state is State.OK else "next: "
        parts.append(Text.assemble((label, "bold"), text(line.what_to_do)))
    return Text("\n").join(parts)


def _foot(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> Text:
    states = [line.state for line in (*lines, *(one.answer for one in settled))]
    problems, unsure = states.count(State.PROBLEM), states.count(State.CANNOT_TELL)
    unseen = states.count(State.NOT_EXAMINED)
    said = plural(problems, "problem") if problems else "no problem found"
    said += f", {unsure} cannot tell" if unsure else ""
    said += f", {unseen} not examined" if unseen else ""
    return Text(f"{said} (exit {int(exit_code(lines, settled))})", "bold red" if problems else "bold green")
