"""Positions in a file, and the problems found at them.

Problems are collected, not raised one by one: a reviewer corrects a file once. A value that was refused is replaced by
a stand-in so that reading can go on; `Problems.stop_if_any` is what keeps a stand-in from ever reaching a playbook.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from runner.errors import InvalidGuardrails, InvalidPlaybook, Problem

MOST = 200
"""Problems listed at most. A file with more is not a playbook with mistakes, and looking for all takes too long."""


@dataclass(frozen=True, order=True)
class Mark:
    """Point at a character of the file; line and column count from 1, columns in Unicode code points."""

    line: int
    column: int


START = Mark(1, 1)


class Document(Enum):
    """Say what a file is meant to hold, in the words of a message."""

    PLAYBOOK = "playbook"
    GUARDRAILS = "guardrails"


class Problems:
    """Collect what is wrong with one file; ``kind`` says what it is meant to hold."""

    def __init__(self, file: str, kind: Document = Document.PLAYBOOK) -> None:
        self._file = file
        self.kind = kind
        # A dict keeps each problem once: an alias leads to the same node twice.
        self._found: dict[Problem, None] = {}

    def add(self, at: Mark, message: str, hint: str = "") -> None:
        """Note a problem.

        Raises:
            InvalidPlaybook: when `MOST` problems are known; the rest is not looked for.
        """
        self._found[Problem(self._file, at.line, at.column, message, hint)] = None
        if len(self._found) >= MOST:
            last = max(Mark(problem.line, problem.column) for problem in self._found)
            message = f"there may be more: only the first {MOST} problems found are listed"
            self._found[Problem(self._file, last.line, last.column, message)] = None
            self.stop_if_any()

    def refuse(self, at: Mark, message: str, hint: str = "") -> NoReturn:
        """Note a problem after which the file cannot be read on.

        Raises:
            InvalidPlaybook: always, with every problem so far.
        """
        self.add(at, message, hint)
        raise self._error()

    def stop_if_any(self) -> None:
        """Return only when nothing was found.

        Raises:
            InvalidPlaybook: with every problem, by position.
        """
        if self._found:
            raise self._error()

    def _error(self) -> InvalidPlaybook:
        found = tuple(sorted(self._found, key=lambda problem: (problem.line, problem.column)))
        return InvalidPlaybook(found) if self.kind is Document.PLAYBOOK else InvalidGuardrails(found)
