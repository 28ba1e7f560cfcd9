"""The checked tree of a YAML document: scalars keep their text and what YAML 1.1 takes them for, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from runner.workflow.loading.problems import Mark
from runner.workflow.loading.quoting import quoted


class Kind(Enum):
    """Say what YAML 1.1 takes a scalar for; everything quoted is a text."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "truth value"
    DATE = "date"
    NOTHING = "empty value"
    SPECIAL = "special word"


@dataclass(frozen=True)
class Scalar:
    """Hold a single value as it is written; ``quoted`` is True for quotes and for block texts (``|``, ``>``)."""

    at: Mark
    text: str
    kind: Kind
    quoted: bool


@dataclass(frozen=True)
class Sequence:
    """Hold a list."""

    at: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Entry:
    """Hold one key of a mapping and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True)
class Mapping:
    """Hold a mapping; its keys are texts, each once, as written."""

    at: Mark
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Refused:
    """Stand for a value whose problem is known already; nothing more is said about it."""

    at: Mark


Node: TypeAlias = Scalar | Sequence | Mapping | Refused


def describe(node: Node) -> str:
    """Return what was found, for a message that says what was expected."""
    if isinstance(node, Scalar):
        is_blank = node.kind is Kind.NOTHING and not node.text
        return "nothing" if is_blank else f"the {node.kind.value} {quoted(node.text)}"
    if isinstance(node, Refused):
        return "something refused"
    return "a list" if isinstance(node, Sequence) else "a mapping"
