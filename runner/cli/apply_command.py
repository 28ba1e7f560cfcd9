"""``runner apply``: the whole procedure."""

from __future__ import annotations

import os

import typer

from runner.cli.form import Output
from runner.cli.options import (
    AllowedSigners,
    ApprovalsPlace,
    BreakGlass,
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
    PlaybookOrPlan,
    Profile,
    RevokedKeys,
    SignLog,
)
from runner.workflow.agenda import PARALLEL


def apply(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    what: PlaybookOrPlan,
    guardrails: GuardrailsFile = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    approvals: ApprovalsPlace = None,
    allowed_signers: AllowedSigners = None,
    revoked_keys: RevokedKeys = None,
    break_glass: BreakGlass = None,
    confirm: Confirm = None,
    sign_log: SignLog = None,
    parallel: Parallel = PARALLEL,
    engine: Engine = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Delete what a reviewed playbook or a sealed plan names: prove MFA, simulate, ask, act, see it gone, log it.

    A sealed plan (`runner plan -o FILE`) is executed as it is, once, or refused with what drifted.
    """
    from runner.audit.location import ledger_directory  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.applied import read_applied  # noqa: PLC0415  # same
    from runner.cli.approvals_wiring import Chosen, admitted_operator  # noqa: PLC0415  # same
    from runner.cli.running import run  # noqa: PLC0415  # same
    from runner.cli.signing_key import log_signer  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    given, directory = read_applied(what, guardrails), ledger_directory(os.environ)
    chosen = Chosen(approvals, allowed_signers, revoked_keys, break_glass)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, confirm, keep_session, fresh_mfa, parallel, engine)
    ended = run(
        given,
        directory,
        options,
        output,
        log_signer(sign_log, given.guardrails, os.environ),
        lambda services: admitted_operator(what, given, chosen, services, directory, os.environ),
    )
    raise typer.Exit(int(ended))
