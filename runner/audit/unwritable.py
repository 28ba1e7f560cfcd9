"""The one place where an operating system's refusal becomes `LogUnwritable`, and where the first one stays the last."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

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
        raise _unwritable(error, on) from error


class FirstError:
    """Let nothing be written after something could not be: what is on disk is no longer known."""

    def __init__(self, on: str) -> None:
        self._on = on
        self._why = ""

    def closes(self, why: str) -> None:
        """Let nothing be written any more, for this reason unless there is one already."""
        self._why = self._why or why

    def refuse(self) -> None:
        """Return as long as there was none.

        Raises:
            LogUnwritable: otherwise.
        """
        if self._why:
            raise LogUnwritable(f"the audit log takes no more records: {self._why}", on=self._on)

    def ends(self) -> Self:
        """Return a context manager: the first error in any of its blocks is the last.

        Raises:
            LogUnwritable: in the block, for whatever goes wrong in writing; before it, when something did before.
        """
        return self

    def __enter__(self) -> None:
        self.refuse()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        turned = self._turned(error)
        self.closes(str(turned) or type(turned).__name__)
        if turned is not error:
            raise turned from error

    def _turned(self, error: BaseException) -> BaseException:
        match error:
            case OSError():
                return _unwritable(error, self._on)
            case Damaged():
                return _damaged(str(error), self._on)
            case NotCanonical() | TypeError():
                return LogUnwritable(f"a record cannot be written: {error}", on=self._on)
            case _:
                return error


def _unwritable(error: OSError, on: str) -> LogUnwritable:
    what = f"the audit log cannot be written: {error.strerror or error}"
    return LogUnwritable(what, on=on, hint=_HINTS.get(error.errno or 0, _OTHER))


def _damaged(what: str, on: str) -> LogUnwritable:
    return LogUnwritable(
        f"the audit log was changed: {what}",
        on=on,
        hint="run `runner audit verify`; keep the directory as evidence and set RUNNER_LEDGER to a new one",
    )
