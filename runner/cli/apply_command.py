"""``runner apply``: the whole procedure."""

from __future__ import annotations

import os
from dataclasses import replace

import typer

from runner.cli.form import Output
from runner.cli.options import (
    AllowedSigners,
    ApprovalsPlace,
    BreakGlass,
    Confirm,
    FreshMfa,
    GuardrailsFile,
    KeepSession,
    MfaCodeStdin,
    MfaFrom,
    MfaSerial,
    OutputForm,
    PlaybookOrPlan,
    Profile,
    RevokedKeys,
)


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
    output: OutputForm = Output.TEXT,
) -> None:
    """Delete what a reviewed playbook or a sealed plan names: prove MFA, simulate, ask, act, see it gone, log it.

    A sealed plan (`runner plan -o FILE`) is executed as it is, once, or refused with what drifted.
    """
    from runner import __version__  # noqa: PLC0415  # `--help` pays for nothing
    from runner.audit.location import ledger_directory  # noqa: PLC0415  # same
    from runner.audit.log import open_ledger  # noqa: PLC0415  # same
    from runner.cli.applied import read_applied  # noqa: PLC0415  # same
    from runner.cli.approvals_wiring import Chosen, admitted_operator  # noqa: PLC0415  # same
    from runner.cli.output import messages, print_json, results  # noqa: PLC0415  # same
    from runner.cli.plan_view import show_plan  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.result_view import show_result  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.workflow.apply import apply as apply_plan  # noqa: PLC0415  # same

    given = read_applied(what, guardrails)
    directory = ledger_directory(os.environ)
    chosen = Chosen(approvals, allowed_signers, revoked_keys, break_glass)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, confirm, keep_session, fresh_mfa)
    with Story(messages()) as story:
        ports = services(options, given.playbook.region, story)
        # The log is opened before a code is asked for: a disk that is full is found while nothing is spent.
        tool = f"runner {__version__}"
        with open_ledger(directory, tool=tool, clock=ports.clock) as ledger, given.held(directory):
            # Nor is one spent on a plan that is not approved.
            operator = admitted_operator(what, given, chosen, ports, directory, os.environ)
            ports = replace(ports, operator=operator)
            prepared = replace(given.prepare(ports), admitted=operator.admitted)
            if prepared.plan.blocking and output is Output.TEXT:
                show_plan(prepared.plan, messages())
            result = apply_plan(prepared, ports, ledger)
    if output is Output.JSON:
        print_json(result.to_data())
    else:
        show_result(result, results())
    raise typer.Exit(int(result.exit_code))
