"""The error tree: every error a user can meet, with its exit code.

::

    RunnerError                    1  a bug, unless a leaf says otherwise
    ├── UsageError                 2  wrong usage
    ├── InvalidPlaybook            2  carries every problem with its position
    │   └── InvalidGuardrails      2  the same for the organisation's guardrails
    ├── GuardRefused               3  carries every finding
    ├── CredentialsRefused         4  credentials or MFA
    │   ├── CodeRefused            4  a fresh code may help
    │   └── NoCode                 4  nobody is there to give a code; between two steps of a run it is 8
    ├── NotApproved                5  declined, nobody there to confirm, or approvals are missing
    ├── LogUnwritable              9  the audit log cannot be written
    ├── Interrupted              130  the operator pressed Ctrl-C
    ├── GateClosed                 1  a call that no plan declares was stopped before it was signed
    └── AwsCallFailed              6  AWS answered no; translated once, in ``runner.aws``

An error never prints, logs or exits. Its text is produced in ``runner.cli.failure`` from its fields: what
happened, on which resource, what was touched so far, and what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import ClassVar

NOTHING_TOUCHED = "nothing was touched"


class ExitCode(IntEnum):
    """Say how a command ended; the numbers are part of the interface."""

    OK = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3
    CREDENTIALS = 4
    NOT_APPROVED = 5
    PARTIAL = 6
    NOT_SEEN_GONE = 7
    SESSION_ENDED = 8
    LOG_UNWRITABLE = 9
    INTERRUPTED = 130


@dataclass(frozen=True)
class AwsAnswer:
    """Keep AWS's own words of a refusal, for the user and for the audit log."""

    operation: str
    """``service:Operation`` as botocore names it, for example ``s3:DeleteBucket``."""
    code: str
    """AWS's error code, or a name of ours in angle brackets when AWS never answered."""
    message: str
    request_id: str = ""
    status: int = 0
    """The HTTP status; 0 when no answer came."""
    extended_request_id: str = ""


@dataclass(frozen=True)
class Problem:
    """Point at one mistake in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""


class RunnerError(Exception):
    """Say what happened, on what, what was touched so far, and what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        what: str,
        *,
        on: str = "",
        hint: str = "",
        touched: str = NOTHING_TOUCHED,
        aws: AwsAnswer | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.on = on
        self.hint = hint
        self.touched = touched
        self.aws = aws


class UsageError(RunnerError):
    """Report a wrong option or argument."""

    exit_code = ExitCode.USAGE


class InvalidPlaybook(RunnerError):
    """Report every problem of a playbook at once."""

    exit_code = ExitCode.USAGE
    says: ClassVar[str] = "the playbook is not valid"
    advice: ClassVar[str] = "correct the lines above and run `runner validate` again"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
        super().__init__(f"{self.says}: {count}", on=problems[0].file if problems else "", hint=self.advice)
        self.problems = problems


class InvalidGuardrails(InvalidPlaybook):
    """Report every problem of the organisation's guardrails at once; without them no playbook is planned."""

    says = "the guardrails are not valid"
    advice = "have the lines above corrected by whoever owns the guardrails"


class GuardRefused(RunnerError):
    """Report that a guard said no before anything was written to AWS."""

    exit_code = ExitCode.REFUSED

    def __init__(
        self,
        what: str,
        *,
        findings: tuple[str, ...] = (),
        on: str = "",
        hint: str = "",
        aws: AwsAnswer | None = None,
    ) -> None:
        super().__init__(what, on=on, hint=hint, aws=aws)
        self.findings = findings


class CredentialsRefused(RunnerError):
    """Report that no MFA-bearing role credentials could be had."""

    exit_code = ExitCode.CREDENTIALS


class CodeRefused(CredentialsRefused):
    """Report that AWS did not accept a code; another, fresh one may be accepted."""


class NoCode(CredentialsRefused):
    """Report that a code is needed and that nobody is there to give it, or that nobody wants to."""


class NotApproved(RunnerError):
    """Report that the confirmation was declined, wrong or impossible, or that peers' approvals are missing.

    ``findings`` say of each approval why it does not count.
    """

    exit_code = ExitCode.NOT_APPROVED

    def __init__(self, what: str, *, findings: tuple[str, ...] = (), on: str = "", hint: str = "") -> None:
        super().__init__(what, on=on, hint=hint)
        self.findings = findings


class LogUnwritable(RunnerError):
    """Report that the audit log cannot be written, so nothing more was done."""

    exit_code = ExitCode.LOG_UNWRITABLE


class Interrupted(RunnerError):
    """Report that the operator interrupted the run."""

    exit_code = ExitCode.INTERRUPTED


class GateClosed(RunnerError):
    """Report that the write gate stopped a call that is in no plan: a bug in runner, and the reason for the gate."""


class AwsCallFailed(RunnerError):
    """Carry a call that AWS refused or never answered; raised by ``runner.aws`` only.

    ``retriable`` says that AWS asked to try again later (throttling, 5xx). ``in_doubt`` says that no answer
    came, so the call may or may not have happened.
    """

    exit_code = ExitCode.PARTIAL

    def __init__(
        self, aws: AwsAnswer, *, on: str = "", hint: str = "", retriable: bool = False, in_doubt: bool = False
    ) -> None:
        super().__init__(f"{aws.operation} failed: {aws.code}", on=on, hint=hint, aws=aws)
        self.answer = aws
        self.retriable = retriable
        self.in_doubt = in_doubt

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole between processes; an exception does not by itself when it is not made of its text."""
        made = partial(type(self), on=self.on, hint=self.hint, retriable=self.retriable, in_doubt=self.in_doubt)
        return made, (self.answer,), self.__dict__
