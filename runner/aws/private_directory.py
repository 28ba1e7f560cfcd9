"""Directories that are this user's alone: where they are, how they are made, and how what exists is checked.

They are 0700 and their files 0600 under any umask. What exists already must be this user's and nobody else's, or it is
not used; nothing is repaired, because nobody knows what others did with it before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def state_directory(environ: Mapping[str, str]) -> Path | None:
    """Return ``$XDG_STATE_HOME/runner``, else ``~/.local/state/runner``; None when nothing says where home is.

    A relative ``XDG_STATE_HOME`` is ignored, as the XDG Base Directory Specification demands.
    """
    state = Path(environ.get("XDG_STATE_HOME", ""))
    if state.is_absolute():
        return state / "runner"
    home = Path(environ.get("HOME", ""))
    return home / ".local" / "state" / "runner" if home.is_absolute() else None


def make_all(path: Path) -> None:
    """Make the directory and those missing above it."""
    missing = [place for place in (path, *path.parents) if not os.path.lexists(place)]
    for place in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was as fast
            place.mkdir(DIRECTORY_MODE)
            # A umask may have taken our own rights away.
            place.chmod(DIRECTORY_MODE)


def check(descriptor: int, is_kind: Callable[[int], bool]) -> None:
    """Return when what is open is of the right kind (``stat.S_ISDIR``, ``stat.S_ISREG``) and this user's alone.

    Raises:
        PermissionError: with the reason.
    """
    found = os.fstat(descriptor)
    if not is_kind(found.st_mode):
        why = "it is something else than it should be"
    elif found.st_uid != os.geteuid():
        why = f"it belongs to user {found.st_uid}"
    elif found.st_mode & _OTHERS:
        why = f"others may use it (mode {stat.S_IMODE(found.st_mode):04o})"
    else:
        return
    raise PermissionError(errno.EPERM, why)
