"""The policies to paste grant what the calls need, and nothing else; IAM takes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from runner.errors import RunnerError
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.policy.document import parse
from runner.policy.grants import grants_of, in_words
from runner.policy.permissions import (
    ATTACHED,
    INLINE_SIZE,
    MANAGED_SIZE,
    TRUST_SIZE,
    Needed,
    Purpose,
    deny_without_mfa,
    identity_policies,
    size,
    trust_policy,
)

ALICE = "arn:aws:iam::111111111111:user/alice"
READS = ("s3:HeadBucket", "s3:ListObjectVersions", "s3:GetBucketPolicy", "iam:GetRole", "s3:ListBuckets")
WRITES = ("s3:DeleteBucket", "s3:DeleteObjects", "s3:AbortMultipartUpload", "sts:AssumeRole", "s3:HeadBucket")
ARNS = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/*", "arn:aws:iam::222222222222:role/ops/R", "*")
WITH_MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "true"}
NO_MFA: Mapping[str, Any] = {"aws:MultiFactorAuthPresent": "false"}
NO_KEY: Mapping[str, Any] = {}


def calls(apis: tuple[str, ...]) -> st.SearchStrategy[tuple[BoundCall, ...]]:
    """Return a strategy for calls of these APIs on a few resources."""
    arns = st.lists(st.sampled_from(ARNS), min_size=1, max_size=3).map(tuple)
    one = st.builds(_call, st.sampled_from(apis), arns)
    return st.lists(one, max_size=6).map(tuple)


def _call(api: str, arns: tuple[str, ...]) -> BoundCall:
    service, operation = api.split(":")
    return BoundCall(service, operation, {}, "ap-northeast-1", arns, Effect.DELETE)


needs = st.builds(Needed, guard=calls(READS), reads=calls(READS), checks=calls(READS), writes=calls(WRITES))


def granted(policies: tuple[Any, ...], *, with_mfa: bool) -> set[tuple[str, str]]:
    """Return the pairs that the policies allow, those with a condition or those without."""
    found: list[tuple[str, str]] = []
    for policy in policies:
        for statement in parse(json.dumps(policy)).statements:
            assert statement.effect == "Allow"
            assert statement.resource is not None
            if bool(statement.conditions) is with_mfa:
                found += [(action, arn) for action in statement.action.values for arn in statement.resource.values]
    assert len(found) == len(set(found))
    return set(found)


@given(needs)
def test_policies_grant_what_is_needed_and_nothing_else(needed: Needed) -> None:
    """Every pair of every call is granted once, writes with MFA only, and no other pair is."""
    policies = identity_policies(needed)
    writes = grants_of(needed.writes)

    assert granted(policies, with_mfa=True) == writes
    assert granted(policies, with_mfa=False) == grants_of((*needed.guard, *needed.reads, *needed.checks)) - writes


def test_the_limits_are_those_of_iam() -> None:
    """IAM's quotas, as its user guide lists them: nobody is told that something fits which IAM refuses."""
    assert (MANAGED_SIZE, INLINE_SIZE, TRUST_SIZE, ATTACHED) == (6144, 10240, 2048, 10)


@given(needs)
def test_iam_takes_the_policies(needed: Needed) -> None:
    """Each policy is within its size, and its Sids are letters and digits, each used once."""
    for policy in identity_policies(needed):
        data = json.loads(json.dumps(policy))
        sids = [statement["Sid"] for statement in data["Statement"]]

        assert size(policy) <= MANAGED_SIZE
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() and sid.isascii() for sid in sids)


def test_conditions_are_the_ones_that_hold(call: Callable[..., BoundCall]) -> None:
    """A write is allowed if MFA is present, with Bool: IfExists would let long-term keys through."""
    (policy,) = identity_policies(Needed(writes=(call("s3:DeleteBucket", "arn:aws:s3:::b"),)))

    assert json.loads(json.dumps(policy))["Statement"] == [
        {
            "Sid": "WriteS3WithMfa",
            "Effect": "Allow",
            "Action": "s3:DeleteBucket",
            "Resource": "arn:aws:s3:::b",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ]


def test_statements_say_what_they_are_for(call: Callable[..., BoundCall]) -> None:
    """Sids name the purpose, the service and the reach; the second of a name gets a number."""
    needed = Needed(
        guard=(call("iam:GetRole", "arn:aws:iam::222222222222:role/R"), call("iam:ListAccountAliases")),
        reads=(call("s3:HeadBucket", "arn:aws:s3:::a"), call("s3:GetBucketPolicy", "arn:aws:s3:::b")),
        writes=(call("s3:AbortMultipartUpload", "arn:aws:s3:::a/*"),),
    )
    (policy,) = identity_policies(needed)
    sids = [statement["Sid"] for statement in json.loads(json.dumps(policy))["Statement"]]

    assert sids == ["GuardIamAnywhere", "GuardIam", "ReadS3", "ReadS3Part2", "WriteS3ContentsWithMfa"]


def test_what_is_too_large_becomes_several_policies(call: Callable[..., BoundCall]) -> None:
    """A statement that no policy can hold is split by its resources; nothing is lost and nothing is added."""
    buckets = tuple(f"arn:aws:s3:::{'b' * 50}-{number:04}" for number in range(300))
    writes = tuple(call("s3:DeleteBucket", bucket) for bucket in buckets)
    reads = tuple(call("s3:HeadBucket", bucket) for bucket in buckets)
    policies = identity_policies(Needed(reads=reads, writes=writes))
    sids = [statement["Sid"] for policy in policies for statement in json.loads(json.dumps(policy))["Statement"]]

    assert len(policies) > 6
    assert max(map(size, policies)) <= MANAGED_SIZE
    assert len(sids) == len(set(sids))
    assert granted(policies, with_mfa=True) == grants_of(writes)
    assert granted(policies, with_mfa=False) == grants_of(reads)


def statements(needed: Needed) -> list[dict[str, Any]]:
    """Return the statements of all policies."""
    whole = json.loads(json.dumps(identity_policies(needed)))
    assert {policy["Version"] for policy in whole} == {"2012-10-17"}
    return [statement for policy in whole for statement in policy["Statement"]]


def test_what_several_need_is_granted_once(call: Callable[..., BoundCall]) -> None:
    """The first who needs something gets it, but for writes: theirs is never granted without MFA."""
    bucket = "arn:aws:s3:::a"
    role, policy = call("iam:GetRole", "arn:aws:iam::2:role/R"), call("s3:GetBucketPolicy", bucket)
    head, versions = call("s3:HeadBucket", bucket), call("s3:ListObjectVersions", bucket)
    needed = Needed(
        guard=(role, head), reads=(role, head, policy), checks=(role, head, policy, versions), writes=(head,)
    )

    assert [(made["Sid"], made["Action"]) for made in statements(needed)] == [
        ("GuardIam", "iam:GetRole"),
        ("ReadS3", "s3:GetBucketPolicy"),
        ("CheckS3", "s3:ListBucketVersions"),
        ("WriteS3WithMfa", "s3:ListBucket"),
    ]


def test_the_operators_own_way_in_needs_mfa(call: Callable[..., BoundCall]) -> None:
    """Assuming the role is allowed with MFA only, as a write is."""
    way = Needed(writes=(call("sts:AssumeRole", "arn:aws:iam::2:role/R"),), purpose=Purpose.ASSUME)

    assert [(made["Sid"], made["Condition"]) for made in statements(way)] == [("AssumeStsWithMfa", {"Bool": WITH_MFA})]


def test_a_sid_names_services_in_letters_and_contents_that_are_nothing_else() -> None:
    """A bucket and what is in it are not its contents, and a service's name may hold a dash."""
    both = _call("s3:GetBucketPolicy", ("arn:aws:s3:::a", "arn:aws:s3:::a/*"))
    dashed = _call("execute-api:Invoke", ("arn:aws:execute-api:eu-west-1:2:x",))

    assert [made["Sid"] for made in statements(Needed(guard=(dashed,), reads=(both,)))] == ["GuardExecuteapi", "ReadS3"]


def test_a_statement_is_split_only_where_no_policy_holds_it() -> None:
    """Two resources share a statement up to the limit; one that is too long alone stays, and stays one."""
    for length in range(2900, 3000):
        pair = tuple(f"arn:aws:s3:::{letter * length}" for letter in "ab")
        policies = identity_policies(Needed(writes=(_call("s3:DeleteBucket", pair),)))

        assert max(map(size, policies)) <= MANAGED_SIZE
        assert len(policies) == (1 if length < 2942 else 2), length
    assert len(identity_policies(Needed(writes=(_call("s3:DeleteBucket", (f"arn:aws:s3:::{'a' * 7000}",)),)))) == 1


def test_statements_share_a_policy_up_to_its_limit() -> None:
    """A policy of the size that IAM takes is one; a character more makes two."""

    def made(length: int) -> tuple[Any, ...]:
        read = _call("s3:GetBucketPolicy", (f"arn:aws:s3:::{'a' * length}",))
        return identity_policies(Needed(reads=(read,), writes=(_call("s3:DeleteBucket", ("arn:aws:s3:::b",)),)))

    longest = MANAGED_SIZE - size(made(1)[0]) + 1

    assert [size(policy) for policy in made(longest)] == [MANAGED_SIZE]
    assert len(made(longest + 1)) == 2


@pytest.mark.parametrize("arn", ["*", "arn:aws:s3:::a/*", "arn:aws:logs:eu-west-1:2:log-group:x:*"])
def test_what_is_in_a_bucket_or_a_log_group_is_named_by_a_star_at_the_end(arn: str) -> None:
    """These stars come from templates."""
    (made,) = statements(Needed(reads=(_call("logs:DescribeLogStreams", (arn,)),)))

    assert made["Resource"] == arn


def test_a_wildcard_that_no_template_put_there_is_refused(call: Callable[..., BoundCall]) -> None:
    """A resource with a wildcard would grant more than the call needs."""
    with pytest.raises(RunnerError, match="wildcard"):
        identity_policies(Needed(reads=(call("s3:HeadBucket", "arn:aws:s3:::a*"),)))


def test_trust_asks_for_mfa_and_for_the_external_id(call: Callable[..., BoundCall]) -> None:
    """The external id is asked of AssumeRole, MFA of everything."""
    role = "arn:aws:iam::222222222222:role/R"
    policy = trust_policy((ALICE,), (call("sts:AssumeRole", role), call("sts:TagSession", role)), "hunter-2")
    mfa = {"aws:MultiFactorAuthPresent": "true"}

    assert json.loads(json.dumps(policy))["Statement"] == [
        {
            "Sid": "AssumeRoleWithMfa",
            "Effect": "Allow",
            "Principal": {"AWS": ALICE},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": mfa, "StringEquals": {"sts:ExternalId": "hunter-2"}},
        },
        {
            "Sid": "TagSessionWithMfa",
            "Effect": "Allow",
            "Principal": {"AWS": ALICE},
            "Action": "sts:TagSession",
            "Condition": {"Bool": mfa},
        },
    ]
    without_id: Any = trust_policy((ALICE,), (call("sts:AssumeRole", role),))
    assert [statement["Condition"] for statement in without_id["Statement"]] == [{"Bool": mfa}]


@given(calls(WRITES))
def test_snippets_deny_exactly_the_calls_without_mfa(planned: tuple[BoundCall, ...]) -> None:
    """Another evaluator agrees: who has no MFA, or sends no key, is denied; who has MFA is not."""
    grants = grants_of(planned)
    document = {"Version": "2012-10-17", "Statement": json.loads(json.dumps(deny_without_mfa(grants)))}

    for action, arn in {*grants, ("s3:PutObject", "arn:aws:s3:::a"), ("s3:DeleteBucket", "arn:aws:s3:::c")}:
        concerned = any(action == other and resource in {arn, "*"} for other, resource in grants)
        for context, stops in ((WITH_MFA, False), (NO_MFA, True), (NO_KEY, True)):
            assert denied(document, action, arn, context) is (concerned and stops)


def denied(document: Any, action: str, arn: str, context: Mapping[str, Any]) -> bool:
    """Return whether ministack's evaluator finds an explicit deny."""
    asked = EvalContext(ALICE, "User", "111111111111", action, arn, "ap-northeast-1")
    asked.principal_keys = {key.lower(): value for key, value in context.items()}
    return bool(evaluate(asked, [parse_policy_document(document)]).decision == "Deny")


def test_needs_are_said_in_a_sentence(call: Callable[..., BoundCall]) -> None:
    """Hints name the action that AWS checks, which is not always the operation's name."""
    said = in_words(call("s3:HeadBucket", "arn:aws:s3:::a"), call("s3:ListBuckets"))

    assert said == "s3:ListAllMyBuckets on * and s3:ListBucket on arn:aws:s3:::a"


def test_purposes_begin_every_sid() -> None:
    """A Sid may hold letters and digits only, so each purpose is one word."""
    assert all(purpose.value.isalpha() for purpose in Purpose)
