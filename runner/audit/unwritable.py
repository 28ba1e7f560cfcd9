"""The one place where an operating system's refusal becomes `LogUnwritable`."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from runner.errors import LogUnwritable

_FULL = "free disk space there, or set RUNNER_LEDGER to a directory that has room"
_CLOSED = "make it writable for this user alone, or set RUNNER_LEDGER to a directory of this user"
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "raise the file size limit of this process (`ulimit -f`)",
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EROFS: _CLOSED,
    errno.ELOOP: "a symbolic link stands where the log should: find out who put it there",
    errno.ENOTDIR: "something else stands where the ledger's directory should: find out who put it there",
}
_OTHER = "check the disk; the next start reads the log from disk again"


@contextmanager
def writing(on: str) -> Iterator[None]:
    """Turn an `OSError` inside the block into `LogUnwritable`, with what can be done about it.

    Raises:
        LogUnwritable: for any `OSError`.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        what = f"the audit log cannot be written: {error.strerror or error}"
        raise LogUnwritable(what, on=on, hint=_HINTS.get(number, _OTHER)) from error


def damaged(what: str, on: str) -> LogUnwritable:
    """Return the error for a log whose end is not what a writer left."""
    return LogUnwritable(
        f"the audit log was changed: {what}",
        on=on,
        hint="run `runner audit verify`; keep the directory as evidence and set RUNNER_LEDGER to a new one",
    )
