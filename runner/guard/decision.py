"""What can be decided about a step in one scenario: its writes get through, they do not, or it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from runner.guard.question import Ask
from runner.model.verdict import Level


@dataclass(frozen=True)
class Allowed:
    """Say which pairs a scenario lets through, and which statements do it, in words."""

    asks: tuple[Ask, ...]
    by: str


@dataclass(frozen=True)
class Denied:
    """Say which pairs a scenario stops, what stops them, in words, and where that lives.

    ``explicit`` when a Deny stops them. ``assumed`` is a sentence about what could not be checked, empty when nothing.
    """

    asks: tuple[Ask, ...]
    by: str
    explicit: bool
    level: Level
    assumed: str = ""


@dataclass(frozen=True)
class CannotTell:
    """Say why a scenario could not be decided, and what would help."""

    why: str
    hint: str = ""


Decision: TypeAlias = Allowed | Denied | CannotTell
