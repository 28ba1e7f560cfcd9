"""Few simulations for many steps, none of which changes the answer about another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session

from runner.guard.batch import MAX_RESOURCES, MAX_TEXT, NO_LIMIT, Batch, batches
from runner.guard.context import RoleFacts, Scenario
from runner.guard.question import Question, Setting
from runner.guard.role_policies import RolePolicies
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.policy.convert import convert
from runner.policy.evaluate import evaluate
from runner.policy.policies import Allowed, Policies, read_policy
from runner.policy.principal import Role
from runner.policy.request import Request, RequestContext

ROLE = Role("arn:aws:iam::222222222222:role/Teardown", "AROAEXAMPLEROLEID0001", "alice")
FACTS = RoleFacts(ROLE, None, {})
OWN = RolePolicies.unknown(FACTS, "not read")
SETTING = Setting(FACTS, OWN, "222222222222", datetime(2026, 12, 1, tzinfo=UTC), timedelta(seconds=9))
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def _deny(bucket: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    base = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": arn, "Condition": WITHOUT_MFA}
    return {**base, **more}


def _question(
    bucket: str, *statements: Mapping[str, Any], region: str = "eu-west-1", op: str = "DeleteBucket"
) -> Question:
    write = BoundCall("s3", op, {}, region, (f"arn:aws:s3:::{bucket}",), Effect.DELETE)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]})
    converted = convert(policy if statements else None, ROLE, owner="222222222222", actions=(f"s3:{op}",))
    return Question(bucket, (write,), converted, region)


def _sizes(*questions: Question, limited: bool = False) -> list[int]:
    return [len(batch.parts) for batch in batches(questions, limited=limited)]


def test_a_hundred_steps_of_one_kind_are_fifteen_simulations() -> None:
    """Buckets that each have a policy of their own share simulations, twenty at a time."""
    questions = [_question(f"orders-{number:03}", _deny(f"orders-{number:03}")) for number in range(100)]

    asked = batches(questions, limited=False)

    assert [len(batch.parts) for batch in asked] == [MAX_RESOURCES] * 5
    assert len(asked) * len(Scenario) == 15
    assert len(asked[0].call(SETTING, Scenario.NO_KEY).params["PolicyInputList"]) == MAX_RESOURCES  # type: ignore[arg-type]


def test_a_policy_that_reaches_another_bucket_keeps_to_itself() -> None:
    """A statement about every bucket would deny in the answer about a bucket whose policy does not."""
    wide = _question("wide", _deny("wide", Resource="arn:aws:s3:::*"))

    assert _sizes(wide, _question("b", _deny("b"))) == [1, 1]
    assert _sizes(_question("b", _deny("b")), wide) == [1, 1]


def test_one_step_that_is_reached_is_enough_to_keep_apart() -> None:
    """Whichever statement of a policy reaches whichever other resource of a simulation."""
    a, c = _question("a", _deny("a")), _question("c", _deny("c"))
    to_a = _question("x", _deny("x"), _deny("x", Resource="arn:aws:s3:::a"))

    assert _sizes(a, c, to_a) == [2, 1]
    assert _sizes(c, a, to_a) == [2, 1]
    assert _sizes(c, to_a) == [2]


@pytest.mark.parametrize(
    "element",
    [
        {"Resource": "arn:aws:s3:::${aws:PrincipalTag/x}"},
        {"Resource": "arn:aws:s3:::?"},
        {"Resource": None, "NotResource": "arn:aws:s3:::mine"},
    ],
)
def test_a_policy_whose_reach_is_not_plain_keeps_to_itself(element: dict[str, Any]) -> None:
    """Variables, wildcards and exclusions may reach the other bucket."""
    statement = {name: value for name, value in {**_deny("mine"), **element}.items() if value is not None}

    assert _sizes(_question("mine", statement), _question("b", _deny("b"))) == [1, 1]


def test_the_same_policy_may_reach_everything() -> None:
    """Steps with equal policies share a simulation, as their answers come from the same statements anyway."""
    statement = _deny("any", Resource="arn:aws:s3:::*")

    assert _sizes(_question("a", statement), _question("b", statement)) == [2]


def test_policies_that_look_at_other_keys_keep_apart() -> None:
    """AWS reports missing keys for all policies together, so one bucket's IP rule would make the other uncertain."""
    with_ip = _deny("b", Condition={**WITHOUT_MFA, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    with_tag = _deny("c", Condition={**WITHOUT_MFA, "StringEquals": {"aws:PrincipalTag/x": "${aws:SourceIp}"}})

    assert _sizes(_question("a", _deny("a")), _question("b", with_ip), _question("c", with_tag)) == [1, 1, 1]


def test_regions_and_actions_keep_apart() -> None:
    """A simulation has one region in its context, and crosses all its actions with all its resources."""
    here, there = _question("a"), _question("b", region="us-east-1")

    assert _sizes(here, there, _question("c", op="DeleteBucketPolicy")) == [1, 1, 1]


def test_the_same_pair_is_asked_once() -> None:
    """Two steps about one bucket need one answer."""
    assert _sizes(_question("a", _deny("a")), _question("a", _deny("a"))) == [1]


def test_policies_together_stay_below_what_aws_takes() -> None:
    """Long policies fill a simulation before twenty resources do."""
    long = {"StringNotEquals": {"aws:PrincipalAccount": ["222222222222"] * (MAX_TEXT // 45)}}
    questions = [_question(name, _deny(name, Condition=long)) for name in ("a", "b", "c", "d")]

    asked = batches(questions, limited=False)

    assert [len(batch.parts) for batch in asked] == [2, 2]
    assert all(sum(map(len, batch.policies)) <= MAX_TEXT for batch in asked)


def test_the_limit_of_a_simulations_policies_is_within_it() -> None:
    """AWS's model names the limit; a simulation whose policies have just as many characters is one."""
    assert get_session().get_service_model("iam").shape_for("policyDocumentType").metadata["max"] == MAX_TEXT
    half = MAX_TEXT // 2

    def sized(name: str, size: int) -> Question:
        def made(length: int) -> Question:
            return _question(name, _deny(name, Condition={"StringNotEquals": {"aws:PrincipalAccount": "2" * length}}))

        (origin,) = made(1).converted.origins
        return made(size - len(origin.policy) + 1)

    assert _sizes(sized("a", half), sized("b", half)) == [2]
    assert _sizes(sized("a", half), sized("b", half + 1)) == [1, 1]


def test_the_boundary_that_limits_nothing() -> None:
    """Under it whatever an identity policy allows is allowed."""
    everything = read_policy("everything", NO_LIMIT)
    request = Request(ROLE, "s3:DeleteBucket", "arn:aws:s3:::b", ROLE.account, RequestContext())

    assert isinstance(evaluate(request, Policies((everything,), boundary=everything)), Allowed)
    assert json.loads(NO_LIMIT)["Version"] == "2012-10-17"


@pytest.mark.parametrize("limited", [False, True])
def test_a_grant_that_no_boundary_limits_is_asked_twice(limited: bool) -> None:
    """Only under a boundary, and only for the steps that have such a grant."""
    grant = _deny("a", Effect="Allow", Sid="Open")

    asked = batches((_question("a", grant), _question("b", _deny("b"))), limited=limited)

    assert [batch.unlimited for batch in asked] == ([False, True, False] if limited else [False])
    lists = [batch.call(SETTING, Scenario.NO_KEY).params.get("PermissionsBoundaryPolicyInputList") for batch in asked]
    assert lists == ([None, (NO_LIMIT,), None] if limited else [None])
    beside = batches((_question("a", _deny("a"), grant),), limited=limited)
    assert [batch.unlimited for batch in beside] == ([False, True] if limited else [False])


def test_statements_are_found_again_by_aws_name() -> None:
    """In every batch a step's statement is known by the place of its policy there."""
    first, second = _question("a", _deny("a", Sid="A")), _question("b", _deny("b", Sid="B1"), _deny("b", Sid="B2"))
    (batch,) = batches((first, second), limited=False)

    names = [{name: origin.name for name, origin in batch.origins(part).items()} for part in batch.parts]

    # The two statements of b say the same, and are one policy under the first one's name.
    assert names == [
        {"PolicyInputList.1": "statement A of the bucket policy"},
        {"PolicyInputList.2": "statement B1 of the bucket policy"},
    ]


def test_a_batch_can_be_taken_apart() -> None:
    """Where an answer is about all resources together, each is asked about alone, under the same limits."""
    parts = tuple(part for name in ("a", "b") for part in _question(name).parts)

    assert Batch(parts, unlimited=True).alone() == (Batch(parts[:1], unlimited=True), Batch(parts[1:], unlimited=True))
