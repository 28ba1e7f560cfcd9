"""A run that ended before its work was done, as the audit log tells of it."""

from __future__ import annotations

from dataclasses import dataclass

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
