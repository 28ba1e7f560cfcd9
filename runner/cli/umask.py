"""The umask: private for what runner writes, the operator's own for the commands that runner becomes."""

from __future__ import annotations

import os

_PRIVATE = 0o077
_found: list[int] = []


def make_private() -> None:
    """Let new files be the user's alone, and remember what the operator had."""
    _found.append(os.umask(_PRIVATE))


def give_back() -> None:
    """Set the operator's own umask again."""
    if _found:
        os.umask(_found.pop())
