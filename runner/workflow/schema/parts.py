"""How the schema describes values: each with a sentence for whoever writes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from runner.model.canonical import Json

Schema: TypeAlias = dict[str, Json]

_FROM_TARGETS = r"\{(account|region)\}"
"""With ``targets`` a value may hold these; what it becomes is checked when it is written out."""


def text(says: str, *, pattern: str = "", **more: Json) -> Schema:
    """Describe a text; a pattern fits it as a whole."""
    fits: Schema = {"pattern": whole(pattern)} if pattern else {}
    return {"type": "string", "description": says, **fits, **more}


def words(says: str, **more: Json) -> Schema:
    """Describe a text that says something, and not what a draft leaves open."""
    return {"type": "string", "description": says, "pattern": r"^(?!\s*TODO\b)[\s\S]*\S", **more}


def written_out(says: str, pattern: str) -> Schema:
    """Describe a text that may hold ``{account}`` or ``{region}`` in a playbook with ``targets``."""
    return {"type": "string", "description": says, "pattern": f"{whole(pattern)}|{_FROM_TARGETS}"}


def whole(pattern: str) -> str:
    r"""Return a pattern as ECMA 262 reads it, for the whole value: ``\Z`` is Python's alone."""
    return f"^(?:{pattern})$".replace(r"\Z", "$")


def flag(says: str, *, default: bool) -> Schema:
    """Describe a yes or no."""
    return {"type": "boolean", "description": says, "default": default}


def number(says: str, least: int, most: int | None = None, **more: Json) -> Schema:
    """Describe a whole number."""
    bound: Schema = {} if most is None else {"maximum": most}
    return {"type": "integer", "description": says, "minimum": least, **bound, **more}


def duration(says: str, **more: Json) -> Schema:
    """Describe a time: ``900s``, ``15m``, ``1h``, ``7d``."""
    return text(says, pattern=r"[1-9][0-9]{0,5}[smhd]", **more)


def time(says: str) -> Schema:
    """Describe a point in time; its form is checked by the loader, because YAML readers make dates of some."""
    return {"type": "string", "description": says, "examples": ["2026-12-01T08:00:00Z"]}


def texts(says: str) -> Schema:
    """Describe a mapping of texts."""
    return {"type": "object", "description": says, "additionalProperties": {"type": "string"}}


def listed(says: str, item: Schema, *, least: int = 0) -> Schema:
    """Describe a list."""
    bound: Schema = {"minItems": least} if least else {}
    return {"type": "array", "description": says, "items": item, **bound}


def mapping(says: str, properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """Describe a mapping that has these keys and no others."""
    names: list[Json] = list(required)
    needed: Schema = {"required": names} if names else {}
    return {
        "type": "object",
        "description": says,
        "additionalProperties": False,
        **needed,
        "properties": dict(properties),
    }
