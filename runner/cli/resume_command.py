"""``runner resume``: go on with a run that ended early."""

from __future__ import annotations

import os

import typer

from runner.cli.form import Output
from runner.cli.log_directory import log_directory
from runner.cli.options import (
    Confirm,
    Engine,
    FreshMfa,
    GuardrailsFile,
    KeepSession,
    MfaCodeStdin,
    MfaFrom,
    MfaSerial,
    OutputForm,
    Parallel,
    Profile,
    RunId,
    SignLog,
)
from runner.workflow.agenda import PARALLEL


def resume(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    run: RunId = "",
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    confirm: Confirm = None,
    guardrails: GuardrailsFile = None,
    sign_log: SignLog = None,
    parallel: Parallel = PARALLEL,
    engine: Engine = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Go on with a run that was interrupted: look at what is in doubt, refuse what changed, finish the rest.

    The plan is the one that was reviewed; approvals hold. Only what is left is confirmed and done.
    """
    from runner.cli.applied import read_rest  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.running import run as run_rest  # noqa: PLC0415  # same
    from runner.cli.signing_key import log_signer  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    directory = log_directory()
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, confirm, keep_session, fresh_mfa, parallel, engine)
    rest = read_rest(directory, run, guardrails)
    signer = log_signer(sign_log, rest.guardrails, os.environ)
    raise typer.Exit(int(run_rest(rest, directory, options, output, signer)))
