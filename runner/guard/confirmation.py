"""The phrase that confirms one plan, and nothing else."""

from __future__ import annotations

from runner.model.plan import Plan

DIGITS = 6
"""How many digits of the plan's digest the phrase holds."""


def phrase(plan: Plan) -> str:
    """Return ``delete <n> in <account id> <first six of the digest>``; ``n`` counts the steps that act."""
    return f"delete {len(plan.acting)} in {plan.account.id} {plan.digest[:DIGITS]}"


def confirms(typed: str, plan: Plan) -> bool:
    """Return whether the operator typed the plan's phrase; only the space around it is forgiven."""
    return typed.strip() == phrase(plan)
