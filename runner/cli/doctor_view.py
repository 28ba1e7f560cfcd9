"""What the doctor found, for a terminal and as JSON: what was looked at, the finding, what to do, AWS's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

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
_REFUSED = frozenset({State.PROBLEM, State.CANNOT_TELL})
"""What makes the command end with 3: unknown means no."""


def exit_code(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> ExitCode:
    """Return 3 when there is a problem, or when something that was looked at did not tell; else 0."""
    return ExitCode.REFUSED if any(line.state in _REFUSED for line in _all(lines, settled)) else ExitCode.OK


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
    table = _table("looked at", 13)
    for names, line in _rows(lines):
        table.add_row(Text("\n").join(text(name, "bold") for name in names), _state(line), _told(line))
    console.print(table)
    if settled:
        console.print()
        console.print(_live(settled))
    console.print()
    console.print(_foot(lines, settled))


def _rows(lines: tuple[Examination, ...]) -> Iterator[tuple[tuple[str, ...], Examination]]:
    """Yield each line with its name; what was left out for one reason is one row, and a name is not repeated."""
    before = ""
    for (state, _), group in groupby(lines, key=lambda line: (line.state, line.what)):
        together = tuple(group)
        if state is State.NOT_EXAMINED:
            yield tuple(dict.fromkeys(line.name for line in together)), together[0]
            before = together[-1].name
            continue
        for line in together:
            yield (() if line.name == before else (line.name,)), line
            before = line.name


def _live(settled: tuple[Settled, ...]) -> Table:
    table = _table("question", 13)
    for one in settled:
        asked = Text("\n").join(
            (text(one.question.asks, "bold"), text(f"expected: {one.question.expects}"), _told(one.answer, "answer: "))
        )
        table.add_row(text(one.question.id, "bold"), _state(one.answer), asked, end_section=True)
    return table


def _table(first: str, width: int) -> Table:
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column(first, width=width, overflow="fold")
    table.add_column("state", width=12)
    table.add_column("found, and what to do", ratio=1, overflow="fold")
    return table


def _state(line: Examination) -> Text:
    return Text(line.state.value, _STYLES[line.state])


def _told(line: Examination, label: str = "") -> Text:
    parts = [text(f"{label}{line.what}")]
    if line.aws is not None:
        parts.append(Text.assemble(("aws: ", "bold"), text(words_of(line.aws))))
    if line.what_to_do:
        label = "note: " if line.state is State.OK else "next: "
        parts.append(Text.assemble((label, "bold"), text(line.what_to_do)))
    return Text("\n").join(parts)


def _foot(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> Text:
    found = _all(lines, settled)
    problems, unsure = _named(found, State.PROBLEM), _named(found, State.CANNOT_TELL)
    unseen = sum(line.state is State.NOT_EXAMINED for line in found)
    said = f"{plural(len(problems), 'problem')}: {', '.join(problems)}" if problems else "no problem found"
    said += f"; cannot tell: {', '.join(unsure)}" if unsure else ""
    said += f"; {unseen} not examined" if unseen else ""
    style = "bold red" if problems else "bold yellow" if unsure else "bold green"
    return text(f"{said} (exit {int(exit_code(lines, settled))})", style)


def _named(found: Iterable[Examination], state: State) -> tuple[str, ...]:
    return tuple(line.name for line in found if line.state is state)


def _all(lines: tuple[Examination, ...], settled: tuple[Settled, ...]) -> tuple[Examination, ...]:
    return (*lines, *(one.answer for one in settled))
