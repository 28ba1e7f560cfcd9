"""What every kind of error means to whom it meets: what happened, what was touched, what to do next.

``runner help`` shows them, and ``docs/reference/errors.md`` is made from them; a test finds a kind without a page.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.cli.markdown_text import row
from runner.errors import (
    AwsCallFailed,
    CodeRefused,
    CredentialsRefused,
    ExitCode,
    GateClosed,
    GuardRefused,
    Interrupted,
    InvalidGuardrails,
    InvalidPlaybook,
    LogUnwritable,
    NoCode,
    NotApproved,
    RunnerError,
    UsageError,
)


@dataclass(frozen=True)
class ErrorPage:
    """Hold what is said of one kind of error."""

    kind: type[RunnerError]
    happened: str
    touched: str
    next: tuple[str, ...]

    @property
    def name(self) -> str:
        """The kind's name, as ``--output json`` has it."""
        return self.kind.__name__

    @property
    def code(self) -> ExitCode:
        """The exit code."""
        return self.kind.exit_code


_NOTHING = "Nothing."

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        UsageError,
        "An option, an argument or a file is not what the command takes.",
        _NOTHING,
        ("Read the line that begins with `next`.", "`runner COMMAND --help` lists the options."),
    ),
    ErrorPage(
        InvalidPlaybook,
        "The playbook does not say what a playbook has to say. Every problem stands with its line and column.",
        _NOTHING,
        (
            "Correct the lines, and run `runner validate FILE`.",
            "`runner actions NAME` says which keys a step of that action takes.",
        ),
    ),
    ErrorPage(
        InvalidGuardrails,
        "The organisation's guardrails cannot be read, and without them no playbook is planned.",
        _NOTHING,
        ("Have the lines corrected by whoever owns the guardrails.",),
    ),
    ErrorPage(
        GuardRefused,
        "A check, a limit, a rule that protects, a window, a drift from the plan, or the proof of MFA said no.",
        "Nothing, when a plan is refused. A run that is refused between two steps says which steps are done.",
        (
            "Every finding names the check and what would help.",
            "`runner guardrails explain PLAYBOOK` says which rule decides what.",
            "`runner explain RUN` says which policy decided.",
        ),
    ),
    ErrorPage(
        CredentialsRefused,
        "There are no role credentials that carry MFA: no long-term key, a wrong way through AWS, a refused role.",
        "Nothing; between two steps of a run the error says what is done.",
        ("`runner doctor` looks at profile, device, clock and chain, and names the wrong way when it sees one.",),
    ),
    ErrorPage(
        CodeRefused,
        "AWS did not accept the MFA code: it was mistyped, used before, of another device, or the clock is wrong.",
        _NOTHING,
        (
            "Wait for the next code: AWS takes each one once.",
            "Compare the serial number that is shown with the device that made the code.",
        ),
    ),
    ErrorPage(
        NoCode,
        "A code is needed, and nobody is there to type one.",
        "Nothing. Between two steps the exit code is 8, and `runner resume` goes on.",
        (
            "Run it at a terminal, or give the code with `--mfa-code-stdin`.",
            "`--mfa-from` and `mfa_process` take it from a command.",
        ),
    ),
    ErrorPage(
        NotApproved,
        "The phrase was not typed, or approvals of peers are missing or do not count.",
        _NOTHING,
        (
            "Without a terminal: `--confirm` with the phrase that `runner plan --output json` prints.",
            "`runner approvals PLAN` says of each approval why it counts or not.",
        ),
    ),
    ErrorPage(
        AwsCallFailed,
        "AWS refused a call, or never answered. Its code, its words and its request id are kept.",
        "The error says what was done before. A call without an answer is in doubt: it may have happened.",
        (
            "`runner explain RUN` says which policy layer and statement decided.",
            "`runner resume RUN` looks at what is in doubt, and goes on.",
        ),
    ),
    ErrorPage(
        LogUnwritable,
        "The audit log cannot be written: a full disk, a read-only file system, another owner.",
        "What stands in the log. Nothing is sent without a record, so the run ended at once.",
        (
            "Make room, then `runner audit verify` and `runner resume`.",
            "`RUNNER_LEDGER` names another place for the log.",
        ),
    ),
    ErrorPage(
        Interrupted,
        "Ctrl-C. The first one ends the run after the call in flight; the second gives that call up.",
        "What the error names. A call that was given up is in doubt.",
        ("`runner resume RUN` looks at what is in doubt, and goes on.",),
    ),
    ErrorPage(
        GateClosed,
        "runner was about to send a call that no plan declares, and its own write gate stopped it unsigned.",
        "Nothing by this call. What was done before stands in the log.",
        ("This is a bug: report it with the call that is named. AWS would have refused it too.",),
    ),
    ErrorPage(
        RunnerError,
        "A bug in runner.",
        "Whatever the audit log says; look there first.",
        ("`runner audit show`, then report the bug with what the command printed.",),
    ),
)
"""Every kind of error, in the order in which a run could meet them."""

EXIT_CODES: tuple[tuple[ExitCode, str], ...] = (
    (ExitCode.OK, "every target was seen gone, is scheduled, or was seen out of use or back as asked"),
    (ExitCode.BUG, "a bug in runner"),
    (ExitCode.USAGE, "wrong usage, or an invalid playbook"),
    (ExitCode.REFUSED, "a guard refused; nothing was touched"),
    (ExitCode.CREDENTIALS, "credentials or MFA failed; nothing was touched"),
    (ExitCode.NOT_APPROVED, "not approved, or declined; nothing was touched"),
    (ExitCode.PARTIAL, "partial: some steps are done, some failed"),
    (ExitCode.NOT_SEEN_GONE, "deleted, but not seen gone in time"),
    (ExitCode.SESSION_ENDED, "the run ended before its work was done; `runner resume` goes on"),
    (ExitCode.LOG_UNWRITABLE, "the audit log cannot be written; nothing more was done"),
    (ExitCode.INTERRUPTED, "interrupted; `runner resume` goes on"),
)
"""What every exit code means."""

BY_KIND = {page.name.lower(): page for page in PAGES}
"""The pages by the kind's name, in lower case."""


def errors_page() -> str:
    """Return the page of the reference about errors and exit codes."""
    lines = [
        "# Errors and exit codes",
        "",
        "Made from the code by `make reference`. Every error says what happened, on what, what was touched, and what",
        "to do next; `runner help KIND` shows these pages in the terminal.",
        "",
        "## Exit codes",
        "",
        row("code", "meaning"),
        row("---", "---"),
        *(row(str(int(code)), meaning) for code, meaning in EXIT_CODES),
    ]
    for page in PAGES:
        lines += [
            "",
            f"## {page.name}",
            "",
            f"Exit code {int(page.code)}. {page.happened}",
            "",
            f"**Touched:** {page.touched}",
            "",
            *(f"- {step}" for step in page.next),
        ]
    return "\n".join((*lines, ""))
