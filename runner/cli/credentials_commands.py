"""``runner credentials``: MFA-bearing role credentials for other tools, and the user sessions that runner keeps.

- `exec`, `export` and `process` are the operator's own request to hand role credentials out. Nothing else does.
- Secrets go to the command's environment or to stdout, and to stdout of a terminal only with ``--force``.
- A session that is shown not to carry MFA is never handed out (exit 4). One of which it cannot be told is, with a note;
  with ``--require-proof`` it is not (exit 3).
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.groups import Group
from runner.cli.options import FreshMfa, KeepSession, MfaCodeStdin, MfaFrom, MfaSerial, OutputForm, Profile

app = typer.Typer(cls=Group, help="MFA-bearing role credentials for other tools.", no_args_is_help=True)

RoleArns = Annotated[
    list[str],
    typer.Option("--role-arn", help="The role; given several times, each is assumed with the one before it."),
]
Duration = Annotated[
    int, typer.Option("--duration", metavar="SECONDS", help="How long the credentials last: 900 to 3600.")
]
ExternalId = Annotated[str, typer.Option("--external-id", help="The external id that the (last) role asks for.")]
SessionName = Annotated[str, typer.Option("--session-name", help="The role session's name; default: the user's name.")]
Region = Annotated[
    str | None, typer.Option("--region", help="The region; default: AWS_REGION, else that of the profile.")
]
RequireProof = Annotated[
    bool, typer.Option("--require-proof", help="Fail when it cannot be shown that the session carries MFA.")
]
Force = Annotated[bool, typer.Option("--force", help="Print secrets even when stdout is a terminal.")]
SourceProfile = Annotated[
    str, typer.Option("--profile", help="The profile with the user's long-term key; AWS_PROFILE is not read.")
]
Command = Annotated[list[str], typer.Argument(metavar="COMMAND...", help="What to run; write `--` before it.")]


class ExportForm(StrEnum):
    """Name the forms of exported credentials."""

    SHELL = "shell"
    JSON = "json"


@app.command(name="exec", context_settings={"allow_interspersed_args": False})
def exec_(  # noqa: PLR0913  # one parameter for each option
    command: Command,
    *,
    role_arn: RoleArns,
    duration: Duration = 3600,
    external_id: ExternalId = "",
    session_name: SessionName = "",
    region: Region = None,
    require_proof: RequireProof = False,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
) -> None:
    """Run a command with MFA-bearing role credentials in its environment; its exit code is the command's.

    With --mfa-code-stdin the command finds an empty stdin.
    """
    from runner.cli.credentials_child import (  # noqa: PLC0415  # `--help` pays for nothing
        become,
        check_command,
        child_environment,
    )
    from runner.cli.credentials_wiring import Request, obtain  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    check_command(command)
    request = Request(tuple(role_arn), region, duration, external_id, session_name, require_proof)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    obtained = obtain(request, options)
    environment = child_environment(os.environ, obtained.session, obtained.region)
    become(command, environment, stdin_is_spent=mfa_code_stdin)


@app.command()
def export(  # noqa: PLR0913  # same
    *,
    role_arn: RoleArns,
    duration: Duration = 3600,
    external_id: ExternalId = "",
    session_name: SessionName = "",
    region: Region = None,
    require_proof: RequireProof = False,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    output: Annotated[ExportForm, typer.Option("--output", help="The form of the result on stdout.")] = (
        ExportForm.SHELL
    ),
    force: Force = False,
) -> None:
    """Print MFA-bearing role credentials: eval "$(runner credentials export --role-arn …)"."""
    from runner.cli.credentials_view import assume_role_data, shell_lines  # noqa: PLC0415  # same
    from runner.cli.credentials_wiring import Request, obtain, refuse_screen  # noqa: PLC0415  # same
    from runner.cli.output import print_json  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    refuse_screen(force=force, is_terminal=sys.stdout.isatty())
    request = Request(tuple(role_arn), region, duration, external_id, session_name, require_proof)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    obtained = obtain(request, options)
    if output is ExportForm.JSON:
        print_json(assume_role_data(obtained.session))
    else:
        sys.stdout.write(shell_lines(obtained.session, obtained.region, os.environ))


@app.command()
def process(  # noqa: PLR0913  # same
    *,
    role_arn: RoleArns,
    profile: SourceProfile,
    duration: Duration = 3600,
    external_id: ExternalId = "",
    session_name: SessionName = "",
    region: Region = None,
    require_proof: RequireProof = False,
    mfa_serial: MfaSerial = None,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    force: Force = False,
) -> None:
    """Be the credential_process of an AWS profile: print MFA-bearing role credentials for the AWS CLI and SDKs.

    A code is asked for at the terminal itself, or comes from the mfa_process of the profile.
    """
    from runner.cli.credentials_view import process_data  # noqa: PLC0415  # same
    from runner.cli.credentials_wiring import Request, hint_at_keeping, obtain, refuse_screen  # noqa: PLC0415  # same
    from runner.cli.output import print_json  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    refuse_screen(force=force, is_terminal=sys.stdout.isatty())
    request = Request(tuple(role_arn), region, duration, external_id, session_name, require_proof)
    options = Options(
        profile,
        mfa_serial,
        mfa_code_stdin=False,
        mfa_from=mfa_from,
        keep_session=keep_session,
        fresh_mfa=fresh_mfa,
    )
    obtained = obtain(request, options, quiet=True)
    hint_at_keeping(options)
    print_json(process_data(obtained.session))


@app.command()
def status(
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    region: Region = None,
    keep_session: KeepSession = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show who the operator is and which MFA session is kept; no code is asked for."""
    from runner.cli.credentials_upkeep import look_up  # noqa: PLC0415  # same
    from runner.cli.credentials_view import show_status, status_data  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    found = look_up(Options(profile, mfa_serial, mfa_code_stdin=False, keep_session=keep_session), region)
    if output is Output.JSON:
        print_json(status_data(found))
    else:
        show_status(found, results())


@app.command()
def clear(
    profile: Annotated[
        str | None, typer.Option("--profile", help="Only the sessions of this profile's user; default: all of them.")
    ] = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Remove kept MFA sessions, wherever they are kept, and say which."""
    from runner.cli.credentials_upkeep import clear_kept  # noqa: PLC0415  # same
    from runner.cli.credentials_view import removed_data, show_removed  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same

    removed = clear_kept(profile)
    if output is Output.JSON:
        print_json(removed_data(removed))
    else:
        show_removed(removed, results())
