"""What changed since a plan is named: which step, which fact, which statement, planned and found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.guard.differences import LONGEST, differences
from runner.guard.drift import drift, plan_changes
from runner.model.canonical import Json, digest
from runner.model.plan import Census, Finding, PlannedStep
from runner.model.target_state import Exists, Missing, NotSeen, TargetState
from tests.model.plans import EVIDENCE, JSON, PLANS, a_plan, a_step

FEW = settings(deadline=None, max_examples=30)
"""A plan is large, and making one is slow; how long a machine under load takes is no property of the code."""


def policy(*statements: Mapping[str, Any], **more: Any) -> Json:
    """Return what reading a bucket policy answers."""
    document = {"Version": "2012-10-17", "Statement": list(statements), **more}
    return {"present": {"Policy": json.dumps(document)}}


MFA = {
    "Sid": "DeleteOnlyWithMfa",
    "Effect": "Deny",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}
NO_MFA = {**MFA, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (policy(MFA, READ), policy(READ), ["statement DeleteOnlyWithMfa: {…} → nothing"]),
        ({"PolicyDocument": {"Id": {"a": "x"}}}, {"PolicyDocument": {"Id": {"a": "y"}}}, ["Id, a: x → y"]),
        ({"Tags": [{"Key": "a", "Value": "x"}]}, {"Tags": [{"Key": "a", "Value": "y"}]}, ["key a, Value: x → y"]),
        *(
            ([{name: "a", "x": "1"}], [{name: "a", "x": "2"}], [f"{called} a, x: 1 → 2"])
            for name, called in (("id", "step"), ("check", "finding"), ("Id", "rule"), ("Name", "name"))
        ),
        (policy(READ), policy(READ, MFA), ["statement DeleteOnlyWithMfa: nothing → {…}"]),
        (
            policy(MFA),
            policy(NO_MFA),
            [
                "statement DeleteOnlyWithMfa, Condition, BoolIfExists: {…} → nothing",
                "statement DeleteOnlyWithMfa, Condition, Bool: nothing → {…}",
            ],
        ),
        (policy(MFA, READ), policy(READ, MFA), ["order: DeleteOnlyWithMfa, Read → Read, DeleteOnlyWithMfa"]),
        (
            policy({"Effect": "Deny"}),
            policy({"Effect": "Allow"}),
            ["Statement: {…} → nothing", "Statement: nothing → {…}"],
        ),
        (policy(MFA), policy(MFA, Id="x"), ["Id: nothing → x"]),
        (
            {"absent": "NoSuchBucketPolicy"},
            policy(),
            ["absent: NoSuchBucketPolicy → nothing", "present: nothing → {…}"],
        ),
        (
            {"present": {"TagSet": [{"Key": "Service", "Value": "a"}, {"Key": "Old", "Value": "x"}]}},
            {"present": {"TagSet": [{"Key": "Service", "Value": "b"}, {"Key": "New", "Value": ""}]}},
            ["key Service, Value: a → b", "key Old: {…} → nothing", "key New: nothing → {…}"],
        ),
        ({"a": [1, 2]}, {"a": [2, 3]}, ["a: 1 → nothing", "a: nothing → 3"]),
        ({"a": [1, 1]}, {"a": [1]}, ["a: [1,1] → [1]"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a: [1,2] → [2,1]"]),
        ({"a": ""}, {"a": None}, ['a: "" → null']),
        ('{"a": 1}', '{"a":1}', ['{"a": 1} → {"a":1}']),
        ("[1]", " [2]", ["1 → nothing", "nothing → 2"]),
        ("1", "2", ["1 → 2"]),
        ('"a"', "a", ['"a" → a']),
        ('{"a": 1.5}', '{"a": 2.5}', ['{"a": 1.5} → {"a": 2.5}']),
        ([{"Key": ""}], [{"Key": "", "Value": "x"}], ["{…} → nothing", "nothing → {…}"]),
        ([{"Key": 1}], [{"Key": 1, "Value": "x"}], ["{…} → nothing", "nothing → {…}"]),
        ([{"Key": "a"}, 1], [{"Key": "b"}, 1], ["{…} → nothing", "nothing → {…}"]),
        ("{not json", "{nor this", ["{not json → {nor this"]),
        ([{"Key": "a"}, {"Key": "a"}], [{"Key": "a"}], ['[{"Key":"a"},{"Key":"a"}] → [{"Key":"a"}]']),
    ],
)
def test_differences_are_named(before: Json, after: Json, expected: list[str]) -> None:
    """A tag by its key, a statement by its Sid, and what has no name by its content."""
    found = [str(one) for one in differences(before, after)]

    assert expected == [line if line in expected else _without_content(line) for line in found]


def _without_content(line: str) -> str:
    """Put dots in place of an object that stands alone at one side."""
    place, colon, sides = ("", "", line) if line.startswith(("{", "nothing")) else line.partition(": ")
    before, _, after = sides.partition(" → ")
    return f"{place}{colon}{'{…}' if before.startswith('{') else before} → {'{…}' if after.startswith('{') else after}"


@pytest.mark.parametrize("first", [list, tuple])
@pytest.mark.parametrize("second", [list, tuple])
def test_lists_and_tuples_are_alike(first: Any, second: Any) -> None:
    """Data from a file has lists where data from memory has tuples."""
    assert [str(one) for one in differences(first(("a", "b")), second(("a", "c")))] == ["b → nothing", "nothing → c"]
    assert differences(first("a"), second("a")) == ()


@FEW
@given(JSON, JSON)
def test_nothing_is_left_out(before: Json, after: Json) -> None:
    """Data that differs has a difference, and equal data has none."""
    assert (digest(before) == digest(after)) == (differences(before, after) == ())


@given(st.text(st.characters(codec="utf-8"), min_size=LONGEST + 1))
def test_a_long_value_is_cut_and_says_so(value: str) -> None:
    """A value that fills the screen is cut, and its length is told."""
    (found,) = differences("", value)

    assert len(found.after) < LONGEST + 40
    assert [one.after for one in differences("", "x" * LONGEST)] == ["x" * LONGEST]
    assert found.after.endswith(f"({len(value):,} characters)")


@FEW
@given(PLANS, PLANS)
def test_plans_differ_when_their_digests_do(one: Any, other: Any) -> None:
    """Two plans of another digest have a difference that can be shown, and a plan has none from itself."""
    assert (one.digest == other.digest) == (plan_changes(one, other) == ())
    assert plan_changes(one, one) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda step: replace(step, state=Exists("2026-11-30")),
            "step bucket: target: there (2024-01-01T00:00:00+00:00) → there (2026-11-30): it was created again",
        ),
        (
            lambda step: replace(step, state=Missing("it is absent")),
            "step bucket: target: there (2024-01-01T00:00:00+00:00) → not there: it is absent",
        ),
        (
            lambda step: replace(step, state=NotSeen("AccessDenied")),
            "step bucket: target: there (2024-01-01T00:00:00+00:00) → not readable: AccessDenied",
        ),
        (
            lambda step: replace(step, census=Census(3, 10, {"Versions": 3})),
            'step bucket: census: null → {"bytes":10,"children":3,"complete":true,"kinds":{"Versions":3}}',
        ),
        (
            lambda step: replace(step, findings=(Finding("bucket_is_empty", "the bucket is not empty"),)),
            "step bucket: bucket_is_empty: nothing → refused: the bucket is not empty",
        ),
        (
            lambda step: replace(step, findings=(Finding("x", "y", blocks=False, unknown=True, accepted="known"),)),
            "step bucket: x: nothing → accepted: y (because: known)",
        ),
        (
            lambda step: replace(step, facts={**step.facts, "policy": "f" * 64}, evidence={}),
            f"step bucket: policy: sha256 {digest(EVIDENCE['policy'])[:12]} → sha256 ffffffffffff",
        ),
        (
            lambda step: replace(step, facts={"tags": step.facts["tags"]}),
            f"step bucket: policy: sha256 {digest(EVIDENCE['policy'])[:12]} → not read",
        ),
        (lambda step: replace(step, id="other"), "step other: step: nothing → s3.delete_bucket arn:aws:s3:::b"),
    ],
)
def test_a_change_of_a_step_is_told(change: Any, expected: str) -> None:
    """The line says which step, what about it, what was planned and what was found."""
    changes = [str(found) for found in plan_changes(a_plan(a_step()), a_plan(change(a_step())))]

    assert expected in changes


def test_a_change_is_told_once() -> None:
    """What is told in a way of its own is not told as data too."""
    step = a_step()
    lost = replace(step, state=Missing("it is absent"))
    noted = replace(step, findings=(Finding("a_check", "a note", blocks=False),))
    read = replace(step, facts={**step.facts, "policy": "f" * 64}, evidence={})

    assert [len(plan_changes(a_plan(step), a_plan(other))) for other in (lost, noted, read, step)] == [1, 1, 1, 0]


def test_a_change_is_told_to_programs_too() -> None:
    """The plain form has the step, the place as a list, and both values."""
    (found,) = plan_changes(a_plan(a_step()), a_plan(replace(a_step(), state=Missing("it is absent"))))

    assert found.to_data() == {
        "step": "bucket",
        "where": ("target",),
        "before": "there (2024-01-01T00:00:00+00:00)",
        "after": "not there: it is absent",
    }


def test_what_is_not_in_the_words_of_a_finding_is_told_as_data() -> None:
    """Two findings that say the same and hint at something else are a difference of the plans."""
    before, after = (replace(a_step(), findings=(Finding("a_check", "no", hint),)) for hint in ("this", "that"))
    found = [str(change) for change in plan_changes(a_plan(before), a_plan(after))]

    assert found == ["step bucket: findings, finding a_check, hint: this → that"]


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        (Exists("2024-01-01"), Exists("2025-05-05"), True),
        (Missing("it is absent"), Exists("2025-05-05"), False),
        (Exists("2024-01-01"), NotSeen("403"), False),
    ],
)
def test_only_what_was_there_is_there_again(before: TargetState, after: TargetState, *, again: bool) -> None:
    """A target that comes into being is not called one that was created again."""
    one, other = (a_plan(replace(a_step(), state=state)) for state in (before, after))
    (found,) = plan_changes(one, other)

    assert ("created again" in str(found)) is again
    there = drift(replace(a_step(), state=before), after, a_step().evidence)
    assert ("absent and is there now" in "".join(there)) is (before == Missing("it is absent"))


def test_a_change_of_the_whole_plan_is_told() -> None:
    """Another limit, another playbook and another order of the steps are differences of the plan as a whole."""
    one, two = a_step("one"), a_step("two")
    before = a_plan(one, two)
    after = replace(
        a_plan(two, one), limits=replace(before.limits, steps=3), source=replace(before.source, sha256="0" * 64)
    )

    assert [str(change) for change in plan_changes(before, after)] == [
        "plan: limits, steps: 20 → 3",
        f"plan: playbook, sha256: {before.source.sha256} → {'0' * 64}",
        "plan: order of steps: one, two → two, one",
    ]


def test_steps_and_findings_of_the_whole_plan_are_told() -> None:
    """A step that is gone, one that is new, and a finding about the plan as a whole are differences."""
    one, two = a_step("one"), a_step("two")
    found = Finding("limit_steps", "too many steps")

    assert [str(change) for change in plan_changes(a_plan(one, two), a_plan(one))] == [
        "step two: step: s3.delete_bucket arn:aws:s3:::b → nothing"
    ]
    assert [str(change) for change in plan_changes(a_plan(one), a_plan(one, two))] == [
        "step two: step: nothing → s3.delete_bucket arn:aws:s3:::b"
    ]
    assert [str(change) for change in plan_changes(a_plan(one), replace(a_plan(one), findings=(found,)))] == [
        "plan: limit_steps: nothing → refused: too many steps"
    ]


def test_what_only_begins_like_a_document_is_a_text() -> None:
    """Brackets without an end are compared as they are."""
    (found,) = differences("[" * 100_000, "{")

    assert found.after.endswith("{") or found.after == '"{"'


def now(step: PlannedStep, **changes: Json) -> dict[str, Json]:
    """Return what is read about a step's target now."""
    return {**step.evidence, **changes}


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        (None, {}, ()),
        (Exists("2025-05-05"), {}, ("created again", "2024-01-01", "2025-05-05")),
        (
            None,
            {"policy": policy(READ)},
            ("policy is not what it was: ", "statement DeleteOnlyWithMfa: ", "statement Read: "),
        ),
        (None, {"new": {"absent": "X"}}, ("new is not what it was: not read → sha256",)),
        (Missing("it is absent"), {}, ("absent",)),
        (NotSeen("403"), {}, ("403",)),
    ],
)
def test_drift_names_what_changed(state: TargetState | None, changes: dict[str, Json], words: tuple[str, ...]) -> None:
    """The same world has no drift; a new creation date, another policy or a lost target has."""
    step = a_step()
    changed = "; ".join(drift(step, state or step.state, now(step, **changes)))

    assert bool(words) == bool(changed)
    for word in words:
        assert word in changed


def test_what_is_lost_has_no_facts_to_compare() -> None:
    """That the target is not there any more says it all."""
    assert len(drift(a_step(), Missing("it is absent"), {})) == 1


def test_a1_what_was_read_and_cannot_be_read_now_is_drift() -> None:
    """Accident A1: a fact that is unreadable right before the step is not taken for an absent one."""
    step = a_step()

    assert drift(step, step.state, {"tags": step.evidence["tags"]}) == (
        f"policy is not what it was: sha256 {step.facts['policy'][:12]} → not read",
    )
