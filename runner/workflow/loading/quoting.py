"""Show the reviewers' own words inside a message, bounded and visible.

A playbook is foreign text: what a message quotes of it has no raw control or format character and is never long.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

SHOWN = 60
"""Characters of foreign text that a message shows at most."""

COMPARED = 200
"""Candidates that a suggestion is picked from at most: a hint is worth a moment, not a second."""


def visible(text: str, most: int = SHOWN) -> str:
    r"""Return the text cut to ``most`` characters, with whatever is not printable as an escape.

    An ESC becomes ``\x1b``, a newline ``\n``, a right-to-left override ``\u202e``.
    """
    # `ascii` writes exactly the escape that YAML's double quotes know too.
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def quoted(text: str) -> str:
    """Return the visible text between backticks."""
    return f"`{visible(text)}`"


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a hint with the option nearest to a mistyped word, or an empty text when none is near."""
    by_folded = {option.lower(): option for option in islice(options, COMPARED)}
    near = difflib.get_close_matches(word[:SHOWN].lower(), by_folded, n=1)
    return f"did you mean {quoted(by_folded[near[0]])}?" if near else ""
