"""A run that ended before its work was done, as the audit log tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from runner.model.children import Child
from runner.model.ports import Receipt
from runner.model.sealed import SealedPlan


@dataclass(frozen=True)
class Unsettled:
    """Hold what a batch names that was written down, and of which no answer is on record: it may be gone or not."""

    step: str
    api: str
    """``service:Operation`` of the call."""
    children: tuple[Child, ...]


@dataclass(frozen=True)
class InterruptedRun:
    """Hold the run's plan, the ids of the steps that it saw gone, and its intents whose outcome is not on record."""

    run: str
    plan: SealedPlan
    done: frozenset[str]
    in_doubt: tuple[Receipt, ...]
    operator: str = ""
    """Who ran it: the ARN of an IAM user."""
    approvals: int = 0
    """How many approvals it needed; they were judged for this operator."""
    unsettled: tuple[Unsettled, ...] = ()
    """The batches of steps that are not done whose answers are not on record, from their manifests."""
    ended: Mapping[str, datetime] = field(default_factory=dict)
    """When each step was first done that another one waits for, by this run or by those that it went on from; UTC."""
