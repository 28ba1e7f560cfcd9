"""``runner audit``: list the runs, show one, verify and export the log. Nothing here touches AWS or writes the log."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from runner.cli.audit_anchors import anchors
from runner.cli.audit_export import Account, Since, Target, Until, Who, export, selection
from runner.cli.audit_reconcile import reconcile
from runner.cli.audit_sign import sign
from runner.cli.completions import run_ids
from runner.cli.form import Output, Page
from runner.cli.groups import Group
from runner.cli.log_directory import LogDirectory, log_directory
from runner.cli.options import LogKeyOption, OutputForm, PageForm
from runner.errors import ExitCode

app = typer.Typer(cls=Group, help="Read and verify the audit log.", no_args_is_help=True)

RunId = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run, or the beginning of its id; default: the last.", autocompletion=run_ids),
]
AuditorsList = Annotated[
    str | None,
    typer.Option(
        "--allowed-signers",
        metavar="FILE",
        help="Your list of whose keys count: a file or origin/main:PATH; default: the lines that the log holds.",
    ),
]

TimestampRoots = Annotated[
    Path | None,
    typer.Option(
        "--timestamp-roots",
        metavar="FILE",
        help="PEM certificates that time stamps have to lead to; default: those that the log names.",
    ),
]


app.command()(anchors)
Objects = Annotated[bool, typer.Option("--objects", help="List every object that the run named, and its end.")]
Grep = Annotated[str, typer.Option("--grep", metavar="REGEX", help="With --objects: only keys in which this is found.")]

app.command()(export)
app.command()(reconcile)
app.command()(sign)


@app.command("list")
def list_runs(
    account: Account = "",
    target: Target = "",
    who: Who = "",
    since: Since = "",
    until: Until = "",
    log: LogDirectory = None,
    output: PageForm = Page.TEXT,
) -> None:
    """List the runs: which playbook, in which account, by whom, and how each ended."""
    from runner.audit.run_summary import runs  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.audit_view import show_runs  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same

    wanted = selection("", account, target, who, since, until)
    found = tuple(run for run in runs(log_directory(log)) if run.is_in(wanted))
    match output:
        case Page.TEXT:
            show_runs(found, results())
        case Page.JSON:
            print_json({"format": "runner-runs/1", "runs": [run.to_data() for run in found]})
        case Page.HTML:
            from runner.audit.verify import verify_ledger  # noqa: PLC0415  # same
            from runner.cli.pages.period_page import period_page  # noqa: PLC0415  # same

            sys.stdout.write(period_page(found, wanted, verify_ledger(log_directory(log))))


@app.command()
def show(
    run: RunId = None,
    log: LogDirectory = None,
    output: PageForm = Page.TEXT,
    objects: Objects = False,
    grep: Grep = "",
) -> None:
    """Show what one run did: every call with AWS's request id, and what was seen gone.

    With ``--objects``, one line for every version of an object instead: key, version and what became of it.
    """
    from runner.audit.run_summary import chosen_run  # noqa: PLC0415  # same
    from runner.audit.timeline import run_story  # noqa: PLC0415  # same
    from runner.cli.audit_objects import show_objects  # noqa: PLC0415  # same
    from runner.cli.audit_view import show_timeline  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same

    directory = log_directory(log)
    chosen = chosen_run(directory, run or "")
    if objects or grep:
        show_objects(directory, chosen, grep, as_json=output is Page.JSON)
        return
    summary, entries = run_story(directory, chosen)
    match output:
        case Page.TEXT:
            show_timeline(summary, entries, results())
        case Page.JSON:
            listed = tuple(entry.to_data() for entry in entries)
            print_json({"format": "runner-run/1", "run": summary.to_data(), "entries": listed})
        case Page.HTML:
            from runner.audit.kept_plan import kept_plan  # noqa: PLC0415  # same
            from runner.cli.pages.run_page import run_page  # noqa: PLC0415  # same

            kept = kept_plan(directory, chosen)
            sys.stdout.write(run_page(summary, entries, None if kept is None else kept.plan))


@app.command()
def verify(
    log: LogDirectory = None,
    log_key: LogKeyOption = None,
    allowed_signers: AuditorsList = None,
    timestamp_roots: TimestampRoots = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Check that nothing in the log was changed or cut off, and that what it says and who signed it holds together.

    Exit code 3 when the log is not intact.
    """
    from runner.audit.signatories import Signatories  # noqa: PLC0415  # same
    from runner.audit.ssh_keygen import CheckedVerifier  # noqa: PLC0415  # same
    from runner.audit.verify import Broken, verify_ledger  # noqa: PLC0415  # same
    from runner.cli.audit_view import show_verification  # noqa: PLC0415  # same
    from runner.cli.log_key_option import log_key_of  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.signers_file import read_list  # noqa: PLC0415  # same
    from runner.cli.time_stamps import roots_of  # noqa: PLC0415  # same

    key = log_key_of(log_key)
    listed = None if allowed_signers is None else read_list(allowed_signers, Path()).signers
    people = Signatories(CheckedVerifier(os.environ).verify, listed)
    roots = None if timestamp_roots is None else roots_of(str(timestamp_roots))
    found = verify_ledger(log_directory(log), key, people, roots)
    if output is Output.JSON:
        print_json(found.to_data())
    else:
        show_verification(found, results())
    if isinstance(found, Broken):
        raise typer.Exit(int(ExitCode.REFUSED))


@app.command()
def tiles(
    into: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="A new directory for the tiles.")],
    log: LogDirectory = None,
) -> None:
    """Write the signed part of the log as tiles (C2SP tlog-tiles), for transparency-log tools."""
    from runner.audit.tile_export import export_tiles  # noqa: PLC0415  # same
    from runner.cli.output import messages, plural, text  # noqa: PLC0415  # same

    size = export_tiles(log_directory(log), into)
    messages().print(text(f"{plural(size, 'record')} written to {into}"))
