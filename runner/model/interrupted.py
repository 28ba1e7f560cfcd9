"""A run that ended before its work was done, as the audit log tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from runner.model.ports import Receipt
from runner.model.sealed import SealedPlan


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
    ended: Mapping[str, datetime] = field(default_factory=dict)
    """When each step was first done that another one waits for, by this run or by those that it went on from; UTC."""
