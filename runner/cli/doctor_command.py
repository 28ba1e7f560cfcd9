"""``runner doctor``: what is wrong with the way to AWS, the role and a playbook's targets, and what to do about it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from runner.cli.completions import playbook_files
from runner.cli.form import Report
from runner.cli.options import FreshMfa, GuardrailsFile, KeepSession, MfaCodeStdin, MfaFrom, MfaSerial, Profile
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.guard.diagnosis_live import Settled
    from runner.workflow.doctoring.examine import Diagnosis
    from runner.workflow.doctoring.wanted import Wanted


_PATHS = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "RUNNER_LEDGER")
"""Variables that hold a path, which may name somebody."""


PlaybookToo = Annotated[
    str | None,
    typer.Argument(
        metavar="[PLAYBOOK]", help="A playbook whose role and targets are looked at too.", autocompletion=playbook_files
    ),
]
RoleArn = Annotated[str | None, typer.Option("--role-arn", metavar="ARN", help="The role, when there is no playbook.")]
NoCode = Annotated[bool, typer.Option("--no-code", help="Ask for no MFA code; what needs one is not examined.")]
Live = Annotated[
    str | None,
    typer.Option("--live", metavar="ROLE_ARN", help="Settle on this role what AWS does not document; needs two codes."),
]
DiagnosisForm = Annotated[Report, typer.Option("--output", help="The form; markdown masks whatever names you.")]


def doctor(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    playbook: PlaybookToo = None,
    guardrails: GuardrailsFile = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    keep_session: KeepSession = None,
    fresh_mfa: FreshMfa = False,
    role_arn: RoleArn = None,
    no_code: NoCode = False,
    live: Live = None,
    output: DiagnosisForm = Report.TEXT,
) -> None:
    """Look for what is wrong with keys, MFA, role and targets; nothing is written.

    Exit code 3 when there is a problem, or when something that was looked at did not tell.
    """
    from runner.cli.doctor_view import exit_code  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.doctor_wiring import instruments  # noqa: PLC0415  # same
    from runner.cli.output import messages  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same
    from runner.workflow.doctoring.examine import examine  # noqa: PLC0415  # same
    from runner.workflow.doctoring.live import CODES, settle  # noqa: PLC0415  # same

    wanted = _wanted(playbook, guardrails, role_arn, live, ask_code=not no_code)
    wanted = replace(wanted, code_given=mfa_code_stdin or mfa_from is not None)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from, None, keep_session, fresh_mfa)
    with Story(messages()) as story:
        tools = instruments(options, story)
        if live is not None:
            messages().print(f"at most {CODES} codes will be asked for; each works once, so the second comes later")
        diagnosis = examine(wanted, tools)
        settled = settle(diagnosis, tools.probe) if live is not None else ()
    paths = (os.environ.get(name, "") for name in _PATHS)
    _show(diagnosis, settled, output, (profile or "", mfa_serial or "", playbook or "", *paths))
    raise typer.Exit(int(exit_code(diagnosis.lines, settled)))


def _wanted(
    playbook: str | None, guardrails: str | None, role_arn: str | None, live: str | None, *, ask_code: bool
) -> Wanted:
    """Return what is looked at.

    Raises:
        UsageError: when the options contradict each other, or name no role.
        InvalidPlaybook: with every problem of the playbook, or of the guardrails.
    """
    from runner.workflow.doctoring.role_stage import is_role  # noqa: PLC0415  # same
    from runner.workflow.doctoring.wanted import Wanted  # noqa: PLC0415  # same

    if live is not None and not ask_code:
        raise UsageError("--live needs codes", on="--no-code", hint="drop one of the two")
    if [playbook, role_arn, live].count(None) < 2:  # noqa: PLR2004  # one of the three names the role
        raise UsageError(
            "PLAYBOOK, --role-arn and --live each name the role", on="arguments", hint="give one of the three"
        )
    named = live or role_arn or ""
    if named and not is_role(named):
        raise UsageError("this is not the ARN of a role", on=named, hint="it looks like arn:aws:iam::ACCOUNT:role/NAME")
    if playbook is None:
        return Wanted(role_arn=named, ask_code=ask_code)
    from runner.catalog import BY_NAME  # noqa: PLC0415  # same
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.guard.floor import rules_for  # noqa: PLC0415  # same
    from runner.model.fleet import Fleet  # noqa: PLC0415  # same
    from runner.workflow.binding import bind_steps  # noqa: PLC0415  # same

    loaded = read_playbook(playbook, BY_NAME)
    if isinstance(loaded, Fleet):
        named = ", ".join(section.role_arn for section in loaded.sections)
        hint = f"name one with --role-arn: {named}"
        raise UsageError("this playbook is for several accounts, and the doctor looks at one", on=playbook, hint=hint)
    floor = read_guardrails(guardrails, os.environ, playbook, BY_NAME)
    held = rules_for(loaded, floor).over(loaded)
    return Wanted(held, floor, bind_steps(held, BY_NAME), ask_code=ask_code)


def _show(diagnosis: Diagnosis, settled: tuple[Settled, ...], output: Report, names: tuple[str, ...]) -> None:
    from runner.cli.doctor_markdown import markdown  # noqa: PLC0415  # same
    from runner.cli.doctor_view import show_diagnosis, to_data  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same

    match output:
        case Report.TEXT:
            show_diagnosis(diagnosis.lines, settled, results())
        case Report.JSON:
            print_json(to_data(diagnosis.lines, settled))
        case Report.MARKDOWN:
            home = os.environ.get("HOME", "")
            sys.stdout.write(markdown(diagnosis.lines, settled, (*diagnosis.names, *names), home))
