"""The ledger's directories and files: private, durable, and never through a symbolic link.

Directories are 0700 and files 0600 under any umask. What exists already must be this user's, must be what it seems,
and nobody else may write to it. Everything below the ledger's own directory is opened relative to a directory that is
open already, so that no path is looked up twice.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""On macOS ``fsync`` leaves data in the drive's cache; this asks for more (fsync(2) there)."""


def sync(descriptor: int) -> None:
    """Return when a file or directory is durable."""
    if _FULL_SYNC is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, _FULL_SYNC)


def open_root(path: Path) -> int:
    """Open the ledger's own directory; make it, and missing directories above it, first.

    Raises:
        OSError: when it cannot be made or opened, is a symbolic link, or is not this user's alone.
    """
    missing = [place for place in (path, *path.parents) if not os.path.lexists(place)]
    for place in reversed(missing):
        parent = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _make(place.name, parent)
        finally:
            os.close(parent)
    return _trusted(os.open(path, _DIRECTORY), stat.S_ISDIR)


def open_directory(name: str, parent: int) -> int:
    """Open a directory inside one that is open; make it first when it is missing.

    Raises:
        OSError: as for `open_root`.
    """
    _make(name, parent)
    return _trusted(os.open(name, _DIRECTORY, dir_fd=parent), stat.S_ISDIR)


def open_ledger_directories(path: Path) -> tuple[int, int]:
    """Open the ledger's own directory and that of its segments, both made when they are missing.

    Raises:
        OSError: as for `open_root`; nothing is left open.
    """
    root = open_root(path)
    try:
        return root, open_directory("log", root)
    except OSError:
        os.close(root)
        raise


def exists(name: str, parent: int) -> bool:
    """Return whether anything has this name in an open directory.

    Raises:
        OSError: when this cannot be told.
    """
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def open_log(name: str, parent: int, *, create: bool) -> int:
    """Open a file for reading and appending; a new one is durable, with its name, on return.

    Raises:
        FileNotFoundError: when it does not exist and ``create`` is False.
        OSError: when it cannot be opened, is not a regular file, or is not this user's alone.
    """
    try:
        return _trusted(os.open(name, _APPEND, dir_fd=parent), stat.S_ISREG)
    except FileNotFoundError:
        if not create:
            raise
    return _created(name, parent, _APPEND)


def open_to_read(path: Path | str, parent: int | None = None) -> int:
    """Open a regular file for reading, whoever it belongs to, but never through a symbolic link.

    Raises:
        OSError: when it cannot be opened, or is something else than a file.
    """
    descriptor = os.open(path, _READ, dir_fd=parent)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a file")


def write_new(name: str, parent: int, content: bytes, mode: int = FILE_MODE) -> None:
    """Write a whole file that is either not there or complete, also after a crash; an older one is replaced.

    1. Write a temporary file. 2. Make it durable. 3. Give it its name. 4. Make the name durable.

    Raises:
        OSError: when any of that fails; the temporary file is removed.
    """
    temporary = f".{name}.{os.getpid()}.{os.urandom(8).hex()}"
    descriptor = _begun(temporary, parent, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        write_whole(descriptor, content)  # 1
        sync(descriptor)  # 2
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)  # 3
    except OSError:
        os.unlink(temporary, dir_fd=parent)
        raise
    finally:
        os.close(descriptor)
    sync(parent)  # 4


def write_whole(descriptor: int, content: bytes) -> None:
    """Write with one system call and check the count.

    A second call would let another writer's bytes in between, so a short write is an error: the disk is full.

    Raises:
        OSError: when not everything was written.
    """
    written = os.write(descriptor, content)
    if written != len(content):
        raise OSError(errno.ENOSPC, f"only {written} of {len(content)} bytes were written")


def _make(name: str, parent: int) -> None:
    try:
        os.mkdir(name, DIRECTORY_MODE, dir_fd=parent)
    except FileExistsError:
        return
    os.chmod(name, DIRECTORY_MODE, dir_fd=parent)
    sync(parent)


def _created(name: str, parent: int, flags: int) -> int:
    """Open a new file whose name is durable."""
    descriptor = _begun(name, parent, flags, FILE_MODE)
    sync(descriptor)
    sync(parent)
    return descriptor


def _begun(name: str, parent: int, flags: int, mode: int) -> int:
    """Open a new file."""
    descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, mode, dir_fd=parent)
    os.fchmod(descriptor, mode)
    return descriptor


def _trusted(descriptor: int, is_kind: Callable[[int], bool]) -> int:
    """Return the descriptor when it is of the right kind and this user's alone; close it otherwise."""
    found = os.fstat(descriptor)
    if not is_kind(found.st_mode):
        why = "it is something else than it should be"
    elif found.st_uid != os.geteuid():
        why = f"it belongs to user {found.st_uid}"
    elif found.st_mode & _OTHERS_WRITE:
        why = "others may write to it"
    else:
        return descriptor
    os.close(descriptor)
    raise PermissionError(errno.EPERM, why)
