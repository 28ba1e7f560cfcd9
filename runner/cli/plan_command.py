"""``runner plan``: everything `runner apply` does before it asks, and nothing after."""

from __future__ import annotations

import typer

from runner.cli.form import Output
from runner.cli.options import MfaCodeStdin, MfaSerial, OutputForm, PlaybookFile, Profile
from runner.errors import ExitCode


def plan(
    playbook: PlaybookFile,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show what a playbook would delete, and whether MFA protects it; nothing is changed.

    Exit code 3 when a guard refuses the plan.
    """
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.output import messages, print_json, results  # noqa: PLC0415  # same
    from runner.cli.plan_view import show_plan  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.guard.confirmation import phrase  # noqa: PLC0415  # same
    from runner.workflow.prepare import prepare  # noqa: PLC0415  # same

    loaded = read_playbook(playbook, BY_NAME)
    with Story(messages()) as story:
        ports = services(Options(profile, mfa_serial, mfa_code_stdin), loaded.region, story)
        made = prepare(loaded, BY_NAME, ports).plan
    if output is Output.JSON:
        confirmation = phrase(made) if made.acting and not made.blocking else None
        print_json({**made.to_data(), "digest": made.digest, "confirm": confirmation})
    else:
        show_plan(made, results())
    if made.blocking:
        raise typer.Exit(int(ExitCode.REFUSED))
