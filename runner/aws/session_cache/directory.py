"""The directory of kept sessions: private, checked at every use, and never reached through a symbolic link.

It holds one lock file for each session that was ever kept, here or in the keyring, and the sessions that are kept in
files. The directory is 0700 and its files are 0600 under any umask. What exists already must be this user's and
nobody else's, or it is not used: an entry that somebody else could write might hold another person's session.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from runner.aws.private_directory import FILE_MODE, check, make_all, state_directory
from runner.errors import UsageError

MAX_SIZE = 65_536
"""Bytes; an entry has two to five thousand."""

_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK = re.compile(r"([0-9a-f]{64})\.lock")


def sessions_directory(environ: Mapping[str, str]) -> Path:
    """Return where sessions are kept: ``$XDG_STATE_HOME/runner/sessions``, else ``~/.local/state/runner/sessions``.

    Raises:
        UsageError: when nothing says where the home directory is.
    """
    state = state_directory(environ)
    if state is None:
        raise UsageError("there is no place for kept sessions: HOME is not set", hint="set HOME or XDG_STATE_HOME")
    return state / "sessions"


class SessionDirectory:
    """Read, write, remove and lock what is in the directory; everything raises OSError when it cannot be trusted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def locked(self, digest: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold a session's lock for the length of a block; ``waiting`` is called when another process has it.

        The lock ends with the process that holds it, however that ends. Its file stays: removing it would let two
        processes lock two files of one name.
        """
        make_all(self.path)
        with self._opened() as directory:
            lock = os.open(f"{digest}.lock", os.O_RDWR | os.O_CREAT | _OPEN, FILE_MODE, dir_fd=directory)
        try:
            os.fchmod(lock, FILE_MODE)
            check(lock, stat.S_ISREG)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def digests(self) -> tuple[str, ...]:
        """Return the names of all sessions that were ever kept, in a fixed order; none when there is no directory."""
        try:
            with self._opened() as directory, os.scandir(directory) as entries:
                found = (_LOCK.fullmatch(entry.name) for entry in entries)
                return tuple(sorted(match[1] for match in found if match is not None))
        except FileNotFoundError:
            return ()

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None when there is none; empty when others could have written or read it."""
        try:
            with self._opened() as directory:
                # Not blocking: a named pipe would otherwise wait for a writer.
                file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _OPEN, dir_fd=directory)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return b""  # a symbolic link
            raise
        try:
            check(file, stat.S_ISREG)
            return os.read(file, MAX_SIZE)
        except PermissionError:
            return b""
        finally:
            os.close(file)

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file that is either the old one or the new one, also after a crash.

        1. Write a temporary file. 2. Make it durable. 3. Give it its name. 4. Make the name durable.
        """
        temporary = f"{name}.{os.urandom(8).hex()}"
        with self._opened() as directory:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, FILE_MODE, dir_fd=directory)
            try:
                with os.fdopen(file, "wb") as opened:  # 1
                    os.fchmod(file, FILE_MODE)
                    opened.write(content)
                    opened.flush()
                    os.fsync(file)  # 2
                os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)  # 3
            except OSError:
                os.unlink(temporary, dir_fd=directory)
                raise
            os.fsync(directory)  # 4

    def remove(self, name: str) -> bool:
        """Remove a file, and what an interrupted `write` left of it; return whether there was anything."""
        removed = False
        try:
            with self._opened() as directory, os.scandir(directory) as entries:
                for found in [entry.name for entry in entries]:
                    if found == name or found.startswith(f"{name}."):
                        os.unlink(found, dir_fd=directory)
                        removed = True
        except FileNotFoundError:
            return removed
        return removed

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
        try:
            check(directory, stat.S_ISDIR)
            yield directory
        finally:
            os.close(directory)
