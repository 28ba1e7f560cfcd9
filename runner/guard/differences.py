"""What is different between two pieces of plain data, in words: which tag, which statement of a policy, which field.

- Lists of objects are compared by what names their members (``Sid``, ``Key``, ``id``, ``check``), not by their place,
  when every member has such a name and no two have the same; other lists by their members, as they are.
- A text that holds a JSON document, as a bucket policy does, is compared as the document.
- Nothing is left out: data that differs has at least one difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.model.canonical import Json, encode

LONGEST = 300
"""Characters of a value that are shown."""
NOTHING = "nothing"
_WRAPPERS = frozenset({"present", "Policy", "PolicyDocument", "Statement", "TagSet", "Tags"})
"""Fields that hold one thing, whose own names tell nobody anything."""
_CALLED = {"Sid": "statement", "Key": "key", "id": "step", "check": "finding", "Id": "rule", "Name": "name"}
"""The fields that name a member of a list, the first that all members have, and what such a member is called."""


@dataclass(frozen=True)
class Difference:
    """Hold one difference: where, and what stood there and stands there now, as texts that may be shown."""

    where: tuple[str, ...]
    before: str
    after: str

    @property
    def place(self) -> str:
        """The place in words: ``policy, statement DeleteOnlyWithMfa, Condition``."""
        return ", ".join(self.where)

    def __str__(self) -> str:
        return f"{self.place}: {self.before} → {self.after}" if self.where else f"{self.before} → {self.after}"

    def within(self, *where: str) -> Difference:
        """Return the same difference, seen from further out."""
        return Difference((*where, *self.where), self.before, self.after)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"where": self.where, "before": self.before, "after": self.after}


def differences(before: Json, after: Json) -> tuple[Difference, ...]:
    """Return what is different; nothing for equal data."""
    return () if _same(before, after) else tuple(_compare(_opened(before), _opened(after), before, after))


def _compare(one: Json, other: Json, raw_one: Json, raw_other: Json) -> Iterator[Difference]:
    found: tuple[Difference, ...] = ()
    match one, other:
        case Mapping(), Mapping():
            found = tuple(_fields(one, other))
        case ((list() | tuple()), (list() | tuple())):
            found = tuple(_members(one, other))
        case _:
            pass
    # The same document in another spelling: only the texts differ.
    yield from found or (Difference((), shown(raw_one), shown(raw_other)),)


def _fields(one: Mapping[str, Json], other: Mapping[str, Json]) -> Iterator[Difference]:
    for key in dict.fromkeys((*one, *other)):
        if key not in other:
            yield Difference((key,), shown(one[key]), NOTHING)
        elif key not in one:
            yield Difference((key,), NOTHING, shown(other[key]))
        else:
            for found in differences(one[key], other[key]):
                yield found if key in _WRAPPERS and found.where else found.within(key)


def _members(one: Sequence[Json], other: Sequence[Json]) -> Iterator[Difference]:
    name = next((name for name in _CALLED if _all_named(one, name) and _all_named(other, name)), "")
    if not name:
        gone = [item for item in one if not any(_same(item, left) for left in other)]
        new = [item for item in other if not any(_same(item, left) for left in one)]
        yield from (Difference((), shown(item), NOTHING) for item in gone)
        yield from (Difference((), NOTHING, shown(item)) for item in new)
        return
    before, after = _by_name(one, name), _by_name(other, name)
    for found in _fields(before, after):
        yield Difference((f"{_CALLED[name]} {found.where[0]}", *found.where[1:]), found.before, found.after)
    if not list(_fields(before, after)):
        yield Difference(("order",), ", ".join(before), ", ".join(after))


def _all_named(items: Sequence[Json], name: str) -> bool:
    names = [item.get(name) for item in items if isinstance(item, Mapping)]
    texts = [found for found in names if isinstance(found, str) and found]
    return len(texts) == len(items) and len(set(texts)) == len(texts)


def _by_name(items: Sequence[Json], name: str) -> dict[str, Json]:
    return {str(item[name]): item for item in items if isinstance(item, Mapping)}


def _opened(value: Json) -> Json:
    """Return the document that a text holds, or the value itself."""
    if not isinstance(value, str):
        return value
    try:
        document: Json = json.loads(value)
        encode(document)
    except (ValueError, RecursionError):
        return value
    return document


def _same(one: Json, other: Json) -> bool:
    return encode(one) == encode(other)


def shown(value: Json) -> str:
    """Return a value as it is shown: texts as they are, other data as compact JSON, long ones cut."""
    text = value if isinstance(value, str) else encode(value).decode("utf-8")
    if not text:
        return '""'
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
