"""Notice that runner would ask itself for the operator's key.

``runner credentials process`` stands in a profile as its ``credential_process``. When a runner takes its own key from
that very profile, it starts another one: in a circle, or to be handed a role session, which is refused after a code was
spent on it. A way through a wrapper script is noticed by a mark in the environment, the direct one before anything is
started.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from runner.aws.processes import MARK
from runner.errors import CredentialsRefused

_HINT = (
    "name the profile that holds the user's long-term key: `--profile alice`, also behind credential_process: "
    "runner credentials process --profile alice --role-arn …"
)


def refuse_loop(command: tuple[str, ...], origin: str, environ: Mapping[str, str]) -> None:
    """Return when the operator's key comes from somewhere else than from runner; ``command`` is what would print it.

    Raises:
        CredentialsRefused: before anything is started or a code is asked for.
    """
    if environ.get(MARK):
        raise CredentialsRefused(
            "runner was started by a command that is to give runner a key or a code", on=origin, hint=_HINT
        )
    if _is_runner(command):
        raise CredentialsRefused(
            "runner would ask itself for the key: this profile's credential_process is runner", on=origin, hint=_HINT
        )


def _is_runner(argv: tuple[str, ...]) -> bool:
    return "credentials" in argv and any(PurePath(word).name == "runner" for word in argv[: argv.index("credentials")])
