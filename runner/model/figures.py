"""What the deletion of a step's children came to, in figures for the log and for people. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Count what was deleted in bulk, how long that took, and what stood in the way."""

    children: int
    size: int
    """Bytes, of what the plan counted the share that was deleted: nobody measures while deleting."""
    milliseconds: int
    most_in_flight: int = 0
    throttled: int = 0
    """How often AWS asked to slow down."""
    errors: int = 0
    """Batches that AWS refused or did not answer, and children that it refused."""


def share(size: int, part: int, whole: int) -> int:
    """Return how many bytes a part of the children has, as far as all are alike."""
    return size * part // whole if whole else 0


def per_second(amount: int, milliseconds: int) -> int:
    """Return a rate; what took no time counts as a millisecond."""
    return amount * 1000 // max(milliseconds, 1)
