"""Which codes were given lately, so that none is sent twice: AWS takes a code once and counts every try.

What is kept is one empty file for each code: its name is a salted hash of serial and code, its modification time is
when the code was given. The file is there before the code is sent, so a run that is killed leaves it behind.

A code has six digits, so its plain hash could be looked up among a million. Hence the salt, which only this user can
read, and a hash that takes some 20 ms: whoever has both still needs hours, and a code is worth nothing after minutes.

The directory is made 0700 and its files 0600. What exists already must be this user's and nobody else's.
The salt is also the lock: of two processes with one code, the second is told that the first has it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from runner.aws.private_directory import FILE_MODE, check, make_all, state_directory
from runner.errors import CredentialsRefused
from runner.model.ports import Clock
from runner.model.session import Secret

MEMORY = timedelta(minutes=2)
"""How long a code is remembered; AWS was seen to accept one until a minute after its device stopped showing it."""
ROUNDS = 100_000
"""Rounds of PBKDF2-HMAC-SHA256."""

_SALT = "salt"
_SALT_SIZE = 32
_HASH = re.compile(r"[0-9a-f]{64}")
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def codes_directory(environ: Mapping[str, str]) -> Path:
    """Return where codes are remembered: ``$XDG_STATE_HOME/runner/codes``, else ``~/.local/state/runner/codes``.

    Raises:
        CredentialsRefused: when nothing says where the home directory is.
    """
    state = state_directory(environ)
    if state is None:
        raise CredentialsRefused(
            "there is no place to remember used MFA codes: HOME is not set", hint="set HOME or XDG_STATE_HOME"
        )
    return state / "codes"


class UsedCodes:
    """Remember codes in a directory."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._path = directory
        self._clock = clock

    def claim(self, serial: str, code: Secret) -> bool:
        """Remember a code and return True; return False when it was given within `MEMORY` already.

        Raises:
            CredentialsRefused: when the directory cannot be used or trusted; the code was not given to anybody.
        """
        try:
            with self._locked() as (directory, salt):
                self._forget(directory)
                return self._add(directory, _hash(salt, serial, code))
        except OSError as error:
            raise CredentialsRefused(
                f"used MFA codes cannot be remembered: {error.strerror}",
                on=error.filename if isinstance(error.filename, str) and "/" in error.filename else str(self._path),
                hint="make the directory yours alone (0700), or set XDG_STATE_HOME to one that you can write to",
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[tuple[int, bytes]]:
        """Hold the lock; yield the open directory and the salt."""
        make_all(self._path)
        with contextlib.ExitStack() as opened:
            directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
            opened.callback(os.close, directory)
            check(directory, stat.S_ISDIR)
            file = os.open(_SALT, os.O_RDWR | os.O_CREAT | _OPEN, FILE_MODE, dir_fd=directory)
            opened.callback(os.close, file)
            check(file, stat.S_ISREG)
            fcntl.flock(file, fcntl.LOCK_EX)
            yield directory, _salt(file)

    def _forget(self, directory: int) -> None:
        now = self._clock.now().timestamp()
        for name in os.listdir(directory):
            # A time in the future is the trace of a clock that was wrong: it is kept, because unknown means used.
            if _HASH.fullmatch(name) and now - _time(directory, name) >= MEMORY.total_seconds():
                os.unlink(name, dir_fd=directory)

    def _add(self, directory: int, name: str) -> bool:
        try:
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, FILE_MODE, dir_fd=directory)
        except FileExistsError:
            return False
        os.close(file)
        now = self._clock.now().timestamp()
        os.utime(name, (now, now), dir_fd=directory, follow_symlinks=False)
        return True


def _hash(salt: bytes, serial: str, code: Secret) -> str:
    text = f"{serial}\0{code.reveal()}".encode()
    return hashlib.pbkdf2_hmac("sha256", text, salt, ROUNDS).hex()


def _salt(file: int) -> bytes:
    """Return the salt; one that is not whole (a crash, a full disk) is made anew, and what it hashed is forgotten."""
    found = os.read(file, _SALT_SIZE + 1)
    if len(found) == _SALT_SIZE:
        return found
    made = os.urandom(_SALT_SIZE)
    os.ftruncate(file, 0)
    if os.pwrite(file, made, 0) != _SALT_SIZE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return made


def _time(directory: int, name: str) -> float:
    return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
