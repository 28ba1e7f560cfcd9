"""A real terminal with a person at it: a pty that is the command's controlling terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.forking import in_fork

PATIENCE = 30.0
"""Seconds until a word that does not come counts as missing."""

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What Rich writes for colours, and to move the cursor (ECMA-48, control sequences)."""


class Terminal:
    """Type into a command and read what its terminal shows."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._master = master
        self._shown = b""
        self._read = 0

    @property
    def shown(self) -> str:
        """Everything that was shown so far, without colours."""
        return _STYLE.sub("", self.raw)

    @property
    def raw(self) -> str:
        """Everything that was shown so far, as the terminal got it."""
        return self._shown.decode("utf-8", "replace").replace("\r\n", "\n")

    def await_text(self, text: str) -> None:
        """Wait until a text is shown, after everything that was waited for before."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.shown.find(text, self._read)) < 0:
            if not self._more(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown after:\n{self.shown}")
        self._read = found + len(text)

    def type(self, line: str) -> None:
        """Type a line and the return key."""
        os.write(self._master, line.encode() + b"\r")

    def press(self, key: bytes) -> None:
        """Press a key: byte 3 is Ctrl-C, byte 4 is Ctrl-D."""
        os.write(self._master, key)

    def ended(self) -> int:
        """Read to the end and return the exit code; what is slow may be, as long as it says something now and then."""
        while self._more(PATIENCE):
            pass
        return self.process.wait(PATIENCE)

    def _more(self, seconds: float) -> bool:
        """Read what comes next; False when nothing will come, or came in time."""
        if seconds <= 0 or not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            read = os.read(self._master, 65536)
        except OSError:
            # Linux answers EIO when the last process has closed its side.
            return False
        self._shown += read
        return bool(read)


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str], directory: Path, stdout: int | None = None
) -> Iterator[Terminal]:
    """Run a command at a terminal of its own; ``stdout`` may go elsewhere. It is killed when the block ends early."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        env=dict(environment),
        cwd=directory,
        start_new_session=True,
        preexec_fn=in_fork(command, environment, _take_terminal),  # noqa: PLW1509  # no threads are started here
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


def _take_terminal() -> None:
    """Make stdin the controlling terminal of the new session; opening it is enough on Linux.

    Ctrl-C means what it means to a person, also where the tests were started in the background, which ignores it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.close(os.open(os.ttyname(0), os.O_RDWR))
