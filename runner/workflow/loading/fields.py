"""Read the keys of a mapping with typed readers that say what they expected and what they found.

A reader takes a `Value` and returns what it means, or raises `Wrong`. `Fields` and `items` collect what readers raise
and go on with a stand-in: the caller's `Problems.stop_if_any` keeps stand-ins out of the result.

- A key that nobody asked for is a problem, with the nearest known key as a hint.
- Absent is not empty: ``ticket:`` without a value is a problem, not the default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from runner.workflow.loading.nodes import Entry, Mapping, Node, Refused, Sequence, describe
from runner.workflow.loading.problems import Mark, Problems
from runner.workflow.loading.quoting import did_you_mean, quoted

T = TypeVar("T")


class Wrong(Exception):
    """Say what a value must be; becomes a problem at the value's position and never leaves this package."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Value:
    """Hold one value of the file, how messages call it (``account.id``), and where its problems go."""

    node: Node
    name: str
    problems: Problems

    def must(self, expected: str, hint: str = "") -> Wrong:
        """Return the error that says what the value must be and what was found."""
        return Wrong(f"{quoted(self.name)} must {expected}, not {describe(self.node)}", hint)


Read: TypeAlias = Callable[[Value], T]


def attempt(value: Value, read: Read[T], stand_in: T) -> T:
    """Return what the value means, or the stand-in with a problem noted."""
    if isinstance(value.node, Refused):
        return stand_in
    try:
        return read(value)
    except Wrong as wrong:
        value.problems.add(value.node.at, wrong.message, wrong.hint)
        return stand_in


def items(value: Value, read: Read[T]) -> tuple[T, ...]:
    """Return what a list's items mean; an item that is wrong is noted and left out.

    Raises:
        Wrong: when the value is no list.
    """
    if not isinstance(value.node, Sequence):
        raise value.must("be a list", "write it as `[…]`, or one item a line after `- `")
    values = (Value(item, f"{value.name} #{number}", value.problems) for number, item in enumerate(value.node.items, 1))
    each = tuple(attempt(one, read, None) for one in values)
    return tuple(item for item in each if item is not None)


def some(value: Value, read: Read[T], expected: str, hint: str) -> tuple[T, ...]:
    """Return what a list's items mean; for lists whose emptiness could be read as all or as nothing.

    Raises:
        Wrong: when the value is no list, or an empty one: ``expected`` and ``hint`` say what is wanted then.
    """
    if isinstance(value.node, Sequence) and not value.node.items:
        raise value.must(expected, hint)
    return items(value, read)


class Fields:
    """Read one mapping key by key; call `done` last."""

    def __init__(self, value: Value, within: str, prefix: str = "") -> None:
        """Take the mapping; ``within`` names it in a sentence, ``prefix`` in front of its keys.

        Raises:
            Wrong: when the value is no mapping.
        """
        if not isinstance(value.node, Mapping):
            raise value.must("be a mapping (`key: value`)")
        self._at = value.node.at
        self._entries = {entry.key.text: entry for entry in value.node.entries}
        self._known: list[str] = []
        self._within = within
        self.prefix = prefix
        self.problems = value.problems

    def required(self, key: str, read: Read[T], stand_in: T, hint: str = "") -> T:
        """Return the value of a key that must be there; ``hint`` says why when it is not."""
        if self._entry(key) is None:
            self.problems.add(self._at, f"{quoted(self.prefix + key)} is missing in {self._within}", hint)
        return self.optional(key, read, stand_in)

    def optional(self, key: str, read: Read[T], default: T) -> T:
        """Return the value of a key that may be absent, else the default; the default is also the stand-in."""
        entry = self._entry(key)
        if entry is None:
            return default
        return attempt(Value(entry.value, self.prefix + key, self.problems), read, default)

    def refuse_unless(self, key: str, accepts: Callable[[Node], bool], message: str, hint: str) -> None:
        """Note a problem at a key that is there and holds anything but what is accepted."""
        entry = self._entry(key)
        if entry is not None and not accepts(entry.value):
            self.problems.add(entry.key.at, message, hint)

    def has(self, key: str) -> bool:
        """Return whether a key is there, whatever it holds."""
        return key in self._entries

    def at(self, key: str) -> Mark:
        """Return where the value of a key stands, or the mapping's own place when it is absent."""
        entry = self._entries.get(key)
        return self._at if entry is None else entry.value.at

    def done(self) -> None:
        """Note a problem at every key that nobody asked for."""
        for key, entry in self._entries.items():
            if key not in self._known:
                message = f"unknown key {quoted(key)} in {self._within}"
                absent = [known for known in self._known if known not in self._entries]
                self.problems.add(entry.key.at, message, did_you_mean(key, absent))

    def _entry(self, key: str) -> Entry | None:
        self._known.append(key)
        return self._entries.get(key)
