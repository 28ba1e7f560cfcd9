"""The one place where an operating system's refusal becomes `LogUnwritable`, and where the first one stays the last."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from runner.audit.tail import Damaged
from runner.errors import LogUnwritable
from runner.model.canonical import NotCanonical

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


class FirstError:
    """Let nothing be written after something could not be: what is on disk is no longer known."""

    def __init__(self, on: str) -> None:
        self._on = on
        self._why = ""

    def closes(self, why: str) -> None:
        """Let nothing be written any more, for this reason unless there is one already."""
        self._why = self._why or why

    @contextmanager
    def ends(self) -> Iterator[None]:
        """Run a block that writes; the first error in any of them is the last.

        Raises:
            LogUnwritable: for whatever goes wrong in writing, and when something did before.
        """
        if self._why:
            raise LogUnwritable(f"the audit log takes no more records: {self._why}", on=self._on)
        try:
            with writing(self._on):
                yield
        except BaseException as error:
            self.closes(str(error) or type(error).__name__)
            match error:
                case Damaged():
                    raise _damaged(str(error), self._on) from error
                case NotCanonical() | TypeError():
                    raise LogUnwritable(f"a record cannot be written: {error}", on=self._on) from error
                case _:
                    raise


def _damaged(what: str, on: str) -> LogUnwritable:
    return LogUnwritable(
        f"the audit log was changed: {what}",
        on=on,
        hint="run `runner audit verify`; keep the directory as evidence and set RUNNER_LEDGER to a new one",
    )
