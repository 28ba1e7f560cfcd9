"""Session policies against two evaluators: our own, and ministack's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, parse_policy_document

from runner.errors import RunnerError
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.canonical import Json
from runner.policy.evaluate import evaluate
from runner.policy.grants import grants_of
from runner.policy.names import iam_actions
from runner.policy.policies import (
    Allowed,
    AnyPolicy,
    Decision,
    ExplicitlyDenied,
    ImplicitlyDenied,
    Policies,
    read_policy,
)
from runner.policy.principal import Role
from runner.policy.request import Request, RequestContext
from runner.policy.session import MAX_SIZE, PolicyTooLarge, session_policy

UNTIL = datetime(2026, 12, 1, 8, 15, 0, 999_999, tzinfo=UTC)
BEFORE, AFTER = UNTIL - timedelta(seconds=60), UNTIL + timedelta(seconds=1)
ROLE = Role("arn:aws:iam::222222222222:role/Teardown", "AROAEXAMPLEROLEID0001", "runner-01")
EVERYTHING = read_policy("role", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "30"}
NO_MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "false"}

APIS = ("s3:DeleteBucket", "s3:DeleteObjects", "s3:HeadBucket", "s3:ListObjectVersions", "s3:AbortMultipartUpload")
ARNS = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "*")
ASKED_ACTIONS = ("s3:deletebucket", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:PutObject")
ASKED_ARNS = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/k", "arn:aws:s3:::b/k/*", "arn:aws:s3:::aa")


def _call(api: str, *arns: str) -> BoundCall:
    service, operation = api.split(":")
    effect = Effect.READ if operation.startswith(("Head", "List")) else Effect.DELETE
    return BoundCall(service, operation, {}, "ap-northeast-1", arns, effect)


few = settings(max_examples=60, deadline=None)

calls = st.lists(
    st.builds(
        lambda api, arns: _call(api, *arns),
        st.sampled_from(APIS),
        st.lists(st.sampled_from(ARNS), min_size=1, max_size=3),
    ),
    max_size=3,
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


def _ask(
    policy: str,
    action: str,
    arn: str,
    keys: Mapping[str, str],
    *,
    now: datetime = BEFORE,
    resource: AnyPolicy | None = None,
) -> Decision:
    """Ask the evaluator what a role that may do everything may do under the session policy."""
    values = {**keys, "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    context = RequestContext(values, absent=frozenset({"*"}))
    request = Request(ROLE, action, arn, ROLE.account, context)
    return evaluate(request, Policies((EVERYTHING,), session=(read_policy("session", policy),), resource=resource))


@few
@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_with_mfa_exactly_the_planned_calls_pass(planned: tuple[BoundCall, ...], action: str, arn: str) -> None:
    """Every planned pair of action and resource is allowed, and no other, however the calls were grouped."""
    policy = session_policy(planned, until=UNTIL)

    assert isinstance(_ask(policy, action, arn, MFA), Allowed) is _planned(planned, action, arn)


@few
@given(planned=calls)
def test_every_planned_call_passes(planned: tuple[BoundCall, ...]) -> None:
    """Whatever a call needs is allowed as long as the code is fresh and the end has not come."""
    policy = session_policy(planned, until=UNTIL, max_age=timedelta(minutes=15))

    for action, resource in grants_of(planned):
        assert isinstance(_ask(policy, action, resource, MFA), Allowed)


@few
@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_without_mfa_or_too_late_nothing_passes(planned: tuple[BoundCall, ...], action: str, arn: str) -> None:
    """Every call is denied, and explicitly: without MFA, without any MFA key, after the end, with too old a code."""
    policy = session_policy(planned, until=UNTIL, max_age=timedelta(minutes=15))
    old = {**MFA, "aws:MultiFactorAuthAge": "901"}

    for keys in (NO_MFA, {}, old, {"aws:MultiFactorAuthPresent": "true"}):
        assert isinstance(_ask(policy, action, arn, keys), ExplicitlyDenied)
    assert isinstance(_ask(policy, action, arn, MFA, now=AFTER), ExplicitlyDenied)


@pytest.mark.parametrize("principal", [{"AWS": ROLE.session_arn}, "*"])
@few
@given(planned=calls, action=st.sampled_from(ASKED_ACTIONS), arn=st.sampled_from(ASKED_ARNS))
def test_a_grant_to_the_session_does_not_reach_around_the_policy(
    principal: Json, planned: tuple[BoundCall, ...], action: str, arn: str
) -> None:
    """A resource policy that allows the session everything gets it no call without MFA, and no write with it.

    Such a grant is not limited by what the session policy does not allow, only by what it denies.
    """
    statement: Json = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    grant = read_policy("bucket", {"Version": "2012-10-17", "Statement": statement})
    policy = session_policy(planned, until=UNTIL, max_age=timedelta(minutes=15))
    reads = {needed.lower() for call in planned if not call.is_write for needed in iam_actions(call)}

    assert isinstance(_ask(policy, action, arn, NO_MFA, resource=grant), ExplicitlyDenied)
    assert isinstance(_ask(policy, action, arn, MFA, now=AFTER, resource=grant), ExplicitlyDenied)
    if not _planned(planned, action, arn) and action.lower() not in reads:
        assert isinstance(_ask(policy, action, arn, MFA, resource=grant), ExplicitlyDenied)


@few
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
        return str(iam_evaluator.evaluate(context, [everything], [policy]).decision)

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

    assert iam_evaluator.evaluate(context, [policy]).matched_sid == "Over"


def test_the_policy_reads_like_this(call: Callable[..., BoundCall]) -> None:
    """A golden example: what a reviewer of the session policy sees."""
    delete = call("s3:DeleteBucket", "arn:aws:s3:::b")
    local = datetime(2026, 12, 1, 17, 15, tzinfo=timezone(timedelta(hours=9)))

    policy = session_policy((delete,), until=local, max_age=timedelta(minutes=15))

    denied = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    direct = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
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
                "Condition": {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "900"}, **direct},
            },
            {"Sid": "Only", "Effect": "Deny", "NotAction": "s3:DeleteBucket", "Resource": "*", "Condition": direct},
            {"Effect": "Deny", "Action": "s3:DeleteBucket", "NotResource": "arn:aws:s3:::b", "Condition": direct},
        ],
    }
    assert " " not in policy


def test_the_same_calls_in_any_order_give_the_same_policy(call: Callable[..., BoundCall]) -> None:
    """Order and repetition of calls leave no trace."""
    first, second = call("s3:DeleteBucket", "arn:aws:s3:::b"), call("s3:HeadBucket", "arn:aws:s3:::a")

    assert session_policy((first, second), until=UNTIL) == session_policy((second, first, second), until=UNTIL)


def test_calls_of_services_on_our_behalf_are_not_denied(call: Callable[..., BoundCall]) -> None:
    """A service's own call never carries MFA; the Denies leave it to the Allow, and that to a grant to the session."""
    policy = session_policy((call("s3:DeleteBucket", "arn:aws:s3:::b"),), until=UNTIL)
    statement: Json = {"Effect": "Allow", "Principal": {"AWS": ROLE.session_arn}, "Action": "*", "Resource": "*"}
    grant = read_policy("key", {"Version": "2012-10-17", "Statement": statement})
    via_service = {**NO_MFA, "aws:ViaAWSService": "true"}

    decrypted = ("kms:Decrypt", "arn:aws:kms:us-east-1:222222222222:key/1")
    assert isinstance(_ask(policy, *decrypted, via_service), ImplicitlyDenied)
    assert isinstance(_ask(policy, *decrypted, via_service, resource=grant), Allowed)


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


def test_the_largest_policy_that_fits() -> None:
    """AWS's limit itself is within it."""

    def policy(length: int) -> str:
        return session_policy((_call("s3:HeadBucket", f"arn:aws:s3:::{'b' * length}"),), until=UNTIL)

    longest = MAX_SIZE - len(policy(1)) + 1

    assert len(policy(longest)) == MAX_SIZE
    with pytest.raises(PolicyTooLarge):
        policy(longest + 1)


@pytest.mark.parametrize(
    ("api", "arn", "confined"),
    [
        ("s3:DeleteBucket", "arn:aws:s3:::b", True),
        ("s3:HeadBucket", "arn:aws:s3:::b", False),
        ("s3:DeleteBucket", "*", False),
    ],
)
def test_only_writes_on_something_are_denied_elsewhere(api: str, arn: str, *, confined: bool) -> None:
    """A read elsewhere is not allowed either, and its Deny would take the room that writes need."""
    assert ("NotResource" in session_policy((_call(api, arn),), until=UNTIL)) is confined


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
