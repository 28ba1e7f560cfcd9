"""An anchor: what a log's key signed, as it lies outside the reach of whoever writes the log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """Hold one version of an object that anchors a log."""

    origin: str
    """The log's name."""
    size: int
    """How many of its lines are signed."""
    version: str
    note: bytes
    """The signed note; empty when it was not asked for."""
    is_marker: bool = False
    """Whether it only hides what lies below it."""
