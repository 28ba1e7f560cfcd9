"""The card of an action as a value: all that is said about it, and its plain form."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model.action import Recovery
from runner.model.canonical import Json


@dataclass(frozen=True)
class CardCall:
    """Hold one request, what it is for, and what it needs of IAM."""

    api: str
    purpose: str
    iam: tuple[str, ...]
    resources: tuple[str, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"api": self.api, "purpose": self.purpose, "iam": self.iam, "resources": self.resources}


@dataclass(frozen=True)
class Named:
    """Hold a name, in the words of playbooks or plans, and a sentence about it."""

    name: str
    says: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"name": self.name, "says": self.says}


@dataclass(frozen=True)
class Card:
    """Hold everything that is said about an action."""

    name: str
    summary: str
    target: str
    params: tuple[Named, ...]
    recovery: Recovery
    undo: tuple[str, ...]
    """Whether and how it is undone, and until when, in sentences."""
    copies: tuple[Named, ...]
    dies_too: tuple[str, ...]
    """What dies with the target although no step names it, in the plural."""
    done: tuple[str, ...]
    """When a step counts as done, in sentences."""
    calls: tuple[CardCall, ...]
    reads: tuple[CardCall, ...]
    refused: tuple[Named, ...]
    """The names that findings have in plans, and when they refuse a step."""
    example: str
    """A step as YAML."""

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "name": self.name,
            "summary": self.summary,
            "target": self.target,
            "params": [one.to_data() for one in self.params],
            "recovery": self.recovery.value,
            "undo": self.undo,
            "copies": [one.to_data() for one in self.copies],
            "dies_too": self.dies_too,
            "done": self.done,
            "calls": [one.to_data() for one in self.calls],
            "reads": [one.to_data() for one in self.reads],
            "refused": [one.to_data() for one in self.refused],
            "example": self.example,
        }
