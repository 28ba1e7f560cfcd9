"""Copy what a run writes into its log to CloudWatch Logs, to raise alarms by; the log on disk is what counts.

1. A line is copied after it is durable on disk, never before. 2. The copy goes out as a run begins, as each step ends,
when many lines wait, and at the end. 3. Whatever prevents it is told, holds nothing up and is not tried again: an
endpoint that does not answer would cost a minute each time.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from runner.cli.output import messages, plural, text
from runner.model.event import Event, RunEnded, RunStarted, SessionOpened, StepEnded
from runner.model.ports import Watcher
from runner.model.session import Credentials

MANY = 500
"""Lines that are copied although no step has ended."""


@dataclass
class LogCopy:
    """See what the next watcher sees, and copy the log meanwhile (port `Watcher`); without a group nothing is copied.

    A line waits until it is known who acts: the copy is made with the session that carries the operator's MFA.
    """

    watcher: Watcher
    group: str
    """The ARN of the log group; empty when there is none."""
    _waiting: list[tuple[int, str]] = field(default_factory=list)
    _last: int = 0
    _stream: str = ""
    _is_new: bool = True
    _failure: str = ""
    _missing: int = 0
    _credentials: Credentials | None = None
    _lines: threading.Lock = field(default_factory=threading.Lock)
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def take(self, line: bytes) -> None:
        """Take a line that is on disk; CloudWatch wants times that never go back, whatever the clock does."""
        if self.group:
            with self._lines:
                self._last = max(self._last, time.time_ns() // 1_000_000)
                self._waiting.append((self._last, line.decode()))

    def see(self, event: Event) -> None:
        """Take note of an event, and copy when it is time."""
        self.watcher.see(event)
        match event:
            case SessionOpened(session):
                self._credentials = session.credentials
            case RunStarted(run):
                self._stream = run
                self._copy()
            case StepEnded() | RunEnded():
                self._copy()
            case _ if len(self._waiting) >= MANY:
                self._copy()
            case _:
                pass

    def end(self) -> None:
        """Copy the rest, and say how much of the log has no copy."""
        self._copy()
        if self._missing:
            lines = plural(self._missing, "line")
            messages().print(text(f"note: {lines} of the log not copied to {self.group}: {self._failure}"))

    def _copy(self) -> None:
        # One thread sends at a time; what the others have waits for the next occasion.
        if self._stream and self._credentials is not None and self._sending.acquire(blocking=False):
            try:
                self._send(self._credentials)
            finally:
                self._sending.release()

    def _send(self, credentials: Credentials) -> None:
        from runner.aws.log_group import put_lines  # noqa: PLC0415  # who has no log group waits for no client

        with self._lines:
            lines, self._waiting = tuple(self._waiting), []
        if not lines:
            return
        if not self._failure:
            self._failure = put_lines(self.group, self._stream, lines, credentials, is_new=self._is_new)
            self._is_new = False
        if self._failure:
            self._missing += len(lines)
