"""``runner undo``: what a run did, taken back where AWS lets it be."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.log_directory import log_directory
from runner.cli.options import (
    Confirm,
    FreshMfa,
    GuardrailsFile,
    KeepSession,
    MfaCodeStdin,
    MfaFrom,
    MfaSerial,
    OutputForm,
    Profile,
    RunId,
    SignLog,
)

Show = Annotated[bool, typer.Option("--show", help="Only show how each step is undone; AWS is not asked.")]
Out = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="FILE", help="Only write the playbook that undoes it, to have it reviewed."),
]
AccountId = Annotated[str, typer.Option("--account", metavar="ID", help="Which account of a run over several.")]


def undo(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    run: RunId = "",
    show: Show = False,  # Typer makes a flag of it
    out: Out = None,
    account: AccountId = "",
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    confirm: Confirm = None,
    guardrails: GuardrailsFile = None,
    sign_log: SignLog = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show how each step of a run is undone, and undo what runner can: planned, confirmed and logged as always."""
    from runner.cli.running import run as run_it  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.signing_key import log_signer  # noqa: PLC0415  # same
    from runner.cli.undone import read_undone, report, write  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    directory = log_directory()
    undone = read_undone(directory, run, account)
    report(undone, output if show else Output.TEXT, to_result=show)
    if show or not undone.steps:
        return
    if out is not None:
        write(undone, out)
        return
    given = undone.applied(guardrails)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, confirm, keep_session, fresh_mfa)
    ended = run_it(given, directory, options, output, log_signer(sign_log, given.guardrails, os.environ))
    raise typer.Exit(int(ended))
