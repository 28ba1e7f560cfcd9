"""What a probe's answer shows of a target: it is in place, on its way out, set aside, gone, or nobody can say.

Most AWS reads fail when the thing is not there, and then its error code says so. Some answer all the same: an instance
is described for an hour after its end, a secret and a key wait for their day, a list is simply empty. What such answers
mean is a pure function of them, `Sight`, that an action type holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from runner.model.canonical import Json


@dataclass(frozen=True)
class InPlace:
    """Say that the target is there; ``seen`` is its state in AWS's word, empty when it has none."""

    seen: str = ""


@dataclass(frozen=True)
class NotThere:
    """Say that AWS answered, and that the answer shows no such target."""

    why: str


@dataclass(frozen=True)
class Leaving:
    """Say that the target is being deleted; ``until`` is the day AWS has set for it, None when it goes on by itself."""

    seen: str
    until: datetime | None = None


@dataclass(frozen=True)
class SetAside:
    """Say that the target is there and can do nothing: a key is disabled, a policy denies everything."""

    seen: str


@dataclass(frozen=True)
class Stuck:
    """Say that AWS gave the deletion up: ``DELETE_FAILED``."""

    why: str


@dataclass(frozen=True)
class Unclear:
    """Say that the answer has a form or a state that is not known; unknown is not gone."""

    why: str


Sighting: TypeAlias = "InPlace | NotThere | Leaving | SetAside | Stuck | Unclear"
Sight: TypeAlias = Callable[[Mapping[str, Json], Mapping[str, str]], Sighting]
"""A pure function from a probe's answer and the target's parameters to what it shows."""


def in_place(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Take any answer for a target in place: the probe fails where there is none."""
    del data, params
    return InPlace()
