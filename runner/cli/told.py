"""stderr for what is told along the way: when nobody reads it any more, the work goes on.

A run in mid-air must not end because somebody closed a pager: its log, its exit code and the result on stdout stay.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TextIO


class Told(io.TextIOBase):
    """Write to the stderr of the moment; an error of the system turns it off for good."""

    def write(self, text: str, /) -> int:
        """Write a text, or drop it."""
        try:
            _stream().write(text)
        except OSError:
            _turn_off()
        return len(text)

    def flush(self) -> None:
        """Flush what was written, or drop it."""
        try:
            _stream().flush()
        except OSError:
            _turn_off()

    def isatty(self) -> bool:
        """Return whether stderr is a terminal."""
        return _stream().isatty()

    def fileno(self) -> int:
        """Return the descriptor of stderr."""
        return _stream().fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in typeshed
        """The encoding of stderr."""
        return _stream().encoding


def _stream() -> TextIO:
    """Return stderr itself: while Rich shows a bar, ``sys.stderr`` is a stand-in that would write to us again."""
    stream: TextIO = getattr(sys.stderr, "rich_proxied_file", sys.stderr)
    return stream


def _turn_off() -> None:
    """Point stderr at /dev/null, which also keeps the interpreter's own flush at the end quiet."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), _stream().fileno())
