"""Session policies against two evaluators: a naive one of our own, and ministack's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from runner.errors import RunnerError
from runner.model.call import BoundCall, Effect
from runner.policy.names import iam_actions
from runner.policy.session import MAX_SIZE, PolicyTooLarge, pack, session_policy

UNTIL = datetime(2026, 12, 1, 8, 15, 0, 999_999, tzinfo=UTC)
BEFORE, AFTER = UNTIL - timedelta(seconds=60), UNTIL + timedelta(seconds=1)
MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "30"}
NO_MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "false"}

APIS = ("s3:DeleteBucket", "s3:DeleteObjects", "s3:HeadBucket", "s3:ListObjectVersions", "s3:AbortMultipartUpload")
ARNS = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "*")
ASKED_ACTIONS = ("s3:deletebucket", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:PutObject")
ASKED_ARNS = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/k", "arn:aws:s3:::b/k/*", "arn:aws:s3:::aa")


def _call(api: str, *arns: str) -> BoundCall:
    service, operation = api.split(":")
    return BoundCall(service, operation, {}, "ap-northeast-1", arns, Effect.DELETE)


calls = st.lists(
    st.builds(
        lambda api, arns: _call(api, *arns),
        st.sampled_from(APIS),
        st.lists(st.sampled_from(ARNS), min_size=1, max_size=3),
    ),
    max_size=5,
).map(tuple)


def _planned(planned: tuple[BoundCall, ...], action: str, arn: str) -> bool:
    return any(
        action.lower() == needed.lower() and (resource in {arn, "*"} or _below(resource, arn))
        for call in planned
        for needed in iam_actions(call)
        for resource in call.resources
    )


def _below(resource: str, arn: str) -> bool:
    return resource.endswith("/*") and arn.startswith(resource[:-1])


def _naive(policy: str, action: str, arn: str, context: Mapping[str, Any], now: datetime) -> bool:
    """Evaluate what session policies use, from the definitions of the operators and nothing else."""
    effects = {
        statement["Effect"]
        for statement in json.loads(policy)["Statement"]
        if _any(statement["Action"], action, re.IGNORECASE)
        and _any(statement["Resource"], arn)
        and all(
            _holds(operator, context.get(key, now if key == "aws:CurrentTime" else None), value)
            for operator, block in statement["Condition"].items()
            for key, value in block.items()
        )
    }
    return effects == {"Allow"}


def _any(patterns: Any, text: str, flags: int = 0) -> bool:
    listed = patterns if isinstance(patterns, list) else [patterns]
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, flags) for pattern in listed)


def _holds(operator: str, actual: Any, wanted: str) -> bool:
    match operator:
        case "Bool":
            return bool(actual == wanted)
        case "BoolIfExists":
            return actual is None or bool(actual == wanted)
        case "NumericGreaterThanIfExists":
            return actual is None or int(actual) > int(wanted)
        case "DateGreaterThan":
            return bool(actual > datetime.strptime(wanted, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
        case _:
            raise AssertionError(f"session policies do not use {operator}")


@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_with_mfa_exactly_the_planned_calls_pass(planned: tuple[BoundCall, ...], action: str, arn: str) -> None:
    """Every planned pair of action and resource is allowed, and no other, however the calls were grouped."""
    policy = session_policy(planned, until=UNTIL)

    assert _naive(policy, action, arn, MFA, BEFORE) is _planned(planned, action, arn)


@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_without_mfa_or_too_late_nothing_passes(planned: tuple[BoundCall, ...], action: str, arn: str) -> None:
    """No call gets through without MFA, with no MFA key at all, after the end, or with an MFA that is too old."""
    policy = session_policy(planned, until=UNTIL, max_age=timedelta(minutes=15))
    old = {**MFA, "aws:MultiFactorAuthAge": "901"}

    assert not _naive(policy, action, arn, NO_MFA, BEFORE)
    assert not _naive(policy, action, arn, {}, BEFORE)
    assert not _naive(policy, action, arn, MFA, AFTER)
    assert not _naive(policy, action, arn, old, BEFORE)
    assert not _naive(policy, action, arn, {"aws:MultiFactorAuthPresent": "true"}, BEFORE)


@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_another_evaluator_agrees(planned: tuple[BoundCall, ...], action: str, arn: str) -> None:
    """Ministack's evaluator, with the policy as a session's limit on a role that may do everything, says the same."""
    until = datetime(2999, 1, 1, tzinfo=UTC)
    policy = parse_policy_document(session_policy(planned, until=until, max_age=timedelta(minutes=15)))
    everything = parse_policy_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})

    def decision(keys: Mapping[str, Any]) -> str:
        role = "arn:aws:sts::222222222222:assumed-role/Teardown/runner-01"
        context = EvalContext(role, "AssumedRole", "222222222222", action, arn, "ap-northeast-1")
        context.principal_keys = {key.lower(): value for key, value in {"aws:ViaAWSService": "false", **keys}.items()}
        return str(evaluate(context, [everything], [policy]).decision)

    assert (decision(MFA) == "Allow") is _planned(planned, action, arn)
    assert decision(NO_MFA) == "Deny"
    assert decision({}) == "Deny"


def test_a_past_end_denies_everything_in_another_evaluator(call: Callable[..., BoundCall]) -> None:
    """Ministack reads the end as a date and finds it passed."""
    arn = "arn:aws:s3:::b"
    policy = parse_policy_document(
        session_policy((call("s3:DeleteBucket", arn),), until=datetime(2001, 1, 1, tzinfo=UTC))
    )
    context = EvalContext("role", "AssumedRole", "222222222222", "s3:DeleteBucket", arn, "ap-northeast-1")
    context.principal_keys = {key.lower(): value for key, value in MFA.items()}

    assert evaluate(context, [policy]).matched_sid == "Over"


def test_the_policy_reads_like_this(call: Callable[..., BoundCall]) -> None:
    """A golden example: what a reviewer of the session policy sees."""
    delete = call("s3:DeleteBucket", "arn:aws:s3:::b")
    local = datetime(2026, 12, 1, 17, 15, tzinfo=timezone(timedelta(hours=9)))

    policy = session_policy((delete,), until=local, max_age=timedelta(minutes=15))

    denied = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert json.loads(policy) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:DeleteBucket",
                "Resource": "arn:aws:s3:::b",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            },
            {
                "Sid": "NoMfa",
                **denied,
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false", "aws:ViaAWSService": "false"}},
            },
            {"Sid": "Over", **denied, "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-12-01T08:15:00Z"}}},
            {
                "Sid": "OldMfa",
                **denied,
                "Condition": {
                    "NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "900"},
                    "BoolIfExists": {"aws:ViaAWSService": "false"},
                },
            },
        ],
    }
    assert " " not in policy


def test_the_same_calls_in_any_order_give_the_same_policy(call: Callable[..., BoundCall]) -> None:
    """Order and repetition of calls leave no trace."""
    first, second = call("s3:DeleteBucket", "arn:aws:s3:::b"), call("s3:HeadBucket", "arn:aws:s3:::a")

    assert session_policy((first, second), until=UNTIL) == session_policy((second, first, second), until=UNTIL)


def test_calls_of_services_on_our_behalf_are_not_denied_for_lack_of_mfa(call: Callable[..., BoundCall]) -> None:
    """A service's own call never carries MFA; the explicit Deny leaves it to the Allow."""
    policy = session_policy((call("s3:DeleteBucket", "arn:aws:s3:::b"),), until=UNTIL)
    via_service = {**NO_MFA, "aws:ViaAWSService": "true"}

    deny = next(item for item in json.loads(policy)["Statement"] if item.get("Sid") == "NoMfa")
    block = deny["Condition"]["BoolIfExists"]
    assert not all(_holds("BoolIfExists", via_service.get(key), value) for key, value in block.items())


def test_an_end_without_time_zone_is_refused(call: Callable[..., BoundCall]) -> None:
    """A local time could end the session hours too late."""
    with pytest.raises(ValueError, match="time zone"):
        session_policy((call("s3:DeleteBucket"),), until=datetime(2026, 12, 1))  # noqa: DTZ001  # the point


@pytest.mark.parametrize(
    "resource", ["arn:aws:s3:::b*", "arn:aws:s3:::?", "arn:aws:s3:::${aws:username}", "*/*", "a*/*"]
)
def test_a_wildcard_that_no_template_put_there_is_refused(resource: str, call: Callable[..., BoundCall]) -> None:
    """A resource name never widens the policy."""
    with pytest.raises(RunnerError, match="wildcard"):
        session_policy((call("s3:DeleteBucket", resource),), until=UNTIL)


def test_a_policy_that_does_not_fit_is_refused_with_its_size(call: Callable[..., BoundCall]) -> None:
    """A policy beyond AWS's limit is not sent, and never shortened."""
    many = tuple(call("s3:DeleteBucket", f"arn:aws:s3:::bucket-{number:040}") for number in range(60))

    with pytest.raises(PolicyTooLarge, match="2048") as refused:
        session_policy(many, until=UNTIL)

    assert refused.value.size > MAX_SIZE


def test_a_policy_that_says_something_else_is_never_returned(
    call: Callable[..., BoundCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the writer ever be wrong, reading back stops it."""
    monkeypatch.setattr("runner.policy.session.WITH_MFA", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        session_policy((call("s3:DeleteBucket", "arn:aws:s3:::b"),), until=UNTIL)


def test_a_malformed_end_is_never_returned(call: Callable[..., BoundCall], monkeypatch: pytest.MonkeyPatch) -> None:
    """STS accepts a broken date and such a Deny never holds; reading back notices."""
    monkeypatch.setattr("runner.policy.session._utc", lambda _: "2099-01-01T00:00:00Z")

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        session_policy((call("s3:DeleteBucket", "arn:aws:s3:::b"),), until=UNTIL)


groups = st.lists(
    st.lists(st.integers(0, 40), min_size=1, max_size=12).map(
        lambda numbers: tuple(_call("s3:DeleteBucket", f"arn:aws:s3:::bucket-{number:040}") for number in numbers)
    ),
    max_size=8,
).map(tuple)


@given(wanted=groups)
def test_packing_loses_no_group_and_fits(wanted: tuple[tuple[BoundCall, ...], ...]) -> None:
    """Every group is in exactly one pack, and a pack's policy is that of its groups, small enough."""
    packs = pack(wanted, until=UNTIL)

    assert sorted(member for packed in packs for member in packed.members) == list(range(len(wanted)))
    for packed in packs:
        together = tuple(call for member in packed.members for call in wanted[member])
        assert packed.policy == session_policy(together, until=UNTIL)
        assert len(packed.policy) <= MAX_SIZE


def test_packing_uses_few_policies(call: Callable[..., BoundCall]) -> None:
    """Groups that fit together are put together."""
    small = tuple((call("s3:DeleteBucket", f"arn:aws:s3:::b{number}"),) for number in range(10))

    assert [packed.members for packed in pack(small, until=UNTIL)] == [tuple(range(10))]


def test_a_single_group_that_does_not_fit_is_refused(call: Callable[..., BoundCall]) -> None:
    """A group is never split, because one session has to do it."""
    large = tuple(call("s3:DeleteBucket", f"arn:aws:s3:::bucket-{number:040}") for number in range(60))

    with pytest.raises(PolicyTooLarge):
        pack(((call("s3:HeadBucket", "arn:aws:s3:::b"),), large), until=UNTIL)
