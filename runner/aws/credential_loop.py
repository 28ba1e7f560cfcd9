"""Notice that runner would ask itself for the operator's key.

``runner credentials process`` stands in a profile as its ``credential_process``. When runner takes its own key from
that very profile, each runner starts another one. A chain through a wrapper script is noticed by a mark in the
environment, the direct case before anything is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from runner.aws.profiles import Choice, KeyCommand
from runner.errors import CredentialsRefused

MARK = "RUNNER_CREDENTIALS"
"""Set in the environment of every command that `runner credentials` starts to find the operator's key or code."""
_HINT = (
    "name the profile that holds the user's long-term key: "
    "credential_process = runner credentials process --profile alice --role-arn …"
)


def refuse_loop(choice: Choice, environ: Mapping[str, str]) -> None:
    """Return when the operator's key comes from somewhere else than from runner.

    Raises:
        CredentialsRefused: before anything is started or a code is asked for.
    """
    if environ.get(MARK):
        raise CredentialsRefused(
            "runner was started by a command that is to give runner its key", on=choice.origin, hint=_HINT
        )
    if isinstance(choice.source, KeyCommand) and _is_runner(choice.source.argv):
        raise CredentialsRefused(
            "runner would ask itself for the key: this profile's credential_process is runner",
            on=choice.origin,
            hint=_HINT,
        )


def _is_runner(argv: tuple[str, ...]) -> bool:
    return "credentials" in argv and any(PurePath(word).name == "runner" for word in argv[: argv.index("credentials")])
