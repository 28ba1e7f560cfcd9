"""What policies see of MFA, for every way to credentials, chains and the passing of time included."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PROBE = "s3:ListAllMyBuckets"
PRESENT = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FALSE = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
ABSENT = {"Null": {"aws:MultiFactorAuthPresent": "true"}}
AGELESS = {"Null": {"aws:MultiFactorAuthAge": "true"}}
SECOND = "arn:aws:iam::222222222222:role/Second"


def _role_sees(aws: Any, keys: Any, condition: dict[str, dict[str, str]], role: str = "") -> bool:
    """Return whether a role session made with these keys meets a condition, asked through its session policy."""
    session = aws.role_session(keys, role, Policy=aws.allow(PROBE, **condition))
    return aws.refusal("s3", session, "list_buckets") is None


def _user_sees(aws: Any, keys: Any, condition: dict[str, dict[str, str]]) -> bool:
    """Return whether a user's own credentials meet a condition, asked through the user's policy."""
    administrator = aws.client("iam", aws.keys("admin-auth"))
    administrator.put_user_policy(UserName="alice", PolicyName="probe", PolicyDocument=aws.allow(PROBE, **condition))
    return aws.refusal("s3", keys, "list_buckets") is None


def _second_role(aws: Any) -> None:
    administrator = aws.client("iam", aws.keys("admin-prod"))
    trust = {"Effect": "Allow", "Principal": {"AWS": aws.teardown}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    administrator.create_role(RoleName="Second", AssumeRolePolicyDocument=document)
    administrator.put_role_policy(RoleName="Second", PolicyName="probe", PolicyDocument=aws.allow(PROBE))
    administrator.put_role_policy(RoleName="Teardown", PolicyName="on", PolicyDocument=aws.allow("sts:AssumeRole"))


def test_long_term_key_has_no_key_at_all(aws: Any) -> None:
    """A user's own key meets neither true nor false, only absence."""
    keys = aws.keys("alice")

    assert [_user_sees(aws, keys, condition) for condition in (PRESENT, FALSE, ABSENT)] == [False, False, True]


@pytest.mark.parametrize(("mfa", "expected"), [(True, [True, False, False]), (False, [False, True, False])])
def test_user_session_knows_whether_a_code_was_given(aws: Any, mfa: bool, expected: list[bool]) -> None:
    """GetSessionToken sets the key in any case, to what it was given."""
    keys = aws.user_session(mfa=mfa)

    assert [_user_sees(aws, keys, condition) for condition in (PRESENT, FALSE, ABSENT)] == expected


@pytest.mark.parametrize(("mfa", "expected"), [(True, [True, False, False]), (False, [False, True, False])])
def test_role_session_inherits_from_the_user_session(aws: Any, mfa: bool, expected: list[bool]) -> None:
    """AssumeRole by a session carries on what that session has."""
    keys = aws.user_session(mfa=mfa)

    assert [_role_sees(aws, keys, condition) for condition in (PRESENT, FALSE, ABSENT)] == expected


def test_role_session_from_a_long_term_key_has_the_key_set_to_false(aws: Any) -> None:
    """A role session always has the key."""
    keys = aws.keys("alice")

    assert [_role_sees(aws, keys, condition) for condition in (PRESENT, FALSE, ABSENT, AGELESS)] == [
        False,
        True,
        False,
        True,
    ]


def test_federated_session_never_has_mfa(aws: Any) -> None:
    """GetFederationToken knows no MFA: the key is there and false."""
    answers = []
    for condition in (PRESENT, FALSE, ABSENT):
        policy = aws.allow(PROBE, **condition)
        made = aws.client("sts", aws.keys("admin-auth")).get_federation_token(Name="guest", Policy=policy)
        answers.append(aws.refusal("s3", aws.keys_of(made), "list_buckets") is None)

    assert answers == [False, True, False]


@pytest.mark.parametrize("mfa", [True, False])
def test_second_hop_inherits_too(aws: Any, mfa: bool) -> None:
    """A role session made from a role session has what the first one has."""
    _second_role(aws)
    first = aws.chained(mfa=mfa)

    assert [_role_sees(aws, first, condition, SECOND) for condition in (PRESENT, FALSE)] == [mfa, not mfa]


def test_a_source_identity_goes_on_to_the_second_role(aws: Any) -> None:
    """It is set once, and stands in every session that comes after."""
    _second_role(aws)
    trust = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam", aws.keys("admin-prod")).update_assume_role_policy(RoleName="Teardown", PolicyDocument=document)
    may = {"UserName": "alice", "PolicyName": "sts", "PolicyDocument": aws.allow("sts:*")}
    aws.client("iam", aws.keys("admin-auth")).put_user_policy(**may)
    named = {"StringEquals": {"aws:SourceIdentity": "alice"}}

    assert _role_sees(aws, aws.chained(SourceIdentity="alice"), named, SECOND)
    assert not _role_sees(aws, aws.chained(), named, SECOND)


def test_code_given_to_assume_role_meets_a_trust_policy_and_nothing_after_it(aws: Any) -> None:
    """A trust policy that asks for MFA lets the call with a code through; the session has no MFA and no age."""
    administrator = aws.client("iam", aws.keys("admin-prod"))
    trust = json.loads(aws.allow("sts:AssumeRole", **PRESENT))
    trust["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::111111111111:root"}
    del trust["Statement"][0]["Resource"]
    administrator.update_assume_role_policy(RoleName="Teardown", PolicyDocument=json.dumps(trust))
    without = aws.refusal("sts", aws.keys("alice"), "assume_role", RoleArn=aws.teardown, RoleSessionName="tester")
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}

    session = aws.role_session(aws.keys("alice"), **code, Policy=aws.allow(PROBE, **FALSE, **AGELESS))

    assert without.code == "AccessDenied"
    assert aws.refusal("s3", session, "list_buckets") is None


def test_age_counts_from_the_code_and_is_inherited(aws: Any) -> None:
    """Ten minutes after the code, sessions made before and after are both ten minutes old in MFA."""
    young = {"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}
    user = aws.user_session()
    early = aws.role_session(user, Policy=aws.allow(PROBE, **young))
    before = aws.refusal("s3", early, "list_buckets")
    aws.sandbox.advance(600)

    after = aws.refusal("s3", early, "list_buckets")

    assert before is None
    assert after.message.endswith("because no session policy allows the s3:ListAllMyBuckets action")
    assert not _role_sees(aws, user, young)
    assert _role_sees(aws, user, {"NumericLessThan": {"aws:MultiFactorAuthAge": "660"}})


def test_session_without_mfa_has_no_age(aws: Any) -> None:
    """The age exists only where a code was given."""
    assert _role_sees(aws, aws.user_session(mfa=False), AGELESS)
    assert not _role_sees(aws, aws.user_session(), AGELESS)


def test_sessions_expire_by_the_sandboxs_clock(aws: Any) -> None:
    """A session of 900 seconds works for 890 and is over after 910."""
    keys = aws.chained(DurationSeconds=900)
    aws.sandbox.advance(890)
    alive = aws.refusal("s3", keys, "list_buckets")
    aws.sandbox.advance(20)

    over = aws.refusal("s3", keys, "list_buckets")

    assert alive is None
    assert (over.code, over.status) == ("ExpiredToken", 400)


def test_expirations_are_told_by_the_sandboxs_clock(aws: Any) -> None:
    """What STS says of a session's end is when it ends, also after the clock was moved."""
    aws.sandbox.advance(1800)
    answer = aws.client("sts", aws.user_session()).assume_role(
        RoleArn=aws.teardown, RoleSessionName="alice", DurationSeconds=900
    )
    lasts = answer["Credentials"]["Expiration"] - datetime.now(UTC)

    assert timedelta(minutes=44) < lasts <= timedelta(minutes=45)


@pytest.mark.parametrize("mfa", [True, False])
def test_code_given_to_assume_role_by_a_session_adds_nothing(aws: Any, mfa: bool) -> None:
    """Also from a user session, what counts is that session and not the code."""
    user = aws.user_session(mfa=mfa)
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}

    session = aws.role_session(user, **code, Policy=aws.allow(PROBE, **PRESENT))

    assert (aws.refusal("s3", session, "list_buckets") is None) is mfa


def test_deny_after_a_moment_follows_the_sandboxs_clock(aws: Any) -> None:
    """DateGreaterThan on aws:CurrentTime closes when the sandbox's clock passes it, and not before."""
    end = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": PROBE, "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateGreaterThan": {"aws:CurrentTime": end}},
            },
        ],
    }
    keys = aws.chained(Policy=json.dumps(policy))
    before = aws.refusal("s3", keys, "list_buckets")
    aws.sandbox.advance(301)

    closed = aws.refusal("s3", keys, "list_buckets")

    assert before is None
    assert closed.message.endswith("with an explicit deny in a session policy")
