"""Start, use and stop a sandbox: a local AWS in a process of its own, reached as AWS is.

`start` leaves the server running until `stop`; `running` ends it with the block, and the server ends by itself when
the process that opened the block dies. Both return when the server has answered.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from runner.errors import UsageError
from runner.sandbox import state_directory, world_file
from runner.sandbox.client import Sandbox, attach

__all__ = ["Sandbox", "attach", "running", "start", "stop"]

EXTRA = "pip install 'guarded-runner[sandbox]'"
PATIENCE = 60
"""Seconds a server gets to start; it needs about one."""
POLL = 0.02
"""Seconds between two looks at a server that ends."""
GRACE = 10
"""Seconds a server gets to end before it is killed."""

_INHERITED = ("HOME", "LANG", "PATH", "VIRTUAL_ENV")
_INHERITED_PREFIXES = ("COV", "LC_", "PYTHON")

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this process started and has not reaped."""


def start(world: Path | None = None, port: int = 0, directory: Path | None = None) -> Sandbox:
    """Start a sandbox that outlives this process, in ``directory`` or a new temporary directory.

    Raises:
        UsageError: when the sandbox is not installed, the world is not valid, or the server does not start.
    """
    return _launch(world, port, directory, lifeline=None)


@contextlib.contextmanager
def running(world: Path | None = None, port: int = 0, directory: Path | None = None) -> Iterator[Sandbox]:
    """Run a sandbox for the length of a block; nothing of it is left afterwards.

    Raises:
        UsageError: when the sandbox is not installed, the world is not valid, or the server does not start.
    """
    theirs, ours = os.pipe()
    try:
        try:
            sandbox = _launch(world, port, directory, lifeline=theirs)
        finally:
            os.close(theirs)
        try:
            yield sandbox
        finally:
            _end(sandbox.directory, sandbox.pid)
    finally:
        os.close(ours)


def stop(directory: Path) -> None:
    """Stop the sandbox that lives in a directory, or clear away one that died; nothing of it is left.

    Raises:
        UsageError: when there is no sandbox in that directory.
    """
    _end(directory, state_directory.load_state(directory).pid)


def _end(place: Path, pid: int) -> None:
    if state_directory.is_alive(place):
        _signal(pid, signal.SIGTERM)
    child = _children.pop(pid, None)
    if child is not None:
        _reap(child)
    else:
        _outwait(place, pid)
    state_directory.remove(place)


def _reap(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _outwait(place: Path, pid: int) -> None:
    """Wait until a server that another process started has given up its directory, which is the last it does."""
    deadline = time.monotonic() + GRACE
    while state_directory.is_alive(place):
        if time.monotonic() > deadline:
            _signal(pid, signal.SIGKILL)
        time.sleep(POLL)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _launch(world: Path | None, port: int, directory: Path | None, lifeline: int | None) -> Sandbox:
    if importlib.util.find_spec("ministack") is None:
        raise UsageError("the sandbox is not installed", hint=EXTRA)
    text = world_file.text_of(world)
    world_file.parse(text, str(world) if world else world_file.DEFAULT)
    place = directory or Path(tempfile.mkdtemp(prefix="runner-sandbox-"))
    lock = state_directory.claim(place)
    try:
        state_directory.write(place / state_directory.WORLD, text)
        child = _spawn(place, port, lock, lifeline)
    finally:
        os.close(lock)
        # Nobody lives here when the server did not start.
        state_directory.remove(place)
    _children[child.pid] = child
    try:
        return attach(place)
    except BaseException:
        stop(place)
        raise


def _spawn(place: Path, port: int, lock: int, lifeline: int | None) -> subprocess.Popen[bytes]:
    ready, theirs = os.pipe()
    handed_down = (theirs, lock) if lifeline is None else (theirs, lock, lifeline)
    arguments = [str(place), f"--port={port}", f"--ready-fd={theirs}"]
    arguments += [] if lifeline is None else [f"--lifeline-fd={lifeline}"]
    state_directory.write(place / state_directory.LOG, "")
    with (place / state_directory.LOG).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "runner.sandbox", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=place,
            env=_environment(place),
            pass_fds=handed_down,
            start_new_session=True,
        )
    os.close(theirs)
    try:
        _await_ready(ready, child, place)
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        os.close(ready)
    return child


def _await_ready(ready: int, child: subprocess.Popen[bytes], place: Path) -> None:
    answered, _, _ = select.select([ready], [], [], PATIENCE)
    if answered and os.read(ready, 16):
        return
    if answered:
        child.wait()
    said = (place / state_directory.LOG).read_text(encoding="utf-8", errors="replace").strip()
    raise UsageError("the sandbox did not start", hint=said or f"its server said nothing in {PATIENCE} seconds")


def _environment(place: Path) -> dict[str, str]:
    """Return the server's environment: nothing of the user's AWS settings, nothing that makes ministack open ports."""
    kept = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    scratch = str(place / state_directory.SCRATCH)
    return {
        **kept,
        "AUTH": "true",
        "DOCKER_HOST": f"unix://{scratch}/no-docker",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "S3_DATA_DIR": scratch,
        "SFTP_ENABLED": "0",
        "STATE_DIR": scratch,
        "TMPDIR": scratch,
    }
