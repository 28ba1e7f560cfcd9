"""MFA codes without a person at a terminal: one line of stdin, or a command (``runner.aws.code_commands``).

A code is checked before it is sent: botocore would send seven digits or a letter, and AWS counts every try.
"""

from __future__ import annotations

import re
from typing import TextIO

from runner.aws.processes import secret_output
from runner.errors import CredentialsRefused, NoCode
from runner.model.session import LongTermIdentity, Secret

_CODE = re.compile(r"[0-9]{6}")
_LONGEST_LINE = 64
PROCESS_SECONDS = 30.0
"""How long ``mfa_process`` may take: one time step of a TOTP device (RFC 6238)."""


def six_digits(text: str, origin: str = "the code") -> Secret:
    """Return the text as a code.

    Raises:
        CredentialsRefused: when it is not exactly six ASCII digits; the text is not repeated.
    """
    if _CODE.fullmatch(text) is None:
        raise CredentialsRefused(
            f"{origin} is not six digits; nothing was sent", on=origin, hint="give the code that the device shows now"
        )
    return Secret(text)


class CodeFromStdin:
    """Take one code from one line of a stream (port `CodeSource`)."""

    can_repeat = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._taken = False

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return the code on the first line; spaces around it do not count.

        Raises:
            NoCode: when it was taken already, or there is none.
            CredentialsRefused: when the line is not six digits.
        """
        del refusal
        if self._taken:
            raise NoCode("stdin gave its one code already", on=identity.serial, hint="start again with a fresh code")
        self._taken = True
        try:
            line = self._stream.readline(_LONGEST_LINE)
        except UnicodeDecodeError:
            raise _refused(identity, "stdin is not text", "give one line of six digits") from None
        if not line:
            raise NoCode("stdin ended without a code", on=identity.serial, hint="give one line of six digits")
        return six_digits(line.strip(), "the line on stdin")


class CodeFromProcess:
    """Take one code from a command that prints it (port `CodeSource`); ``setting`` is what names the command."""

    can_repeat = False

    def __init__(self, argv: tuple[str, ...], setting: str = "mfa_process", timeout: float = PROCESS_SECONDS) -> None:
        self._argv = argv
        self._setting = setting
        self._timeout = timeout

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Run the command and return the one line that it printed.

        Raises:
            CredentialsRefused: when the command fails, or prints anything but six digits on one line.
        """
        del refusal
        output = secret_output(self._argv, self._setting, self._timeout)
        name = f"{self._setting} ({self._argv[0]})"
        lines = tuple(line.strip() for line in output.splitlines() if line.strip())
        if len(lines) != 1:
            raise _refused(
                identity,
                f"{name} printed {len(lines)} lines instead of one code",
                "let it print six digits and nothing else, for example `ykman:ACCOUNT` or `op:ITEM`",
            )
        return six_digits(lines[0], f"what {name} printed")


def _refused(identity: LongTermIdentity, what: str, hint: str) -> CredentialsRefused:
    return CredentialsRefused(what, on=identity.serial, hint=hint)
