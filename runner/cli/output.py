"""Where things are printed: results on stdout, everything else on stderr; foreign text is never markup."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TextIO, cast

from rich.console import Console
from rich.text import Text

from runner.cli.safe_text import safe_text
from runner.cli.told import Told
from runner.model.canonical import Json


def results() -> Console:
    """Return the console for results."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False)


def messages() -> Console:
    """Return the console for everything that is not a result."""
    return Console(file=cast("TextIO", Told()), markup=False, highlight=False, emoji=False, soft_wrap=False)


def tell(console: Console, line: Text) -> None:
    """Print a line; where no terminal shows it, it is left whole, to be searched for and copied."""
    console.print(line, soft_wrap=not console.is_terminal)


def print_json(value: Mapping[str, Json]) -> None:
    """Print a result as one JSON document; ASCII, so that no terminal can be led by what is in it."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")


def text(foreign: str, style: str = "") -> Text:
    """Return foreign text for a console, with everything that could act on a terminal escaped."""
    return Text(safe_text(foreign), style=style)


def size(count: int) -> str:
    """Return a number of bytes in binary units, for people."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004  # the step between binary units
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} PiB"


def plural(count: int, thing: str) -> str:
    """Return ``1 step``, ``2 steps``, ``12,000 steps``."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def lasting(seconds: int) -> str:
    """Return a length of time for people: ``40 s``, ``8 min``, ``1 h 5 min``; seconds only below two minutes."""
    minutes = seconds // 60
    if minutes < 2:  # noqa: PLR2004  # below that, seconds say more
        return f"{seconds} s"
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"
