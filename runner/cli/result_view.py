"""The end of a run: one line a step, then what it means."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.cli.output import plural, tell, text
from runner.errors import ExitCode
from runner.model.action import Recovery
from runner.model.outcome import (
    AlreadyGone,
    Gone,
    NotAttempted,
    Outcome,
    Quarantined,
    Restored,
    Scheduled,
    StillThere,
    state,
)
from runner.model.plan import PlannedStep
from runner.workflow.run_result import RunResult

_UNDOABLE = (Gone, Scheduled, Quarantined)
"""Ends that change something which an action, a command or a hand may change back."""
_MEANING = {
    ExitCode.REFUSED: ("a guard refused; nothing was touched", "bold red"),
    ExitCode.CREDENTIALS: ("credentials were refused; nothing was touched", "bold red"),
    ExitCode.PARTIAL: ("not everything was done; what was done is above", "bold red"),
    ExitCode.NOT_SEEN_GONE: ("deleted, but not seen gone in time", "bold red"),
    ExitCode.SESSION_ENDED: (
        "the run ended before its work was done; `runner resume` goes on",
        "bold yellow",
    ),
    ExitCode.INTERRUPTED: ("interrupted; `runner resume` goes on", "bold yellow"),
}


def show_result(result: RunResult, planned: tuple[PlannedStep, ...], console: Console) -> None:
    """Print how every step ended, whether that can be undone, and what the exit code means."""
    ways = {step.id: step for step in planned if step.recovery is not Recovery.NONE}
    undoable = tuple(row.step for row in result.results if row.step in ways and isinstance(row.outcome, _UNDOABLE))
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column("step", min_width=6, max_width=14, overflow="fold")
    table.add_column("result", width=13)
    table.add_column("target", ratio=1, overflow="fold")
    for row in result.results:
        label = Text(state(row.outcome), _style(row.outcome))
        told = text(row.target)
        way = _way(ways[row.step], row.outcome) if row.step in undoable else ""
        detail = f"{_detail(row.outcome)}{way}"
        table.add_row(text(row.step, "bold"), label, told if not detail else Text.assemble(told, "\n", text(detail)))
    console.print(table)
    meaning, style = _meaning(result)
    console.print(Text(f"{meaning} (exit {int(result.exit_code)})", style))
    tell(console, text(f"audit log: runner audit show {result.run}", "dim"))
    if undoable:
        tell(console, text(f"way back:  runner undo {result.run}", "dim"))
    if result.exit_code is ExitCode.PARTIAL:
        tell(console, text(f"the rest:  runner resume {result.run}", "dim"))
    if result.exit_code in {ExitCode.REFUSED, ExitCode.PARTIAL}:
        console.print(text(f"why:       runner explain {result.run}", "dim"))


def _meaning(result: RunResult) -> tuple[str, str]:
    """Return what the exit code means for these steps, and its style."""
    if result.exit_code is not ExitCode.OK:
        return _MEANING.get(result.exit_code, (result.exit_code.name.lower(), "bold red"))
    ends = {type(row.outcome) for row in result.results}
    if ends <= {Gone, AlreadyGone}:
        return "every target was seen gone", "bold green"
    if ends == {Restored}:
        return "every target was seen back in place", "bold green"
    return "every step was seen done", "bold green"


def _way(step: PlannedStep, outcome: Outcome) -> str:
    """Return until when a step can be undone, where that has an end; its target's day is told already."""
    if isinstance(outcome, Scheduled):
        return "; until then it can be undone"
    return f"; can be undone for {step.undo_days} days" if step.undo_days is not None else "; can be undone"


def _style(outcome: Outcome) -> str:
    match outcome:
        case Gone() | AlreadyGone() | Quarantined() | Restored():
            return "green"
        case Scheduled() | NotAttempted():
            return "yellow"
        case StillThere():
            return "bold red"


def _detail(outcome: Outcome) -> str:
    match outcome:
        case Gone(at, children):
            counted = f"{plural(children, 'deletion')}, " if children else ""
            return f"{counted}seen gone at {at:%H:%M:%S} UTC"
        case Scheduled(until):
            return f"AWS deletes it on {until:%Y-%m-%d %H:%M} UTC"
        case Quarantined(at, seen):
            return f"seen out of use at {at:%H:%M:%S} UTC: {seen}"
        case Restored(at):
            return f"seen back in place at {at:%H:%M:%S} UTC"
        case StillThere(why, _, children, aws):
            counted = f"{plural(children, 'deletion')} before; " if children else ""
            request = f" (request {aws.request_id})" if aws is not None and aws.request_id else ""
            return f"{counted}{why}{request}"
        case AlreadyGone(why) | NotAttempted(why):
            return why
