"""The tags of a target, out of the fact that every action which reads them calls ``tags``.

An answer in another form than AWS documents is unreadable, never "no tags": a rule about tags would let it pass.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.model.action import Absent, Facts, Present, Unreadable
from runner.model.canonical import Json

FACT = "tags"

_FIELDS = ("TagSet", "Tags", "TagList", "tags")
"""Where the services' answers hold tags: a list of ``Key`` and ``Value``, or a mapping."""


def tags_of(facts: Facts) -> Mapping[str, str] | Unreadable:
    """Return the tags that were read."""
    match facts.get(FACT):
        case None:
            return Unreadable("this action reads no tags")
        case Unreadable() as reading:
            return reading
        case Absent():
            return {}
        case Present(data):
            held = [data[name] for name in _FIELDS if name in data]
            found = _read(held[0]) if len(held) == 1 else None
            return Unreadable("the answer holds no tags of a known form") if found is None else found


def _read(held: Json) -> Mapping[str, str] | None:
    if isinstance(held, Mapping):
        texts = {key: value for key, value in held.items() if isinstance(value, str)}
        return texts if len(texts) == len(held) else None
    if not isinstance(held, list | tuple):
        return None
    found: dict[str, str] = {}
    for tag in held:
        key, value = (_field(tag, "Key"), _field(tag, "Value")) if isinstance(tag, Mapping) else (None, None)
        if not (isinstance(key, str) and isinstance(value, str)):
            return None
        found[key] = value
    return found


def _field(tag: Mapping[str, Json], name: str) -> Json:
    """Return a field of a tag; KMS and a few others write ``TagKey`` and ``TagValue``."""
    return next((tag[key] for key in (name, f"Tag{name}", name.lower()) if key in tag), None)
