"""``runner audit sign``: sign later how runs ended, when the key was gone at that moment."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from runner.cli.log_directory import LogDirectory, log_directory
from runner.errors import UsageError

SignKey = Annotated[
    str | None,
    typer.Option("--sign-log", metavar="FILE|agent", help="The SSH key that signed the beginning; or RUNNER_SIGN_LOG."),
]


def sign(sign_log: SignKey = None, log: LogDirectory = None) -> None:
    """Sign how your runs ended, where the key was not there at the end; the log is verified first."""
    from runner.audit.late_signature import sign_ends, unsigned_ends  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.output import messages, text  # noqa: PLC0415  # same
    from runner.cli.signing_key import log_signer  # noqa: PLC0415  # same
    from runner.model.guardrails import NO_GUARDRAILS  # noqa: PLC0415  # same

    directory = log_directory(log)
    waiting = unsigned_ends(directory)
    if not waiting.ends:
        messages().print(text("no end of a run waits for a signature"))
        return
    signer = log_signer(sign_log, NO_GUARDRAILS, os.environ)
    if signer is None:
        raise UsageError("no key is named", on="--sign-log", hint="name the SSH key that signed how the run began")
    made = sign_ends(directory, waiting, signer)
    for end in waiting.ends:
        if end in made:
            messages().print(text(f"run {end.run}: its end is signed"))
        else:
            messages().print(text(f"run {end.run}: its beginning was signed by another key, {end.fingerprint}"))
    if not made:
        raise UsageError("nothing was signed", on="--sign-log", hint="name the key that signed how the run began")
