"""What was found where a step's target should be: it is there, it is not, or nobody could see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from runner.model.canonical import Json


@dataclass(frozen=True)
class Exists:
    """Say that the target is there, with the trait that tells it from a later one of the same name."""

    pin: str


@dataclass(frozen=True)
class Missing:
    """Say that the target, or everything in it, was already gone when the plan was made."""

    why: str


@dataclass(frozen=True)
class NotSeen:
    """Say that the target could not be read, so the step is refused."""

    why: str


TargetState: TypeAlias = Exists | Missing | NotSeen


def state_data(target: TargetState) -> dict[str, Json]:
    """Return the plain form that plans hold."""
    match target:
        case Exists():
            return {"exists": True, "pin": target.pin}
        case Missing():
            return {"exists": False, "why": target.why}
        case NotSeen():
            return {"exists": None, "why": target.why}
