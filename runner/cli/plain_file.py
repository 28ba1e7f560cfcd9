"""Read a file that the operator named: regular files only, never more than it may hold, no pipe that blocks."""

from __future__ import annotations

import os
import stat

from runner.errors import UsageError

_USE_A_FILE = "name a file; pipes, devices and directories are not read"


def read_file(path: str, most: int) -> bytes:
    """Return a file's bytes, at most one more than ``most``.

    Raises:
        UsageError: when it cannot be read.
    """
    try:
        # Not blocking: opening a pipe that nobody writes to would wait forever.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _refuse_all_but_files(number, path)
            with os.fdopen(number, "rb", closefd=False) as file:
                return file.read(most + 1)
        finally:
            os.close(number)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise UsageError("this is not a file name", on=path, hint=_USE_A_FILE) from error


def _refuse_all_but_files(number: int, path: str) -> None:
    mode = os.fstat(number).st_mode
    if stat.S_ISDIR(mode):
        raise UsageError("this is a directory", on=path, hint=_USE_A_FILE)
    if not stat.S_ISREG(mode):
        raise UsageError("this is not a file", on=path, hint=_USE_A_FILE)


def _unreadable(path: str, error: OSError) -> UsageError:
    match error:
        case FileNotFoundError():
            hint = "check the name; it is relative to the current directory"
            if path == "-":
                hint = "a playbook is not read from stdin: reviewers and the audit log need its file"
            return UsageError("there is no such file", on=path, hint=hint)
        case PermissionError():
            return UsageError("this file may not be read", on=path, hint="check its permissions")
        case _:
            reason = error.strerror or type(error).__name__
            return UsageError(f"this file cannot be read: {reason}", on=path, hint=_USE_A_FILE)
