"""``runner explain``: which policy refused, in plain words beside AWS's own."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.options import MfaCodeStdin, MfaFrom, MfaSerial, OutputForm, Profile

What = Annotated[
    str | None,
    typer.Argument(
        metavar="WHAT",
        help="AWS's error message, `-` for one on stdin, a run or the beginning of its id, or a playbook with --step; "
        "default: the last run.",
    ),
]
StepId = Annotated[
    str | None, typer.Option("--step", metavar="ID", help="WHAT is a playbook: simulate this step of it again.")
]
Decode = Annotated[
    bool, typer.Option("--decode", help="Have STS open encoded authorization messages, with the profile's key.")
]


def explain(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    what: What = None,
    step: StepId = None,
    decode: Decode = False,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Say which policy refused a call, from AWS's message, from a run's log, or by simulating a step again."""
    from runner.cli.explain_sources import of_run, of_step, of_text, opened  # noqa: PLC0415  # `--help` pays nothing
    from runner.cli.explain_view import show_explanations  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.wiring import Options  # noqa: PLC0415  # same

    if step is not None:
        found = of_step(what, step, Options(profile, mfa_serial, mfa_code_stdin, mfa_from))
    else:
        found = of_run(what) if _names_a_run(what) else of_text(what or "")
    if decode:
        found = opened(found, profile)
    if output is Output.JSON:
        print_json({"format": "runner-explanations/1", "explanations": tuple(one.to_data() for one in found)})
    else:
        show_explanations(found, results())


def _names_a_run(what: str | None) -> bool:
    """Return whether the text can be a run's id or the beginning of one: a ULID, whose first letter is a digit."""
    import re  # noqa: PLC0415  # same

    return what is None or re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{0,25}", what, re.IGNORECASE | re.ASCII) is not None
