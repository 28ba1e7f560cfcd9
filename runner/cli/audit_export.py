"""``runner audit export``: every call that was sent, for spreadsheets, scripts and security data lakes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from runner.cli.log_directory import LogDirectory, log_directory

if TYPE_CHECKING:
    from runner.audit.call_events import CallEvent
    from runner.audit.selection import Selection


class Form(StrEnum):
    """Name the forms of an export."""

    CSV = "csv"
    JSON = "json"
    OCSF = "ocsf"


Run = Annotated[str, typer.Option("--run", help="Only this run, or those whose id begins so.")]
Account = Annotated[str, typer.Option("--account", help="Only this account.")]
Target = Annotated[str, typer.Option("--target", metavar="ARN", help="Only this target; * and ? are wildcards.")]
Who = Annotated[str, typer.Option("--who", help="Only operators whose ARN holds this text.")]
Since = Annotated[
    str, typer.Option("--since", metavar="TIME", help="Only from then on: a date, or a time with its zone.")
]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Only until then; a date counts whole.")]


def export(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    form: Annotated[Form, typer.Option("--form", help="CSV, JSON Lines, or OCSF API Activity events.")] = Form.JSON,
    run: Run = "",
    account: Account = "",
    target: Target = "",
    who: Who = "",
    since: Since = "",
    until: Until = "",
    log: LogDirectory = None,
) -> None:
    """Print every call that was sent: who, what, on what, when, and AWS's answer; a line each."""
    from runner.audit.call_events import call_events  # noqa: PLC0415  # `--help` pays for nothing

    wanted = selection(run, account, target, who, since, until)
    for line in _writer(form)(call_events(log_directory(log), wanted)):
        sys.stdout.write(line)


def selection(run: str, account: str, target: str, who: str, since: str, until: str) -> Selection:
    """Return what the options select.

    Raises:
        UsageError: when a time is none.
    """
    from runner.audit.selection import Selection, moment  # noqa: PLC0415  # same

    begun = moment(since, "--since") if since else ""
    ended = moment(until, "--until", end=True) if until else ""
    return Selection(run, account, target, who, begun, ended)


def _writer(form: Form) -> Callable[[Iterable[CallEvent]], Iterator[str]]:
    from runner.audit.export_forms import csv_lines, json_lines, ocsf_lines  # noqa: PLC0415  # same

    match form:
        case Form.CSV:
            return csv_lines
        case Form.JSON:
            return json_lines
        case Form.OCSF:
            return ocsf_lines
