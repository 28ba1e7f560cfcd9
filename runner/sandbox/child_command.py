"""Run one command inside a sandbox, as if it had been run alone: its signals reach it, its exit code comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from runner.errors import UsageError
from runner.sandbox.lifecycle import Sandbox, running

BY_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
"""Signals that a terminal sends to its whole foreground group, the command included."""
FORWARDED = (*BY_TERMINAL, signal.SIGHUP, signal.SIGTERM)


class Relay:
    """Hand signals on to a command, those included that come while it is being started."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Receive signals for the length of a block."""
        before = {number: signal.signal(number, self._receive) for number in FORWARDED}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def connect(self, child: subprocess.Popen[bytes]) -> None:
        """Hand on what came so far, and from now on at once."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if number in BY_TERMINAL and _in_foreground():
            return  # the command has it from the terminal
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)


def run(command: Sequence[str], world: Path | None = None, port: int = 0) -> int:
    """Start a sandbox, run a command in it, stop the sandbox; return the command's exit code, 128+n for signal n.

    Raises:
        UsageError: when the sandbox or the command cannot be started.
    """
    relay = Relay()
    with running(world, port) as sandbox, relay.listening():
        child = _start(command, sandbox)
        relay.connect(child)
        ended = child.wait()
    return 128 - ended if ended < 0 else ended


def _start(command: Sequence[str], sandbox: Sandbox) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=sandbox.around(os.environ))
    except OSError as error:
        raise UsageError("the command cannot be started", on=command[0], hint=str(error.strerror)) from error


def _in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
