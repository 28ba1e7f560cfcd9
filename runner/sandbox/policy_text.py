"""Where the statements of a policy stand in its text, counted as IAM's simulator counts.

A statement begins right after the bracket, comma or colon before it and ends right after its closing brace; lines and
columns count from 1 (AWS CLI reference, example of ``simulate-principal-policy``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_BLANKS = " \t\r\n"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Position:
    """Point into a text."""

    line: int
    column: int


@dataclass(frozen=True)
class Placed:
    """Hold a statement and where it stands."""

    statement: Any
    start: Position
    end: Position


def placed_statements(text: str) -> tuple[Placed, ...]:
    """Return the statements of a policy with their positions.

    Raises:
        ValueError: when the text is no JSON object with statements in it.
    """
    # The whole text must be JSON, so that the walk below meets nothing unexpected.
    if "Statement" not in dict(json.loads(text)):
        raise ValueError("there is no Statement")
    after = _value_of(text, "Statement")
    opening = _skip(text, after)
    if text[opening] != "[":
        return (_placed(text, after),)
    found: list[Placed] = []
    after = opening + 1
    while text[_skip(text, after)] != "]":
        found.append(_placed(text, after))
        closing = _skip(text, _DECODER.raw_decode(text, _skip(text, after))[1])
        after = closing + 1 if text[closing] == "," else closing
    return tuple(found)


def _value_of(text: str, wanted: str) -> int:
    """Return the offset right after the colon of a top-level key that the valid JSON object has."""
    offset = _skip(text, text.index("{") + 1)
    while True:
        name, offset = _DECODER.raw_decode(text, offset)
        colon = _skip(text, offset)
        if name == wanted:
            return colon + 1
        comma = _skip(text, _DECODER.raw_decode(text, _skip(text, colon + 1))[1])
        offset = _skip(text, comma + 1)


def _placed(text: str, after: int) -> Placed:
    statement, end = _DECODER.raw_decode(text, _skip(text, after))
    return Placed(statement, _position(text, after), _position(text, end))


def _skip(text: str, offset: int) -> int:
    while text[offset] in _BLANKS:
        offset += 1
    return offset


def _position(text: str, offset: int) -> Position:
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
