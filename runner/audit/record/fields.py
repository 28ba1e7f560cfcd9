"""How a record's fields become plain JSON. Pure.

- A field's name is its name on disk; ``tests/audit/vectors`` holds the format still.
- Foreign text can always be written: lone surrogates become escapes, and `shortened` gives texts a longest length.
- Any other type is refused, a `Secret` above all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.model.canonical import Json

MAX_TEXT = 4000
"""The most characters of a foreign text; AWS's encoded authorization messages are shorter."""


@dataclass(frozen=True)
class Fields:
    """Turn a record into its plain form: its fields, under their own names."""

    def to_data(self) -> dict[str, Json]:
        """Return the record's own fields, without those that the ledger adds.

        Raises:
            TypeError: when a field holds something that has no place in the log.
        """
        return _plain(vars(self))


def stamp(time: datetime) -> str:
    """Return a time as the log writes it: UTC, microseconds, ``2026-12-01T08:00:00.000000Z``."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def shortened(text: str) -> str:
    """Return a foreign text with at most `MAX_TEXT` characters of it; a cut says so."""
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}… (cut from {len(text)} characters)"


def plain(value: object) -> Json:
    """Return a value as plain JSON.

    Raises:
        TypeError: for types that have no place in the log.
    """
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case int() | None:
            return value
        case list() | tuple():
            return [plain(item) for item in value]
        case datetime():
            return stamp(value)
        case dict() | Mapping():  # the first of these is the quicker question
            return _plain(value)
        case Fields():
            return value.to_data()
        case _:
            raise TypeError(f"{type(value).__name__} has no place in the audit log")


def _plain(data: Mapping[str, object]) -> dict[str, Json]:
    # Nearly every value is such a text, which holds no surrogate, and a look at the type is quicker than a match.
    return {key: item if type(item) is str and item.isascii() else plain(item) for key, item in data.items()}
