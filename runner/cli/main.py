"""The command ``runner``: finds the commands, and turns every error into text and an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, cast

import typer
from typer.exceptions import TyperException

from runner import __version__
from runner.cli.commands import LISTED, Lazily
from runner.cli.form import Output
from runner.cli.groups import Group
from runner.cli.umask import make_private
from runner.errors import ExitCode, Interrupted, RunnerError, UsageError

SELDOM = 50_000
"""Objects that are made before the youngest are looked through; Python's own number is 700."""


def _interrupted() -> Interrupted:
    return Interrupted("interrupted", hint="start again when you are ready")


class _Commands(Group):
    """Be the root of the commands; Ctrl-C and a reader that went away are ours to tell, not Typer's."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands = cast("Any", Lazily())

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, and load nothing."""
        del ctx
        return list(self.commands)

    def rows(self, ctx: Any) -> Iterable[tuple[str, str]]:
        """Return the names and summaries, and load nothing."""
        del ctx
        return ((one.name, one.summary) for one in LISTED)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as pressed:
            raise _interrupted() from pressed
        except BrokenPipeError as gone:
            raise _ReaderGone from gone


class _ReaderGone(Exception):
    """Say that nobody reads stdout any more."""


app = typer.Typer(
    name="runner",
    cls=_Commands,
    help="Delete MFA-protected AWS resources from a reviewed playbook, and leave a log that an auditor trusts.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"runner {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line and exit with one of the documented codes."""
    # Nothing that runner writes is for other users of the machine.
    make_private()
    _write_anywhere()
    _collect_seldom()
    code = int(ExitCode.BUG)
    try:
        code = _run()
        sys.stdout.flush()
    except (BrokenPipeError, _ReaderGone):
        # The reader of stdout went away; pointing it at /dev/null keeps the interpreter's own flush quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _write_anywhere() -> None:
    """Let a console of an old code page (cp437, cp1252) show what it has no character for as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _collect_seldom() -> None:
    """Look for garbage cycles less often.

    Modules and AWS's service models are many objects that all live to the end; going through them again and again takes
    a tenth of a command's time.
    """
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])


def _run() -> int:
    if sys.argv[1:] == ["--version"]:
        # Putting the commands together takes longer than everything else about it.
        sys.stdout.write(f"runner {__version__}\n")
        return int(ExitCode.OK)
    output = Output.JSON if _wants_json(sys.argv[1:]) else Output.TEXT
    try:
        ended = app(standalone_mode=False)
    except RunnerError as error:
        _show(error, output)
        return int(error.exit_code)
    except typer.Abort:
        _show(_interrupted(), output)
        return int(ExitCode.INTERRUPTED)
    except TyperException as error:
        return _misused(error.format_message(), output)
    except (BrokenPipeError, _ReaderGone):
        raise
    except Exception as error:  # noqa: BLE001  # the last resort: users get two lines, not a traceback
        return _bug(error)
    return ended if isinstance(ended, int) else int(ExitCode.OK)


def _misused(what: str, output: Output) -> int:
    if what.startswith("Usage: "):
        # A group without a command is answered with its help, which is nothing foreign.
        sys.stderr.write(f"{what}\n")
    else:
        _show(UsageError(what, hint="see `runner --help`"), output)
    return int(ExitCode.USAGE)


def _show(error: RunnerError, output: Output) -> None:
    from runner.cli import failure  # noqa: PLC0415  # a command that succeeds needs no console for errors

    failure.show(error, output)


def _bug(error: Exception) -> int:
    if os.environ.get("RUNNER_DEBUG"):
        raise error
    from runner.cli.output import messages, text  # noqa: PLC0415  # same

    console = messages()
    console.print(text(f"error: a bug in runner: {type(error).__name__}: {error}", "bold red"))
    console.print("touched: see `runner audit list`; what was done before this is recorded there")
    console.print("next: set RUNNER_DEBUG=1 to see the traceback, and report it")
    return int(ExitCode.BUG)


def _wants_json(arguments: list[str]) -> bool:
    # What stands behind `--` is another command's.
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    pairs = pairwise((*own, ""))
    return any((name, value) == ("--output", "json") or name == "--output=json" for name, value in pairs)
