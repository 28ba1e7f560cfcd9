"""The directory of one running sandbox: what stands in it, who may read it, and whether a server lives in it.

Directories are 0700 and files 0600 whatever the umask. Whoever starts a server locks ``lock`` and hands the lock down
to it; the kernel frees it when the server is gone, however it died. So whether a sandbox runs is never guessed from a
process id, and two cannot start in one place.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from runner.errors import UsageError

LOCK = "lock"
STATE = "sandbox.json"
TOKEN = "token"  # noqa: S105  # a file name
CONFIG = "config"
CREDENTIALS = "credentials"
WORLD = "world.yaml"
LOG = "server.log"
SCRATCH = "tmp"


@dataclass(frozen=True)
class State:
    """Hold what others need to find a running server."""

    pid: int
    port: int
    region: str
    profile: str


def default_directory(environ: Mapping[str, str]) -> Path:
    """Return where a sandbox lives that was started without naming a place (XDG base directory specification)."""
    home = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local" / "state")
    return Path(home) / "runner" / "sandbox"


def claim(path: Path) -> int:
    """Make a directory that only its owner can enter, or take an empty one or a dead sandbox's; return its lock.

    The lock is held as long as a copy of the returned descriptor is open, in this process or in one that inherits it.

    Raises:
        UsageError: when a sandbox runs there, or the directory is somebody else's or holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise UsageError("the sandbox's directory is not a directory of yours", on=str(path), hint="name another one")
    left = {entry.name for entry in path.iterdir()}
    if left and LOCK not in left:
        raise UsageError("the directory is not empty", on=str(path), hint="name an empty or a new one")
    path.chmod(0o700)
    descriptor = _lock(os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    if descriptor is None:
        raise UsageError("a sandbox already runs here", on=str(path), hint="use it, or stop it: runner sandbox stop")
    for name in left - {LOCK}:
        _discard(path / name)
    (path / SCRATCH).mkdir(mode=0o700)
    return descriptor


def write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, replacing it at once."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
    new.replace(path)


def save_state(path: Path, state: State) -> None:
    """Write the state file."""
    write(path / STATE, json.dumps(asdict(state)))


def load_state(path: Path) -> State:
    """Read the state file.

    Raises:
        UsageError: when there is none, so no sandbox was started here.
    """
    try:
        data: Mapping[str, object] = json.loads((path / STATE).read_text(encoding="utf-8"))
        return State(int(str(data["pid"])), int(str(data["port"])), str(data["region"]), str(data["profile"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "no sandbox runs here", on=str(path), hint='start one: eval "$(runner sandbox start)"'
        ) from error


def is_alive(path: Path) -> bool:
    """Return whether a server lives in a directory."""
    try:
        descriptor = _lock(os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW))
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def remove(path: Path) -> None:
    """Remove a sandbox's directory, unless a server lives in it."""
    if not is_alive(path):
        shutil.rmtree(path, ignore_errors=True)


def _lock(descriptor: int) -> int | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
