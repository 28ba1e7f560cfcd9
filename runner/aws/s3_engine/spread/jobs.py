"""Shares, who does them, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.aws.s3_engine.spread.letters import Share
from runner.model.bulk import Pace, Ticket


@dataclass
class Job:
    """Hold where a share is; ``hand`` counts how often it was handed out."""

    share: Share
    hand: int = 0
    sweeper: str = ""
    """Who does it; empty while nobody has begun."""
    worker: str = ""
    is_done: bool = False


@dataclass
class Sweeper:
    """Hold who does a share, on which worker, and how fast it goes."""

    job: Job
    worker: str
    pace: Pace = field(default_factory=lambda: Pace(0))
    is_over: bool = False


@dataclass(frozen=True)
class Answers:
    """Hold what a worker is told: the tickets it gets, and which of its sweepers are to end."""

    tickets: tuple[tuple[str, int, Ticket], ...]
    dismissed: tuple[str, ...]
