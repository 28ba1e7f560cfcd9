"""Start ``runner`` in a process of its own without starting Python: as a fork of the test process, where all is loaded.

It has its own memory, signals, terminal, working directory, environment and exit code, so that it can be killed,
interrupted and raced as any other. Only what comes before `runner.cli.main.main` is left out, and most of its cost:
tests/e2e/test_cli.py starts the real command.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import random
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence

RUNNER = (sys.executable, "-m", "runner")


def in_fork(
    command: Sequence[str], environment: Mapping[str, str], prepare: Callable[[], None] = lambda: None
) -> Callable[[], None]:
    """Return a ``preexec_fn`` that ends the new process with the command's end, so that nothing is executed.

    `subprocess` has put the process's streams, session and directory in place before it is called; ``prepare`` comes
    next. Any other command than ``runner`` is executed as always, and so is one whose environment speaks to Python.
    """
    if tuple(command[: len(RUNNER)]) != RUNNER or _to_python(environment) != _to_python(os.environ):
        return prepare

    def become_runner() -> None:
        code = 1
        try:
            prepare()
            _forget_the_tests(environment)
            code = _run(command[len(RUNNER) :])
        except BaseException:  # noqa: BLE001  # nothing of the child may reach the tests of its parent
            traceback.print_exc()
        finally:
            os._exit(code)

    return become_runner


def _to_python(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the interpreter and its start-up files read of an environment."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def _run(arguments: Sequence[str]) -> int:
    """Run the command, and end as the interpreter does: threads first, then what asked to be told, then the streams."""
    from runner.cli import main  # noqa: PLC0415  # once, in the parent or here

    sys.argv = ["runner", *arguments]
    code = 0
    try:
        main.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _forget_the_tests(environment: Mapping[str, str]) -> None:
    """Put the process's state back to what Python starts with."""
    _let_go_of_files()
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # a descriptor
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # same
    sys.stderr = open(  # noqa: SIM115  # same
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    atexit._clear()
    random.seed()
    gc.enable()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _forget_sessions()


def _let_go_of_files() -> None:
    """Put nothing behind each descriptor of the parent.

    They are not closed, since objects of the parent live on here and would close whatever had got their number.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3, max(map(int, os.listdir("/dev/fd"))) + 1):  # noqa: PTH208  # as in /proc
        if number != nothing and _is_open(number):
            os.dup2(nothing, number, inheritable=False)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _forget_sessions() -> None:
    """Let botocore read the operator's settings anew."""
    from runner.aws import clients  # noqa: PLC0415  # once, in the parent or here

    clients._sessions.clear()
    clients._chosen[0] = None
