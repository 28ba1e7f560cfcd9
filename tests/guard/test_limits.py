"""Limits are counted over the whole plan, are on by default, and say who set them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runner.guard.floor import Rules, rules_for
from runner.guard.limits import SHARE_FROM, Share, limit_findings
from runner.model.guardrails import NO_GUARDRAILS, Guardrails
from runner.model.plan import Cascade, Census
from runner.model.playbook import Limits, StatedLimits
from tests.guard.rules import planned, playbook


def rules(floor: Guardrails = NO_GUARDRAILS, **limits: Any) -> Rules:
    """Return the rules of a playbook with these limits."""
    return rules_for(playbook(limits=Limits(**limits)), floor)


def checks(found: Any) -> tuple[str, ...]:
    """Return the names of findings."""
    return tuple(finding.check for finding in found)


def test_limits_count_over_the_whole_plan() -> None:
    """Two steps below the limit are together above it."""
    steps = (planned(Census(60, 10, {})), planned(Census(60, 10, {})))

    assert checks(limit_findings(rules(objects=100), steps)) == ("objects_are_within_the_limit",)
    assert limit_findings(rules(objects=120), steps) == ()
    assert "the plan has 2 steps" in limit_findings(rules(steps=1), steps)[0].message
    assert checks(limit_findings(rules(steps=1, objects=120, size=19), steps)) == (
        "steps_are_within_the_limit",
        "bytes_are_within_the_limit",
    )


def test_an_unfinished_count_is_not_shown_as_a_number() -> None:
    """A census, or a list of what dies too, that stopped early says *at least*."""
    census = limit_findings(rules(objects=1), (planned(Census(2, 0, {}, complete=False)),))
    cascade = limit_findings(rules(), (planned(cascade=(Cascade("points", ("a",), complete=False),)),))

    assert "at least 2" in census[0].message
    assert "at least 1 thing" in cascade[0].message


def test_one_unfinished_count_makes_the_sum_one() -> None:
    """A sum holds at least what was counted, whichever of its parts is not finished."""
    whole, part = planned(Census(30, 0, {})), planned(Census(30, 0, {}, complete=False))
    cut = replace(whole, cascade=(Cascade("x", ("a",), complete=False), Cascade("y", ("b",))))
    bounds = rules(objects=50, cascade=0)

    assert ["at least" in one.message for one in limit_findings(bounds, (whole, part))] == [True]
    assert ["at least" in one.message for one in limit_findings(bounds, (whole, whole))] == [False]
    assert ["at least" in one.message for one in limit_findings(bounds, (cut,))] == [True]


def test_nothing_dies_unnamed_by_default() -> None:
    """One thing that dies although no step names it is too many, until the reviewers allow for it."""
    steps = (planned(cascade=(Cascade("points", ("a", "b")), Cascade("grants", ("c",)))),)

    assert checks(limit_findings(rules(), steps)) == ("cascade_is_within_the_limit",)
    assert limit_findings(rules(cascade=3), steps) == ()


def test_an_action_has_its_own_limit() -> None:
    """Steps of one action are counted apart; others are not concerned."""
    steps = (planned(), planned(), planned(action="s3.empty_bucket"))

    assert checks(limit_findings(rules(actions={"s3.delete_bucket": 1}), steps)) == ("actions_are_within_the_limit",)
    assert limit_findings(rules(actions={"s3.delete_bucket": 2}), steps) == ()
    assert checks(limit_findings(rules(actions={"s3.empty_bucket": 0}), steps)) == ("actions_are_within_the_limit",)


@pytest.mark.parametrize(
    ("going", "total", "refused"), [(6, 11, True), (101, 201, True), (5, 10, False), (5, 9, True), (5, 0, True)]
)
def test_a_share_is_on_by_default(going: int, total: int, refused: bool) -> None:
    """More than half of all that there is of a kind is refused."""
    found = limit_findings(rules(), (planned(),), (Share("buckets", going, total),))

    assert bool(found) == refused
    assert not refused or f"{going} of all {total} buckets would go, the limit is 50%" in found[0].message


def test_a_share_that_cannot_be_told_is_refused() -> None:
    """A listing that failed is not a large number of others."""
    found = limit_findings(rules(share=100), (planned(),), (Share("buckets", SHARE_FROM, None, "AccessDenied: no"),))

    assert checks(found) == ("share_is_within_the_limit",)
    assert "AccessDenied: no" in found[0].message


def test_who_set_a_limit_is_who_is_asked() -> None:
    """A limit of the playbook is raised in the playbook; one of the guardrails is not."""
    steps = (planned(), planned())
    floor = Guardrails(limits=StatedLimits(steps=1))
    own, organisation = limit_findings(rules(steps=1), steps)[0], limit_findings(rules(floor, steps=9), steps)[0]

    assert "raise limits.steps in the playbook" in own.hint
    assert "the limit is 1 (guardrails)" in organisation.message
    assert "raise" not in organisation.hint
    assert replace(own, hint="") == replace(organisation, hint="", message=own.message)
