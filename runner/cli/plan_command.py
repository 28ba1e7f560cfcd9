"""``runner plan``: everything `runner apply` does before it asks, and nothing after."""

from __future__ import annotations

import os

import typer

from runner.cli.form import Review
from runner.cli.options import (
    Against,
    FreshMfa,
    GuardrailsFile,
    KeepSession,
    MfaCodeStdin,
    MfaFrom,
    MfaSerial,
    PlanOut,
    PlaybookFile,
    Profile,
    ReviewForm,
    ValidFor,
)


def plan(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    playbook: PlaybookFile,
    guardrails: GuardrailsFile = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    out: PlanOut = None,
    valid_for: ValidFor = None,
    against: Against = None,
    output: ReviewForm = Review.TEXT,
) -> None:
    """Show what a playbook would delete, and whether MFA protects it; nothing is changed.

    Exit code 3 when a guard refuses the plan, or when it is not the one of --against.
    """
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.notifying import Notifying  # noqa: PLC0415  # same
    from runner.cli.output import messages  # noqa: PLC0415  # same
    from runner.cli.plan_file import check_place, read_plan_file, validity  # noqa: PLC0415  # same
    from runner.cli.plan_report import report  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.sealing import keep_plan  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.workflow.prepare import prepare  # noqa: PLC0415  # same

    good_for = validity(valid_for)
    if out is not None:
        check_place(out)
    old = None if against is None else read_plan_file(against)
    loaded = read_playbook(playbook, BY_NAME)
    floor = read_guardrails(guardrails, os.environ, playbook, BY_NAME)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    with Story(messages()) as story:
        telling = Notifying(story, floor.notify, os.environ)
        ports = services(options, loaded.region, telling)
        prepared = prepare(loaded, BY_NAME, ports, floor)
    sealed = None if out is None else keep_plan(prepared, out, good_for, ports.clock)
    if sealed is not None:
        telling.sealed(sealed.plan)
    raise typer.Exit(int(report(prepared.plan, output, sealed=sealed, old=old)))
