"""Live requests: which policies decide, and how refusals name them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.guard.context import Scenario, known_keys, role_facts
from runner.sandbox.world_file import default_text

WHO = "User: arn:aws:sts::222222222222:assumed-role/Teardown/tester is not authorized to perform: "
GUARD = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:GetBucketLocation",
            "Resource": "arn:aws:s3:::acme-orders-exports",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
                "Bool": {"aws:ViaAWSService": "false"},
            },
        },
    ],
}
ALLOW_ONLY = {**GUARD, "Statement": GUARD["Statement"][:1]}


def _location(aws: Any, keys: Any) -> Any:
    return aws.refusal("s3", keys, "get_bucket_location", Bucket=aws.bucket)


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _put_role_policy(aws: Any, *statements: dict[str, Any], role: str = "Teardown") -> None:
    administrator = aws.client("iam", aws.keys("admin-prod"))
    administrator.put_role_policy(RoleName=role, PolicyName="extra", PolicyDocument=_policy(*statements))


def _put_bucket_policy(aws: Any, *statements: dict[str, Any]) -> None:
    aws.client("s3", aws.keys("admin-prod")).put_bucket_policy(Bucket=aws.bucket, Policy=_policy(*statements))


def _deny(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "s3:GetBucketLocation", "Resource": "*", **more}


def test_conditional_session_policy_lets_the_right_chain_through(aws: Any) -> None:
    """A session policy that allows only with MFA is a live proof of MFA."""
    assert _location(aws, aws.chained(Policy=json.dumps(GUARD))) is None


@pytest.mark.parametrize("way", ["long-term key", "code to AssumeRole", "session without a code"])
@pytest.mark.parametrize(
    ("policy", "ending"),
    [
        (GUARD, "with an explicit deny in a session policy"),
        (ALLOW_ONLY, "because no session policy allows the s3:GetBucketLocation action"),
    ],
)
def test_conditional_session_policy_refuses_the_other_ways(aws: Any, way: str, policy: Any, ending: str) -> None:
    """The explicit Deny and the conditional Allow each stop sessions without MFA, and the answer names them."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()} if way == "code to AssumeRole" else {}
    source = aws.user_session(mfa=False) if way == "session without a code" else aws.keys("alice")
    keys = aws.role_session(source, Policy=json.dumps(policy), **code)

    refusal = _location(aws, keys)

    assert refusal.message == f'{WHO}s3:GetBucketLocation on resource: "arn:aws:s3:::acme-orders-exports" {ending}'


def test_missing_permission_names_the_identity_policy(aws: Any) -> None:
    """What no policy of the role allows is refused for want of an identity-based policy."""
    refusal = aws.refusal("s3", aws.chained(), "get_bucket_acl", Bucket=aws.bucket)

    assert refusal.message.endswith("because no identity-based policy allows the s3:GetBucketAcl action")


def test_explicit_deny_names_the_identity_policy(aws: Any) -> None:
    """A Deny of the role's own policy is named."""
    _put_role_policy(aws, _deny())

    assert _location(aws, aws.chained()).message.endswith("with an explicit deny in an identity-based policy")


def test_boundary_is_named(aws: Any) -> None:
    """What the permissions boundary leaves out is refused in its name."""
    administrator = aws.client("iam", aws.keys("admin-prod"))
    made = administrator.create_policy(PolicyName="edge", PolicyDocument=aws.allow("s3:ListBucket"))["Policy"]["Arn"]
    administrator.put_role_permissions_boundary(RoleName="Teardown", PermissionsBoundary=made)

    refusal = _location(aws, aws.chained())

    assert refusal.message.endswith("because no permissions boundary allows the s3:GetBucketLocation action")


def test_iam_names_entities_without_their_arn(aws: Any) -> None:
    """IAM's own refusals say ``role Other``; the role may read itself only."""
    refusal = aws.refusal("iam", aws.chained(), "get_role", RoleName="Other")

    assert aws.client("iam", aws.chained()).get_role(RoleName="Teardown")["Role"]["Arn"] == aws.teardown
    assert refusal.code == "AccessDenied"
    assert "iam:GetRole on resource: role Other because no identity-based policy allows" in refusal.message


def test_assuming_across_accounts_names_no_policy(aws: Any) -> None:
    """Across accounts AWS does not say which policy decided."""
    role = "arn:aws:iam::222222222222:role/Other"

    refusal = aws.refusal("sts", aws.keys("alice"), "assume_role", RoleArn=role, RoleSessionName="tester")

    assert refusal.message == (
        f"User: arn:aws:iam::111111111111:user/alice is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_principal_arn_of_a_session_is_the_role(aws: Any) -> None:
    """A condition on aws:PrincipalArn compares with the role's ARN, not with the session's."""
    _put_role_policy(aws, _deny(Condition={"ArnEquals": {"aws:PrincipalArn": aws.teardown}}))

    assert _location(aws, aws.chained()).message.endswith("with an explicit deny in an identity-based policy")


def test_policy_variables_are_replaced(aws: Any) -> None:
    """``${aws:username}`` is the caller's name in resources and conditions; an unknown variable matches nothing."""
    administrator = aws.client("iam", aws.keys("admin-auth"))
    keys = aws.keys("alice")
    conditions = ("${aws:username}", "${aws:PrincipalTag/none}", "${aws:PrincipalTag/none, 'alice'}", "al${*}ce")
    answers = []
    for value in conditions:
        policy = aws.allow("iam:GetUser", StringEquals={"aws:username": value})
        administrator.put_user_policy(UserName="alice", PolicyName="probe", PolicyDocument=policy)
        answers.append(aws.refusal("iam", keys, "get_user") is None)

    assert answers == [True, False, True, False]
    assert aws.refusal("iam", keys, "list_mfa_devices") is None
    assert aws.refusal("iam", keys, "list_mfa_devices", UserName="auth-admin").code == "AccessDenied"


def test_variables_in_resources(aws: Any) -> None:
    """A variable without a value makes Resource and NotResource match nothing."""
    administrator = aws.client("iam", aws.keys("admin-auth"))
    keys = aws.keys("alice")
    answers = []
    for element in ("Resource", "NotResource"):
        for name in ("${aws:username}", "${aws:PrincipalTag/none}", "${?}*", "someone"):
            statement = {"Effect": "Allow", "Action": "iam:GetUser", element: f"arn:aws:iam::111111111111:user/{name}"}
            policy = _policy(statement)
            administrator.put_user_policy(UserName="alice", PolicyName="probe", PolicyDocument=policy)
            answers.append(aws.refusal("iam", keys, "get_user") is None)

    assert answers == [True, False, False, False, False, False, True, True]


def test_unknown_operator_in_a_deny_denies(aws: Any) -> None:
    """What nobody can judge never lets a request through."""
    _put_role_policy(aws, _deny(Condition={"StringSortOfEquals": {"aws:username": "alice"}}))

    assert _location(aws, aws.chained()).code == "AccessDenied"


def test_unknown_operator_in_an_allow_allows_nothing(aws: Any) -> None:
    """An Allow with a condition nobody can judge is no permission."""
    allow = {"Effect": "Allow", "Action": "s3:GetBucketAcl", "Resource": "*"}
    _put_role_policy(aws, {**allow, "Condition": {"StringSortOfEquals": {"aws:username": "alice"}}})

    assert aws.refusal("s3", aws.chained(), "get_bucket_acl", Bucket=aws.bucket).code == "AccessDenied"


def test_unknown_operator_in_a_trust_policy_trusts_nobody(aws: Any) -> None:
    """A role whose trust cannot be judged cannot be assumed."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}
    document = _policy({**trust, "Condition": {"BoolSortOf": {"aws:SecureTransport": "false"}}})
    aws.client("iam", aws.keys("admin-prod")).update_assume_role_policy(RoleName="Teardown", PolicyDocument=document)

    refusal = aws.refusal("sts", aws.keys("alice"), "assume_role", RoleArn=aws.teardown, RoleSessionName="tester")

    assert refusal.code == "AccessDenied"


@pytest.mark.parametrize(
    ("spared", "allowed"),
    [
        (["arn:aws:sts::222222222222:assumed-role/Teardown/tester", "arn:aws:iam::222222222222:role/Teardown"], False),
        (["arn:aws:iam::222222222222:role/Teardown", "arn:aws:iam::222222222222:root"], False),
        (
            [
                "arn:aws:sts::222222222222:assumed-role/Teardown/tester",
                "arn:aws:iam::222222222222:role/Teardown",
                "222222222222",
            ],
            True,
        ),
    ],
)
def test_not_principal_spares_only_who_is_listed_in_full(aws: Any, spared: list[str], allowed: bool) -> None:
    """A Deny with NotPrincipal denies a role session unless session, role and account are all listed."""
    _put_bucket_policy(aws, _deny(NotPrincipal={"AWS": spared}, Resource="arn:aws:s3:::acme-orders-exports"))

    refusal = _location(aws, aws.chained())

    assert (refusal is None) is allowed
    assert allowed or refusal.message.endswith("with an explicit deny in a resource-based policy")


def test_role_with_a_path_is_found(aws: Any) -> None:
    """A role under /ops/ can be assumed, reads itself by its full ARN, and compares as it."""
    administrator = aws.client("iam", aws.keys("admin-prod"))
    trust = _policy({"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"})
    arn = administrator.create_role(RoleName="Ops", Path="/ops/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    condition = {"ArnEquals": {"aws:PrincipalArn": arn}}
    administrator.put_role_policy(
        RoleName="Ops", PolicyName="self", PolicyDocument=aws.allow("iam:GetRole", resource=arn, **condition)
    )
    may = aws.allow("sts:AssumeRole", resource=arn)
    aws.client("iam", aws.keys("admin-auth")).put_user_policy(UserName="alice", PolicyName="ops", PolicyDocument=may)

    keys = aws.role_session(aws.user_session(), arn)

    assert (
        aws.client("iam", keys).get_role(RoleName="Ops")["Role"]["Arn"]
        == arn
        == "arn:aws:iam::222222222222:role/ops/Ops"
    )


def test_resource_account_of_a_bucket_is_its_owner(aws: Any) -> None:
    """aws:ResourceAccount and s3:ResourceAccount are the bucket owner's account."""
    other = {"StringNotEquals": {"aws:ResourceAccount": "222222222222", "s3:ResourceAccount": "222222222222"}}
    _put_role_policy(aws, _deny(Condition=other))

    assert _location(aws, aws.chained()) is None


def test_time_keys_exist(aws: Any) -> None:
    """aws:EpochTime compares as a number of seconds."""
    _put_role_policy(aws, _deny(Condition={"NumericGreaterThan": {"aws:EpochTime": "1600000000"}}))

    assert _location(aws, aws.chained()).code == "AccessDenied"


def test_live_requests_carry_what_runner_simulates(aws: Any) -> None:
    """Every condition key that runner tells the simulator is in the real request, with the same value.

    A Deny for each key holds when the key is missing or different; keys that are moments are only looked for.
    """
    tags, administrator = {"Team": "orders", "owner": "alice"}, aws.client("iam", aws.keys("admin-prod"))
    administrator.tag_role(RoleName="Teardown", Tags=[{"Key": "Team", "Value": "x"}, {"Key": "Env", "Value": "prod"}])
    role = administrator.get_role(RoleName="Teardown")["Role"]
    keys = known_keys(
        role_facts(role, "tester").under(tags, "alice"),
        Scenario.WITH_MFA,
        region="ap-northeast-1",
        account="222222222222",
        now=datetime.now(UTC),
        mfa_age=timedelta(),
    )
    known = {name: value for name, (_, value) in keys.items()}
    moments = {"aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime", "aws:MultiFactorAuthAge"}
    same = [_deny(Condition={"StringNotEquals": {key: known[key]}}) for key in known.keys() - moments]
    there = [_deny(Condition={"Null": {key: "true"}}) for key in moments]
    _put_role_policy(aws, *same, *there)

    session = {"SourceIdentity": "alice", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    whole = {"Effect": "Allow", "Action": "sts:*"}
    trust = _policy({**whole, "Principal": {"AWS": "111111111111"}})
    administrator.update_assume_role_policy(RoleName="Teardown", PolicyDocument=trust)
    may = _policy({**whole, "Resource": "*"})
    aws.client("iam", aws.keys("admin-auth")).put_user_policy(UserName="alice", PolicyName="sts", PolicyDocument=may)

    assert moments < known.keys()
    assert {"aws:SourceIdentity", "aws:PrincipalTag/Env", "aws:PrincipalTag/Team"} < known.keys()
    assert _location(aws, aws.chained(**session)) is None
    assert _location(aws, aws.chained()) is not None


@pytest.mark.parametrize(("kind", "denied"), [("RoleId", True), ("another", False)])
def test_a_unique_id_names_the_role(aws: Any, kind: str, denied: bool) -> None:
    """A bucket policy may name the role by its unique id; another id is somebody else's."""
    role = aws.client("iam", aws.keys("admin-prod")).get_role(RoleName="Teardown")["Role"]
    named = {"AWS": role.get(kind, "AROAAAAAAAAAAAAAAAAAA")}
    _put_bucket_policy(aws, _deny(Principal=named, Resource="arn:aws:s3:::acme-orders-exports"))

    assert (_location(aws, aws.chained()) is not None) is denied


@pytest.mark.parametrize(
    ("principal", "limit", "allowed"),
    [
        ("arn:aws:sts::222222222222:assumed-role/Teardown/tester", "", True),
        ("arn:aws:sts::222222222222:assumed-role/Teardown/tester", "session", True),
        ("arn:aws:sts::222222222222:assumed-role/Teardown/tester", "session with a Deny", False),
        ("arn:aws:sts::222222222222:assumed-role/Teardown/tester", "boundary", True),
        ("arn:aws:iam::222222222222:role/Teardown", "", True),
        ("arn:aws:iam::222222222222:role/Teardown", "session", False),
        ("arn:aws:iam::222222222222:role/Teardown", "boundary", False),
        ("222222222222", "", False),
    ],
)
def test_what_a_bucket_policy_grants_by_itself(aws: Any, principal: str, limit: str, allowed: bool) -> None:
    """An Allow to the session is limited by a Deny only, one to the role by all; one to the account delegates."""
    administrator = aws.client("iam", aws.keys("admin-prod"))
    if limit == "boundary":
        edge = administrator.create_policy(PolicyName="edge", PolicyDocument=aws.allow("s3:ListBucket"))
        administrator.put_role_permissions_boundary(RoleName="Teardown", PermissionsBoundary=edge["Policy"]["Arn"])
    deny = {"Effect": "Deny", "Action": "s3:GetBucketAcl", "Resource": "*"}
    session = [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}, *([deny] if "Deny" in limit else [])]
    more = {"Policy": _policy(*session)} if limit.startswith("session") else {}
    grant = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetBucketAcl"}
    _put_bucket_policy(aws, {**grant, "Resource": "arn:aws:s3:::acme-orders-exports"})

    assert (aws.refusal("s3", aws.chained(**more), "get_bucket_acl", Bucket=aws.bucket) is None) is allowed


@pytest.mark.parametrize("operation", ["get_caller_identity", "get_session_token"])
def test_no_policy_forbids_who_one_is_nor_a_code(aws: Any, operation: str) -> None:
    """GetCallerIdentity and GetSessionToken work for a user whose policies deny them."""
    deny = _policy({"Effect": "Deny", "Action": "sts:*", "Resource": "*"})
    administrator = aws.client("iam", aws.keys("admin-auth"))
    administrator.put_user_policy(UserName="alice", PolicyName="deny", PolicyDocument=deny)

    assert aws.refusal("sts", aws.keys("alice"), operation) is None


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([{"Effect": "Allow", "Action": "*", "Resource": "*"}], ""),
        (
            [{"Effect": "Allow", "Action": "*", "Resource": "*"}, _deny()],
            "with an explicit deny in a service control policy",
        ),
        (
            [{"Effect": "Allow", "Action": ["sts:*", "s3:List*"], "Resource": "*"}],
            "because no service control policy allows the s3:GetBucketLocation action",
        ),
    ],
)
def test_a_control_policy_limits_everybody_of_the_account(
    aws: Any, tmp_path: Path, statements: list[dict[str, Any]], why: str
) -> None:
    """An SCP's denial holds whatever the role's policies and the bucket's policy allow."""
    world = yaml.safe_load(default_text())
    world["accounts"][1]["scps"] = {"control": {"Version": "2012-10-17", "Statement": statements}}
    bucket = world["accounts"][1]["buckets"][0]
    session = "arn:aws:sts::222222222222:assumed-role/Teardown/tester"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": session},
        "Action": "s3:Get*",
        "Resource": bucket["policy"]["Statement"][0]["Resource"],
    }
    bucket["policy"]["Statement"].append(grant)
    (tmp_path / "world.yaml").write_text(yaml.safe_dump(world))
    aws.sandbox.reset(tmp_path / "world.yaml")

    refusal = _location(aws, aws.chained())

    assert (refusal is None) is not bool(why)
    assert refusal is None or refusal.message.endswith(why)
