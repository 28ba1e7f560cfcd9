"""How a step ended: exactly one of seven states, and a run as the tuple of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from runner.errors import AwsAnswer


@dataclass(frozen=True)
class Gone:
    """Say that the target was seen gone, when, and how many children went."""

    at: datetime
    children: int = 0
    request_id: str = ""


@dataclass(frozen=True)
class AlreadyGone:
    """Say that the target was absent before the run; nothing was called."""

    why: str


@dataclass(frozen=True)
class Scheduled:
    """Say that AWS will delete the target at a later time."""

    until: datetime


@dataclass(frozen=True)
class Quarantined:
    """Say that the target was seen out of use; it is still there, and can be put back."""

    at: datetime
    seen: str
    """Its state, in AWS's word."""


@dataclass(frozen=True)
class Restored:
    """Say that the target was seen back in place, its deletion or quarantine taken back."""

    at: datetime


@dataclass(frozen=True)
class StillThere:
    """Say that the step failed or was not seen done.

    ``accepted`` tells "AWS said yes, but it is still visible" from "AWS said no". ``children`` counts what was deleted
    before.
    """

    why: str
    accepted: bool = False
    children: int = 0
    aws: AwsAnswer | None = None


@dataclass(frozen=True)
class NotAttempted:
    """Say that the step was not started, and why."""

    why: str


Done: TypeAlias = Gone | AlreadyGone | Scheduled | Quarantined | Restored
"""Ends after which nothing is left to do for a step."""
DONE = frozenset({"gone", "already gone", "scheduled", "quarantined", "restored"})
"""The names of `Done`, as `state` gives them."""
Outcome: TypeAlias = Done | StillThere | NotAttempted


@dataclass(frozen=True)
class StepResult:
    """Join a step with its outcome."""

    step: str
    action: str
    target: str
    outcome: Outcome


def counts(results: Iterable[StepResult]) -> dict[str, int]:
    """Return how many steps ended in each state, in the order in which the states come first."""
    return dict(Counter(state(result.outcome) for result in results))


def state(outcome: Outcome) -> str:
    """Return the outcome's name as logs and JSON show it."""
    match outcome:
        case Gone():
            return "gone"
        case AlreadyGone():
            return "already gone"
        case Scheduled():
            return "scheduled"
        case Quarantined():
            return "quarantined"
        case Restored():
            return "restored"
        case StillThere():
            return "still there"
        case NotAttempted():
            return "not attempted"
