"""Foreign text made harmless for a terminal: resource names, tags and AWS messages are never markup or escapes."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, reorder text or do not show: controls, formats, surrogates, separators."""


def safe_text(text: str) -> str:
    r"""Return the text with every character that could act on a terminal written as an escape.

    An ESC becomes ``\x1b``, a right-to-left override ``\u202e``, a newline ``\n``. Everything else is kept.
    """
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    # `ascii` writes exactly the escape that Python readers know, inside quotes.
    return ascii(character)[1:-1]
