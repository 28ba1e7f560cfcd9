"""The phrases that confirm, or approve, one plan and nothing else."""

from __future__ import annotations

from runner.model.plan import Plan
from runner.model.sealed import SealedPlan

DIGITS = 6
"""How many digits of the plan's digest the phrase holds."""


def phrase(plan: Plan, *, broken_glass: bool = False) -> str:
    """Return ``delete <n> in <account id> <first six of the digest>``; ``n`` counts the steps that act.

    For several accounts it says how many: ``delete 6 in 3 accounts 1a2b3c``. A plan that only takes deletions back says
    ``restore``.

    Without the approvals that the plan needs, the phrase says so too, so that nobody breaks glass by habit.
    """
    doing = "restore" if plan.restores else "delete"
    doing = f"break glass and {doing}" if broken_glass else doing
    return f"{doing} {len(plan.acting)} in {_where(plan)} {plan.digest[:DIGITS]}"


def approval_phrase(sealed: SealedPlan) -> str:
    """Return ``approve <n> in <account id> <first six of the seal>``, which a peer types before signing."""
    plan = sealed.plan
    return f"approve {len(plan.acting)} in {_where(plan)} {sealed.seal[:DIGITS]}"


def _where(plan: Plan) -> str:
    return plan.place if plan.sections else plan.account.id
