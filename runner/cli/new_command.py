"""``runner new``: a draft of a playbook on stdout, for a person to finish. Nothing is changed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from runner.cli.options import FreshMfa, KeepSession, LookRegion, LookRole, MfaCodeStdin, MfaFrom, MfaSerial, Profile

FromArn = Annotated[
    list[str] | None, typer.Option("--from-arn", metavar="ARN", help="A thing to delete; may be repeated.")
]
FromTag = Annotated[
    list[str] | None, typer.Option("--from-tag", metavar="KEY=VALUE", help="All that has this tag; may be repeated.")
]
FromStack = Annotated[
    list[str] | None,
    typer.Option("--from-stack", metavar="NAME", help="All resources of a CloudFormation stack; may be repeated."),
]


def new(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    role_arn: LookRole,
    from_arn: FromArn = None,
    from_tag: FromTag = None,
    from_stack: FromStack = None,
    region: LookRegion = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
) -> None:
    """Write a draft of a playbook for things that exist, with their pins; the reasons are left to you."""
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.draft_yaml import draft_yaml  # noqa: PLC0415  # same
    from runner.cli.look_region import look_region  # noqa: PLC0415  # same
    from runner.cli.output import messages  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.errors import UsageError  # noqa: PLC0415  # same
    from runner.workflow.drafting import Asked, draft  # noqa: PLC0415  # same

    tags = tuple((key, value) for key, _, value in (tag.partition("=") for tag in from_tag or ()))
    asked = Asked(tuple(from_arn or ()), tags, tuple(from_stack or ()))
    if asked == Asked() or not all(key and value for key, value in tags):
        raise UsageError("nothing says what to delete", hint="give --from-arn, --from-tag Key=Value or --from-stack")
    where = look_region(region, *asked.arns)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    with Story(messages()) as story:
        made = draft(asked, role_arn, where, BY_NAME, services(options, where, story))
    sys.stdout.write(draft_yaml(made))
