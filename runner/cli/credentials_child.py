"""Become another command that has role credentials in its environment; nothing of runner stays running.

What the environment held about credentials before is dropped: a profile or a stale token would win, or confuse. Its
other AWS settings stay.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from runner.cli.umask import give_back
from runner.errors import UsageError
from runner.model.session import RoleSession

DROPPED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""Where AWS's tools look for credentials (AWS SDKs and Tools Reference, "Environment variables support")."""


def variables(session: RoleSession, region: str) -> dict[str, str]:
    """Return the variables that hand a session to AWS's tools; no region when it is empty."""
    credentials = session.credentials
    region_names = ("AWS_REGION", "AWS_DEFAULT_REGION") if region else ()
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret.reveal(),
        "AWS_SESSION_TOKEN": "" if credentials.token is None else credentials.token.reveal(),
        "AWS_CREDENTIAL_EXPIRATION": timestamp(session.expires),
        **dict.fromkeys(region_names, region),
    }


def child_environment(environ: Mapping[str, str], session: RoleSession, region: str) -> dict[str, str]:
    """Return the environment of a command that is to use a session."""
    kept = {name: value for name, value in environ.items() if name not in DROPPED}
    return {**kept, **variables(session, region)}


def timestamp(moment: datetime) -> str:
    """Return a time as AWS's tools read it: ISO 8601, UTC, seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def check_command(command: Sequence[str]) -> None:
    """Return when the command can be found, so that no code is spent on a slip of the pen.

    Raises:
        UsageError: when it cannot.
    """
    if shutil.which(command[0]) is None:
        raise UsageError("the command was not found", on=command[0], hint="write it after `--`, as in: -- aws s3 ls")


def become(command: Sequence[str], environment: Mapping[str, str], *, stdin_is_spent: bool) -> NoReturn:
    """Replace this process by the command; its exit code and signals are then its own.

    ``stdin_is_spent`` gives it an empty stdin, because an MFA code was read from ours.

    Raises:
        UsageError: when the system refuses to start it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    give_back()
    # Python ignores these, and what is ignored stays so in the command (signal(7)).
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    if stdin_is_spent:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606  # no shell is wanted
    except OSError as error:
        raise UsageError("the command cannot be started", on=command[0], hint=str(error.strerror)) from error
