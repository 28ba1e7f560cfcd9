"""``runner audit reconcile``: does CloudTrail tell the same story as the audit log?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner.cli.form import Output
from runner.cli.log_directory import LogDirectory, log_directory
from runner.cli.options import MfaCodeStdin, MfaFrom, MfaSerial, OutputForm, Profile
from runner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from runner.audit.call_events import CallEvent
    from runner.audit.trail import TrailEvent
    from runner.cli.wiring import Options

Trail = Annotated[
    list[Path] | None,
    typer.Option("--trail", metavar="PATH", help="A trail's file, or a directory of them; may be given several times."),
]
LookUp = Annotated[
    str | None, typer.Option("--lookup", metavar="ROLE_ARN", help="Ask CloudTrail itself, through this role.")
]
RunId = Annotated[str, typer.Argument(metavar="[RUN]", help="A run, or the beginning of its id; default: all.")]


def reconcile(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    run: RunId = "",
    trail: Trail = None,
    lookup: LookUp = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    log: LogDirectory = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Join the audit log with CloudTrail both ways: calls without an intent, outcomes without an event, no MFA.

    Exit code 3 when something does not fit.
    """
    from runner.audit.call_events import call_events, sessions  # noqa: PLC0415  # `--help` pays for nothing
    from runner.audit.reconcile import reconcile as join  # noqa: PLC0415  # same
    from runner.audit.selection import Selection  # noqa: PLC0415  # same
    from runner.cli.audit_view import show_reconciliation  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    if (trail is None) is (lookup is None):
        raise UsageError(
            "CloudTrail's events are needed from one place",
            on="arguments",
            hint="give --trail PATH or --lookup ROLE_ARN",
        )
    directory = log_directory(log)
    calls, made = tuple(call_events(directory, Selection(run=run))), sessions(directory, run)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from)
    events = _from_files(trail or ()) if lookup is None else _from_aws(lookup, calls, made.keys, options)
    found = join(calls, events, datetime.now(UTC), made)
    if output is Output.JSON:
        print_json(found.to_data())
    else:
        show_reconciliation(found, results())
    raise typer.Exit(int(ExitCode.REFUSED if found.findings else ExitCode.OK))


def _from_files(paths: Iterable[Path]) -> tuple[TrailEvent, ...]:
    from runner.audit.trail import BadTrail, read_trail  # noqa: PLC0415  # same

    events: list[TrailEvent] = []
    for path in paths:
        files = sorted(path.rglob("*.json*")) if path.is_dir() else (path,)
        for file in files:
            try:
                events.extend(read_trail(file.read_bytes()))
            except (OSError, BadTrail) as error:
                raise UsageError(f"this is no trail file: {error}", on=str(file), hint="leave it out") from error
    return tuple(events)


def _from_aws(
    role_arn: str, calls: tuple[CallEvent, ...], keys: frozenset[str], options: Options
) -> tuple[TrailEvent, ...]:
    from runner.audit.trail import BadTrail, read_event  # noqa: PLC0415  # same
    from runner.cli.output import messages  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import services  # noqa: PLC0415  # same
    from runner.workflow.look_up_trail import Wanted, look_up  # noqa: PLC0415  # same

    if not calls:
        return ()
    regions = tuple(sorted({call.region for call in calls}))
    since = min(call.at for call in calls)
    with Story(messages()) as story:
        recorded = look_up(Wanted(role_arn, regions, tuple(sorted(keys)), since), services(options, regions[0], story))
    try:
        return tuple(read_event(event) for event in recorded)
    except BadTrail as error:
        raise UsageError(f"CloudTrail's answer is not as documented: {error}", hint="use --trail FILE") from error
