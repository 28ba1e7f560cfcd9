"""Claims: one run at a time works on a target, on this host.

A claim is an exclusive ``flock(2)`` on ``locks/<digest of the target>`` in the ledger; the kernel lets go of it when
the process dies, in whatever way, so no stale claim is ever in the way. Who holds it is written into the file, for the
one who is refused. Hosts do not see each other's claims.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from runner.audit.directory import open_directory
from runner.audit.line import sha256
from runner.errors import GuardRefused

FOLDER = "locks"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LONGEST = 256


@contextmanager
def claimed(root: int, targets: tuple[str, ...], holder: str) -> Iterator[None]:
    """Hold a claim on every target inside the block; ``root`` is the open ledger directory, ``holder`` says whose.

    Raises:
        GuardRefused: when another run holds one of them.
        OSError: when the claims cannot be made.
    """
    with ExitStack() as held:
        folder = open_directory(FOLDER, root)
        held.callback(os.close, folder)
        # In one order, so that two runs with targets in common never wait for each other's.
        for target in sorted(set(targets)):
            held.enter_context(_claim(folder, target, holder))
        yield


@contextmanager
def _claim(folder: int, target: str, holder: str) -> Iterator[None]:
    descriptor = os.open(sha256(target.encode()), _FLAGS, 0o600, dir_fd=folder)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GuardRefused(
                f"another run is working on it: {_holder(descriptor)}",
                on=target,
                hint="wait until it has ended, then plan again: what it did changes the plan",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode()[:_LONGEST], 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return os.pread(descriptor, _LONGEST, 0).decode() or "it does not say which"
    return "it does not say which"
