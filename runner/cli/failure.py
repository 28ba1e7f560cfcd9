"""The one place where an error becomes text: what happened, on what, what was touched, what to do next."""

from __future__ import annotations

from rich.text import Text

from runner.cli.form import Output
from runner.cli.output import messages, print_json, tell, text
from runner.errors import GuardRefused, InvalidPlaybook, NotApproved, RunnerError
from runner.model.canonical import Json


def show(error: RunnerError, output: Output = Output.TEXT) -> None:
    """Print an error on stderr, and as a JSON document on stdout when that was asked for."""
    console = messages()
    tell(console, _line("error", error.what, "bold red"))
    if isinstance(error, InvalidPlaybook):
        for problem in error.problems:
            place = f"{problem.file}:{problem.line}:{problem.column}"
            console.print(text(f"  {place}: {problem.message}"), soft_wrap=True)
            if problem.hint:
                console.print(text(f"    {problem.hint}", "dim"), soft_wrap=True)
    if isinstance(error, GuardRefused | NotApproved):
        for finding in error.findings:
            tell(console, text(f"  - {finding}"))
    for label, value in _details(error):
        tell(console, _line(label, value))
    if output is Output.JSON:
        print_json({"format": "runner-error/1", "error": to_data(error)})


def to_data(error: RunnerError) -> dict[str, Json]:
    """Return an error's plain form, for ``--output json``."""
    data: dict[str, Json] = {
        "kind": type(error).__name__,
        "exit_code": int(error.exit_code),
        "what": error.what,
        "on": error.on,
        "touched": error.touched,
        "hint": error.hint,
    }
    if isinstance(error, GuardRefused | NotApproved):
        data["findings"] = error.findings
    if isinstance(error, InvalidPlaybook):
        data["problems"] = [
            {"file": it.file, "line": it.line, "column": it.column, "message": it.message, "hint": it.hint}
            for it in error.problems
        ]
    if error.aws is not None:
        data["aws"] = {
            "operation": error.aws.operation,
            "code": error.aws.code,
            "message": error.aws.message,
            "request_id": error.aws.request_id,
            "status": error.aws.status,
        }
    return data


def _details(error: RunnerError) -> tuple[tuple[str, str], ...]:
    details: list[tuple[str, str]] = []
    if error.on:
        details.append(("on", error.on))
    if error.aws is not None:
        request = f" (request {error.aws.request_id})" if error.aws.request_id else ""
        details.append(("aws", f"{error.aws.operation}: {error.aws.code}: {error.aws.message}{request}"))
    if not isinstance(error, InvalidPlaybook):
        details.append(("touched", error.touched))
    if error.hint:
        details.append(("next", error.hint))
    code = f"{int(error.exit_code)} ({error.exit_code.name.lower().replace('_', ' ')})"
    details.append(("exit", f"{code}; `runner help {type(error).__name__}` says more"))
    return tuple(details)


def _line(label: str, value: str, style: str = "bold") -> Text:
    return Text.assemble((f"{label}: ", style), text(value))
