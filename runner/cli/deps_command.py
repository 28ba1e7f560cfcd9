"""``runner deps``: what has to be gone before a thing can be, and what dies with it. Nothing is changed."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.options import (
    FreshMfa,
    KeepSession,
    LookRegion,
    LookRole,
    MfaCodeStdin,
    MfaFrom,
    MfaSerial,
    OutputForm,
    Profile,
)

TargetArn = Annotated[str, typer.Argument(metavar="ARN", help="The thing that somebody wants to delete.")]


def deps(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    arn: TargetArn,
    role_arn: LookRole,
    region: LookRegion = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show what has to be gone before a thing can be deleted, what refuses that, and what dies with it."""
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.deps_view import show_dependencies  # noqa: PLC0415  # same
    from runner.cli.look_region import look_region  # noqa: PLC0415  # same
    from runner.cli.output import messages, print_json, results  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.workflow.dependencies import dependencies  # noqa: PLC0415  # same

    where = look_region(region, arn)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    with Story(messages()) as story:
        found = dependencies(arn, role_arn, where, BY_NAME, services(options, where, story))
    if output is Output.JSON:
        print_json(found.to_data())
    else:
        show_dependencies(found, results())
