"""The stricter of the playbook and the guardrails holds, key by key, and whoever does not comply is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.floor import Bound, Origin, approvals_needed, floor_findings, rules_for
from runner.model.guardrails import NO_GUARDRAILS, ApprovalRules, Guardrails, OwnershipRules, Required, TerraformState
from runner.model.playbook import (
    Account,
    Expectation,
    Limits,
    ProtectedArn,
    ProtectedTags,
    Source,
    StatedLimits,
    Window,
)
from tests.guard.rules import playbook, step

NAMES = tuple(one.name for one in fields(StatedLimits) if one.name != "actions")
COUNTS = st.dictionaries(st.sampled_from(("s3.delete_bucket", "s3.empty_bucket")), st.integers(0, 50))
STATED = st.builds(StatedLimits, **{name: st.none() | st.integers(1, 100) for name in NAMES}, actions=COUNTS)
LIMITS = st.builds(Limits, **{name: st.integers(1, 100) for name in NAMES}, actions=COUNTS)
RULES = st.lists(st.builds(ProtectedArn, st.sampled_from(("arn:a", "arn:b", "arn:c")))).map(tuple)
WHOLE = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


@given(LIMITS, STATED, RULES, RULES)
def test_a_playbook_never_reaches_below_the_floor(
    limits: Limits, floor: StatedLimits, own: Any, organisation: Any
) -> None:
    """Whatever both say: no limit is above either, and nothing that either protects is left out."""
    rules = rules_for(playbook(limits=limits, protect=own), Guardrails(limits=floor, protect=organisation))

    for name in NAMES:
        given_floor = getattr(floor, name)
        assert getattr(rules.limits, name) <= getattr(limits, name)
        assert given_floor is None or getattr(rules.limits, name) <= given_floor
    for counts in (limits.actions, floor.actions):
        assert all(rules.limits.actions[action] <= most for action, most in counts.items())
    assert {one.rule for one in rules.protect} == {*own, *organisation}


def test_a_rule_says_who_decided_it() -> None:
    """A smaller number decides; the default when nobody says anything; the guardrails when both say the same."""
    stated = Limits(steps=3, objects=500, actions={"s3.delete_bucket": 2})
    floor = StatedLimits(steps=5, objects=100, cascade=0, actions={"s3.delete_bucket": 2, "s3.empty_bucket": 1})
    rules = rules_for(playbook(limits=stated), Guardrails(limits=floor))
    bounds = rules.bounds

    assert bounds["steps"] == Bound(3, Origin.PLAYBOOK)
    assert bounds["objects"] == Bound(100, Origin.GUARDRAILS)
    assert bounds["cascade"] == Bound(0, Origin.GUARDRAILS)
    assert bounds["share"] == Bound(50, Origin.DEFAULT)
    assert bounds["actions.s3.delete_bucket"] == Bound(2, Origin.GUARDRAILS)
    assert bounds["actions.s3.empty_bucket"] == Bound(1, Origin.GUARDRAILS)
    assert rules.limits == Limits(
        steps=3, objects=100, cascade=0, actions={"s3.delete_bucket": 2, "s3.empty_bucket": 1}
    )
    assert rules.over(playbook(calendars=("a",))) == playbook(limits=rules.limits, calendars=())


def test_guardrails_do_not_raise_a_default() -> None:
    """A floor above the default leaves the default: only the reviewed playbook can ask for more."""
    floor = Guardrails(limits=StatedLimits(steps=500))

    assert rules_for(playbook(), floor).limits.steps == Limits().steps
    assert rules_for(playbook(limits=Limits(steps=400)), floor).limits.steps == 400


@pytest.mark.parametrize(
    ("asked", "minimum", "bound"),
    [
        (0, 0, Bound(0, Origin.DEFAULT)),
        (1, 0, Bound(1, Origin.PLAYBOOK)),
        (0, 1, Bound(1, Origin.GUARDRAILS)),
        (1, 2, Bound(2, Origin.GUARDRAILS)),
        (2, 1, Bound(2, Origin.PLAYBOOK)),
        (1, 1, Bound(1, Origin.PLAYBOOK)),
    ],
)
def test_the_larger_number_of_approvals_holds(asked: int, minimum: int, bound: Bound) -> None:
    """Neither a playbook nor the guardrails can ask for fewer people than the other does."""
    guardrails = Guardrails(approvals=ApprovalRules(minimum=minimum))

    assert approvals_needed(playbook(approvals=asked), guardrails) == bound


def test_calendars_of_both_have_to_be_open() -> None:
    """Calendars are everything that either names, each once."""
    assert rules_for(playbook(calendars=("a", "b")), Guardrails(calendars=("b", "c"))).calendars == ("b", "c", "a")


@pytest.mark.parametrize(
    ("guardrails", "changes", "check", "words"),
    [
        (Guardrails(accounts=("333333333333",)), {}, "account_is_allowed", "account 222222222222 is not among"),
        (Guardrails(forbidden_actions=("s3.delete_bucket",)), {}, "action_is_allowed", "step bucket"),
        (Guardrails(forbidden_actions=("s3.*",)), {}, "action_is_allowed", "forbid s3.*"),
        (Guardrails(require=(Required.TICKET,)), {"ticket": "  "}, "ticket_is_given", "require a ticket"),
        (Guardrails(require=(Required.OWNER,)), {"owner": " "}, "owner_is_given", "require an owner"),
        (Guardrails(require=(Required.VALID,)), {"valid": Window(None, WHOLE.end)}, "valid_is_given", "both ends"),
        (Guardrails(require=(Required.ALIAS,)), {}, "account_alias_is_given", "alias"),
        (Guardrails(require=(Required.VALID,)), {"valid": Window(WHOLE.start)}, "valid_is_given", "both ends"),
        (Guardrails(require=(Required.COMMIT,)), {}, "playbook_is_committed", "in no git commit"),
        (
            Guardrails(require=(Required.COMMIT,)),
            {"source": Source("p", "0", "a" * 40, dirty=True)},
            "playbook_is_committed",
            "differs from its commit",
        ),
        (Guardrails(require=(Required.EXPECT,)), {}, "expectations_are_given", "these have none: bucket"),
        (
            Guardrails(ownership=OwnershipRules(override=False)),
            {"steps": (step(override={"ownership": "mine"}),)},
            "override_is_allowed",
            "step bucket",
        ),
        (
            Guardrails(terraform_states=(TerraformState("a"),)),
            {},
            "terraform_states_are_readable",
            "a: it was not read",
        ),
    ],
)
def test_what_does_not_comply_is_refused(
    guardrails: Guardrails, changes: dict[str, Any], check: str, words: str
) -> None:
    """Each rule without a stricter side refuses by its name, and says what is wrong."""
    found = floor_findings(playbook(**changes), guardrails)

    assert [finding.check for finding in found] == [check]
    assert words in found[0].message
    assert found[0].blocks
    assert found[0].hint


def test_what_complies_is_not_refused() -> None:
    """A playbook with everything that is required passes, and so does any playbook without guardrails."""
    good = playbook(
        ticket="OPS-1",
        account=Account("222222222222", "acme"),
        valid=WHOLE,
        source=Source("p", "0", "a" * 40),
        steps=(step(expect=Expectation({}, max_objects=0), override={"ownership": "mine"}),),
    )
    strict = Guardrails(
        accounts=("222222222222",),
        forbidden_actions=("kms.*", "s3.empty_bucket"),
        require=tuple(Required),
        terraform_states=(TerraformState("a", unreadable=""),),
    )

    assert floor_findings(good, strict) == ()
    assert floor_findings(playbook(), NO_GUARDRAILS) == ()


@pytest.mark.parametrize(
    "expect",
    [
        Expectation({"Team": "orders"}),
        Expectation({}, versioning="Off"),
        Expectation({}, max_objects=0),
        Expectation({}, pin="2024-01-01"),
    ],
)
def test_any_expectation_is_one(expect: Expectation) -> None:
    """Reviewers have said what they believe a target to be, whichever part of it they named."""
    assert floor_findings(playbook(steps=(step(expect=expect),)), Guardrails(require=(Required.EXPECT,))) == ()


def test_who_overrides_nothing_is_not_refused() -> None:
    """Guardrails that let nobody override say nothing about steps that do not try."""
    assert floor_findings(playbook(), Guardrails(ownership=OwnershipRules(override=False))) == ()


def test_who_owns_the_guardrails_is_asked() -> None:
    """The hint names their file where there is one."""
    rules = Guardrails(accounts=(), source=Source("/etc/runner/guardrails.yaml", "0"))

    assert [one.hint for one in floor_findings(playbook(), rules)] == ["ask who owns /etc/runner/guardrails.yaml"]
    assert [one.hint for one in floor_findings(playbook(), replace(rules, source=None))] == [
        "ask who owns the guardrails"
    ]


def test_every_reason_comes_at_once() -> None:
    """All that is wrong is named together, whichever rules it is against."""
    strict = Guardrails(
        accounts=(), forbidden_actions=("s3.*",), require=tuple(Required), terraform_states=(TerraformState("a"),)
    )

    assert len(floor_findings(replace(playbook(), owner=" "), strict)) == 9


def test_the_rules_hold_tags_too() -> None:
    """Rules that say the same are one rule, the guardrails' own."""
    rule = ProtectedTags({"Environment": "prod"})
    rules = rules_for(playbook(protect=(rule,)), Guardrails(protect=(rule,)))

    assert [(one.rule, one.origin) for one in rules.protect] == [(rule, Origin.GUARDRAILS)]
