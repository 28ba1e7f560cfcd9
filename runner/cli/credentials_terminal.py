"""Ask for a code at the terminal itself: stdin and stderr may be pipes of the tool that started runner.

botocore, for one, takes the stderr of a ``credential_process`` and shows it only when the command fails, so a question
there would never be seen.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from runner.cli.wiring import Person
from runner.errors import NoCode
from runner.model.session import LongTermIdentity, Secret

TERMINAL = Path("/dev/tty")


def has_terminal() -> bool:
    """Return whether this process has a terminal, wherever stdin and stderr lead."""
    try:
        os.close(os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


class AtTerminal:
    """Wrap a source that asks a person: what it says goes to the terminal (port `CodeSource`)."""

    def __init__(self, asking: Person) -> None:
        self._asking = asking

    @property
    def can_repeat(self) -> bool:
        """As the source."""
        return self._asking.can_repeat

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return the code that the source gives."""
        with TERMINAL.open("w", encoding="utf-8") as terminal, contextlib.redirect_stderr(terminal):
            return self._asking.code(identity, refusal)

    def await_next(self, seconds: int) -> None:
        """Let seconds pass, as the source shows it."""
        if self._asking.await_next is not None:
            with TERMINAL.open("w", encoding="utf-8") as terminal, contextlib.redirect_stderr(terminal):
                self._asking.await_next(seconds)


class NobodyToAsk:
    """Refuse at once, because there is no terminal (port `CodeSource`)."""

    can_repeat = False
    await_next = None

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Raise, naming what gives other tools credentials without a terminal."""
        del refusal
        raise NoCode(
            "an MFA code is needed and there is no terminal to ask at",
            on=identity.serial,
            hint="set mfa_process in the profile, or keep a session that was made at a terminal: --keep-session file",
        )
