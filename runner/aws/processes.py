"""The operator's own commands: `credential_process` and `mfa_process`.

An argv, never a shell. What the command writes to stderr reaches the operator; what it writes to stdout is secret and
stands in no log and no error. Its stdin is the terminal, or nothing: ours may hold an MFA code. Its environment is
ours, with a mark by which a runner that it starts knows itself (``runner.aws.credential_loop``).
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from runner.errors import CredentialsRefused

MARK = "RUNNER_CREDENTIALS"
"""Set in the environment of every command that is to print a key or a code."""
_TERMINAL = Path("/dev/tty")


def split_command(text: str, setting: str, origin: str) -> tuple[str, ...]:
    """Split a setting into arguments as a POSIX shell would, without running one.

    Raises:
        CredentialsRefused: on an open quote.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise CredentialsRefused(
            f"{setting} cannot be split into arguments: {error}", on=origin, hint="close the quote; no shell is used"
        ) from error


def secret_output(argv: tuple[str, ...], setting: str, seconds: float) -> str:
    """Run the command and return what it printed.

    Raises:
        CredentialsRefused: when it cannot be started, fails, takes too long, or prints no text.
    """
    name = f"{setting} ({argv[0]})"
    try:
        with _operators_input() as stdin:
            ended = subprocess.run(
                argv,
                stdin=stdin,
                stdout=subprocess.PIPE,
                env={**os.environ, MARK: "1"},
                timeout=seconds,
                check=False,
            )
        output = ended.stdout.decode("utf-8")
    except FileNotFoundError as error:
        raise _refused(name, "the command was not found", "install it, or correct the setting") from error
    except OSError as error:
        raise _refused(name, f"the command cannot be started: {error.strerror}", "correct the setting") from error
    except subprocess.TimeoutExpired:
        # The error holds what was printed so far.
        raise _refused(name, f"no answer within {seconds:g} seconds", "run the command by hand to see why") from None
    except UnicodeDecodeError:
        raise _refused(name, "the command printed something that is not text", "run it by hand") from None
    if ended.returncode != 0:
        raise _refused(name, f"the command ended with exit code {ended.returncode}", "see its own message above")
    return output


@contextlib.contextmanager
def _operators_input() -> Iterator[int]:
    """Give the terminal as stdin when there is one, else nothing."""
    with contextlib.ExitStack() as opened:
        stdin = subprocess.DEVNULL
        with contextlib.suppress(OSError):
            stdin = opened.enter_context(_TERMINAL.open("rb")).fileno()
        yield stdin


def _refused(name: str, what: str, hint: str) -> CredentialsRefused:
    return CredentialsRefused(f"{name}: {what}", on=name, hint=hint)
