"""This machine as `runner doctor` looks at it (port ``Machine`` of ``runner.workflow.doctoring``); nothing is made."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from runner.audit.location import ledger_directory
from runner.audit.space import space_for
from runner.errors import UsageError
from runner.guard.diagnosis_machine import Kind, Place

LONG_RUN = 1000
"""Calls of a long run, whose records must fit on the disk."""


class LocalMachine:
    """Look at commands and at the place of the audit log."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def command(self, name: str) -> str:
        """Return the path of a command that can be run; empty when there is none."""
        return shutil.which(name, path=self._environ.get("PATH")) or ""

    def log_place(self) -> Place:
        """Return what stands where the audit log goes.

        Raises:
            UsageError: when nothing says where that is, or its disk cannot be looked at.
        """
        path = ledger_directory(self._environ)
        above = next(place for place in (path, *path.parents) if os.path.lexists(place))
        try:
            found = above.lstat()
            free = shutil.disk_usage(above).free
        except OSError as error:
            raise UsageError(
                f"the place of the audit log cannot be looked at: {error.strerror}",
                on=str(above),
                hint="correct its mode, or set RUNNER_LEDGER to a directory of your own",
            ) from error
        return Place(
            path=str(path),
            kind=_kind(found.st_mode) if above == path else Kind.MISSING,
            above=str(above),
            own=found.st_uid == os.geteuid(),
            mode=stat.S_IMODE(found.st_mode),
            writable=_is_writable(above),
            free=free,
            wanted=space_for(LONG_RUN),
        )


def _kind(mode: int) -> Kind:
    if stat.S_ISLNK(mode):
        return Kind.LINK
    return Kind.DIRECTORY if stat.S_ISDIR(mode) else Kind.OTHER


def _is_writable(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
