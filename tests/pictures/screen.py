"""What a terminal shows at the end of a command, as a small SVG: lines that were drawn over are gone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS = 80
_CONTROL = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+")
"""Control sequences, ends of lines, and the text between them (ECMA-48)."""
_THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
    [
        (110, 118, 129),
        (255, 161, 152),
        (86, 211, 100),
        (227, 179, 65),
        (121, 192, 255),
        (210, 168, 255),
        (86, 212, 221),
        (255, 255, 255),
    ],
)
_LIGHT = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    [
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (120, 77, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
    [
        (87, 96, 106),
        (164, 14, 38),
        (26, 127, 55),
        (99, 60, 1),
        (33, 139, 255),
        (164, 117, 249),
        (49, 146, 170),
        (140, 149, 159),
    ],
)
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich's SVGs fetch a font from elsewhere; the reader's own will do."""


def svg(shown: str, title: str, *, light: bool = False) -> str:
    """Return the SVG of what a command wrote to a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines(shown):
        console.print(Text.from_ansi(line), soft_wrap=False)
    drawn = console.export_svg(title=title, theme=_LIGHT if light else _THEME, unique_id=re.sub(r"\W", "-", title))
    return _FONTS.sub("", drawn).replace("Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas")


def lines(shown: str) -> Iterator[str]:
    """Yield the lines that are left on a screen, colours included; those that were erased or drawn over are not."""
    screen, row = [""], 0
    for found in _CONTROL.finditer(shown):
        numbers, kind = found[1] or "", found[2] or found[0]
        match kind:
            case "\n":
                row += 1
                screen.extend([""] * (row + 1 - len(screen)))
            case "\r":
                pass  # what follows erases the line or ends it
            case "A":
                row = max(0, row - int(numbers or 1))
            case "K":
                screen[row] = ""
            case "m":
                screen[row] += found[0]
            case _:
                screen[row] += "" if found[2] else kind
    yield from screen[: row + 1]
