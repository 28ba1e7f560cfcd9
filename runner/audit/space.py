"""Disk space for records that must not fail: the outcomes of calls that were sent.

Before a call is sent, its intent is on disk and room for at least `MARGIN` bytes after it is allocated, so that the
outcome fits even when the disk is full by then. The room lies past the end of the segment (``FALLOC_FL_KEEP_SIZE``,
fallocate(2)), so the file's size and bytes do not change, and an append-only file (``chattr +a``) allows it.

Where there is no such call (macOS, ZFS, NFS), nothing is reserved and the log says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable

RECORD_SPACE = 4 * 1024
"""Bytes to reckon for one record; most are below 1 KiB."""

MARGIN = 256 * 1024
"""Bytes that are allocated past every intent."""

_KEEP_SIZE = 1
"""``FALLOC_FL_KEEP_SIZE`` of linux/falloc.h."""

_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})


def space_for(calls: int) -> int:
    """Return the bytes to reserve for a run that sends this many calls: two records each, and a margin."""
    return calls * 2 * RECORD_SPACE + MARGIN


def allocate(descriptor: int, offset: int, size: int) -> str:
    """Allocate disk space after the end of a file; return why not, when the system has no way to do it.

    Raises:
        OSError: when the system has a way and it failed: the disk is full, a quota is reached.
    """
    if _fallocate is None:
        return "this system has no fallocate(2)"
    while _fallocate(descriptor, _KEEP_SIZE, offset, size) != 0:
        number = ctypes.get_errno()
        if number in _UNSUPPORTED:
            return f"fallocate(2): {os.strerror(number)}"
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
    return ""


def _find_fallocate() -> Callable[[int, int, int, int], int] | None:
    library = ctypes.CDLL(None, use_errno=True)
    for name in ("fallocate64", "fallocate"):
        found = getattr(library, name, None)
        if found is not None:
            found.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
            found.restype = ctypes.c_int
            call: Callable[[int, int, int, int], int] = found
            return call
    return None


_fallocate = _find_fallocate()
