"""The phrase that is typed before anything is deleted: how many, where, which plan, and whether glass is broken."""

from __future__ import annotations

from dataclasses import replace

from runner.guard.confirmation import DIGITS, phrase
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.target_state import Missing
from tests.model.plans import a_plan, a_step


def test_the_phrase_is_about_one_plan() -> None:
    """It counts the steps that act, and names the account and the plan."""
    plan = a_plan(a_step("one"), a_step("two"), replace(a_step("three"), state=Missing("it is absent")))

    assert phrase(plan) == f"delete 2 in 222222222222 {plan.digest[:DIGITS]}"
    assert phrase(plan) != phrase(a_plan(a_step("one"), a_step("two")))


def test_taking_back_is_another_word() -> None:
    """A plan that deletes nothing is not confirmed by the word of one that does."""
    write = BoundCall("kms", "CancelKeyDeletion", {}, "eu-west-1", ("*",), Effect.RESTORE)
    plan = a_plan(replace(a_step("one"), calls=(write,)))

    assert phrase(plan) == f"restore 1 in 222222222222 {plan.digest[:DIGITS]}"
    both = a_plan(replace(a_step("one"), calls=(write, replace(write, effect=Effect.DELETE))))
    assert phrase(both).startswith("delete 1 in ")


def test_breaking_glass_is_typed_out() -> None:
    """Nobody does it by habit."""
    plan = a_plan()

    assert phrase(plan, broken_glass=True) == f"break glass and {phrase(plan)}"
    assert not phrase(plan).startswith("break glass")
