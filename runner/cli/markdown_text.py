"""Foreign text in Markdown: shown as it is, never a link, an image, a tag, a mention or the end of a table.

- Controls and characters that reorder text are shown as escapes (`runner.cli.safe_text`), line ends too, so that
  nothing foreign begins a line.
- Names stand in code spans, where Markdown, HTML and mentions have no meaning.
- Sentences have every character of Markdown's and HTML's escaped, and ``www.`` and ``://`` are broken where links would
  begin. A word that review pages act on after Markdown stands in a code span: ``@name``, ``#1``, ``$x$``, and
  ``arn:aws:…``, because ``:aws:`` could be a picture.

Source: CommonMark 0.31, "Backslash escapes" and "Code spans"; GitHub Flavored Markdown 0.29, "Tables" and "Autolinks".
"""

from __future__ import annotations

import re

from runner.cli.safe_text import safe_text

LONGEST = 600
"""Characters of one foreign text that are shown."""
NOTHING = "—"

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>|~!^])")
_ACTED_ON = re.compile(r"[@#$]|:[\w+-]+:")
_LINK = re.compile(r"(?i)(www)\.|:(?=//)")


def code(foreign: str) -> str:
    """Return a name as a code span that also fits into a table."""
    shown = clipped(safe_text(foreign))
    if not shown.strip():
        return NOTHING
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A space at both ends is taken off again, and keeps backticks in it apart from the fence.
    padded = f" {shown} " if longest or shown != shown.strip() else shown
    return f"{fence}{padded}{fence}".replace("|", r"\|")


def prose(foreign: str) -> str:
    """Return a sentence as text, in one line."""
    words = re.split("( +)", clipped(safe_text(foreign)))
    return "".join(code(word) if _ACTED_ON.search(word) else _escaped(word) for word in words).strip() or NOTHING


def _escaped(word: str) -> str:
    shown = word.replace("&", "&amp;")
    escaped = _PUNCTUATION.sub(r"\\\1", shown)
    return _LINK.sub(lambda found: f"{found[1]}\\." if found[1] else r"\:", escaped)


def row(*cells: str) -> str:
    """Return a line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def clipped(shown: str, longest: int = LONGEST) -> str:
    """Return a text with at most so many characters; a cut says so."""
    return shown if len(shown) <= longest else f"{shown[:longest]}… ({len(shown):,} characters)"
