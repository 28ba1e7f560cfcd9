"""The simulation is told of the runner's own session: its tags and its source identity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from runner.guard.context import RoleFacts, Scenario, is_truly_absent, known_keys, role_facts
from runner.policy.document import Undecidable
from runner.policy.principal import Role

FACTS = RoleFacts(
    Role("arn:aws:iam::222222222222:role/R", "AROAEXAMPLEROLEID0001", "alice"), None, {"Team": "a", "Env": "prod"}
)


def values(facts: RoleFacts) -> dict[str, str]:
    """Return what a session with MFA is known to carry."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    known = known_keys(
        facts, Scenario.WITH_MFA, region="eu-west-1", account="222222222222", now=now, mfa_age=timedelta()
    )
    return {name: value for name, (_, value) in known.items()}


def test_the_sessions_tags_stand_before_the_roles() -> None:
    """A tag of the session replaces the role's of the same key, whatever its case; the others stay."""
    for key in ("team", "Team", "TEAM"):
        known = values(FACTS.under({key: "orders"}, ""))

        assert {name: value for name, value in known.items() if name.startswith("aws:PrincipalTag/")} == {
            "aws:PrincipalTag/Env": "prod",
            f"aws:PrincipalTag/{key}": "orders",
        }


def test_a_source_identity_is_told_when_there_is_one() -> None:
    """Without one the key is absent, as it is in the real request."""
    assert values(FACTS.under({}, "alice"))["aws:SourceIdentity"] == "alice"
    assert "aws:SourceIdentity" not in values(FACTS.under({}, ""))


def test_everything_that_a_session_carries() -> None:
    """Types and values of all known keys: a wrong one would make the simulation one of another request."""
    now = datetime(2026, 12, 1, 12, 30, 5, tzinfo=UTC)
    known = known_keys(
        FACTS, Scenario.WITHOUT_MFA, region="eu-west-1", account="333333333333", now=now, mfa_age=timedelta()
    )

    assert known == {
        "aws:PrincipalArn": ("string", "arn:aws:iam::222222222222:role/R"),
        "aws:PrincipalAccount": ("string", "222222222222"),
        "aws:PrincipalType": ("string", "AssumedRole"),
        "aws:PrincipalIsAWSService": ("boolean", "false"),
        "aws:userid": ("string", "AROAEXAMPLEROLEID0001:alice"),
        "aws:RequestedRegion": ("string", "eu-west-1"),
        "aws:SecureTransport": ("boolean", "true"),
        "aws:ResourceAccount": ("string", "333333333333"),
        "s3:ResourceAccount": ("string", "333333333333"),
        "s3:authType": ("string", "REST-HEADER"),
        "s3:signatureversion": ("string", "AWS4-HMAC-SHA256"),
        "aws:CurrentTime": ("date", "2026-12-01T12:30:05Z"),
        "aws:EpochTime": ("numeric", "1796128205"),
        "aws:TokenIssueTime": ("date", "2026-12-01T12:30:05Z"),
        "aws:ViaAWSService": ("boolean", "false"),
        "aws:PrincipalTag/Env": ("string", "prod"),
        "aws:PrincipalTag/Team": ("string", "a"),
        "aws:MultiFactorAuthPresent": ("boolean", "false"),
    }


@pytest.mark.parametrize(
    ("key", "actions", "absent"),
    [
        ("s3:ExistingObjectTag/a", ("s3:DeleteObject", "kms:Decrypt"), False),
        ("s3:ExistingObjectTag/a", ("kms:Decrypt",), True),
        ("s3:x-amz-grant-read", ("s3:DeleteObject",), True),
        ("S3:PREFIX", ("S3:DeleteObject", "s3:AbortMultipartUpload"), True),
        ("s3:prefix", ("s3:DeleteObject", "s3:ListBucket"), False),
        ("s3:a-s3:prefix", ("s3:DeleteObject",), False),
        ("s3extra:key", ("s3:DeleteObject",), True),
        ("aws:SourceIp", ("s3:DeleteObject",), False),
        ("aws:SourceVpce", ("s3:DeleteObject",), False),
        ("aws:RequestTag/a", ("s3:DeleteObject",), True),
        ("aws:ResourceTag/a", ("s3:DeleteObject",), False),
        ("aws:CalledVia", ("s3:DeleteObject",), True),
    ],
)
def test_which_missing_keys_the_real_request_lacks_too(key: str, actions: tuple[str, ...], absent: bool) -> None:
    """A key counts as absent only when no request to these actions carries it."""
    assert all(is_truly_absent(key, scenario, actions) is absent for scenario in Scenario)


OF_OTHERS = """
aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc
aws:FederatedProvider aws:PrincipalServiceName aws:PrincipalServiceNamesList aws:SourceAccount aws:SourceArn
aws:SourceIdentity aws:SourceOrgID aws:SourceOrgPaths aws:TagKeys aws:username aws:PrincipalTag/x aws:RequestTag/x
"""
"""Keys of services' calls, federation, instances and users, of tags that nobody has, and of calls that set tags."""
OF_EVERYBODY = """
aws:PrincipalArn aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalOrgPaths aws:PrincipalType aws:userid
aws:TokenIssueTime aws:CurrentTime aws:EpochTime aws:RequestedRegion aws:SecureTransport aws:SourceIp aws:SourceVpc
aws:SourceVpce aws:VpcSourceIp aws:UserAgent aws:Referer aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/x
aws:ViaAWSService aws:PrincipalIsAWSService aws:SomethingNew
"""
"""Keys that a call of ours carries or may carry, known or not."""
OF_UPLOADS = """
s3:delimiter s3:LocationConstraint s3:max-keys s3:object-lock-mode s3:object-lock-remaining-retention-days s3:prefix
s3:RequestObjectTag/x s3:RequestObjectTagKeys s3:x-amz-acl s3:x-amz-copy-source s3:x-amz-grant-write
s3:x-amz-metadata-directive s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id
s3:x-amz-storage-class s3:x-amz-website-redirect-location
"""
OF_DELETIONS = "s3:authType s3:signatureAge s3:TlsVersion s3:versionid s3:ExistingObjectTag/x s3:ResourceAccount"


@pytest.mark.parametrize(
    ("keys", "actions", "absent"),
    [
        (OF_OTHERS, ("s3:DeleteObject",), True),
        (OF_EVERYBODY, ("s3:DeleteObject",), False),
        (OF_UPLOADS, ("s3:DeleteObject", "s3:AbortMultipartUpload"), True),
        (OF_UPLOADS, ("s3:DeleteObject", "s3:PutObject"), False),
        (OF_DELETIONS, ("s3:DeleteObject",), False),
        (OF_DELETIONS, ("kms:ScheduleKeyDeletion",), True),
    ],
)
def test_key_by_key(keys: str, actions: tuple[str, ...], absent: bool) -> None:
    """A key that is taken for absent without being so would make a simulation one of another request."""
    found = [key for key in keys.split() if is_truly_absent(key, Scenario.WITH_MFA, actions) is not absent]

    assert found == []


ROLE: Mapping[str, object] = {"Arn": "arn:aws:iam::222222222222:role/R", "RoleId": "AROAEXAMPLEROLEID0001"}


@pytest.mark.parametrize(
    "change",
    [
        {"Arn": None},
        {"Arn": 1},
        {"RoleId": None},
        {"RoleId": 1},
        {"PermissionsBoundary": {}},
        {"PermissionsBoundary": "arn:aws:iam::222222222222:policy/P"},
        {"PermissionsBoundary": {"PermissionsBoundaryArn": 1}},
        {"Tags": "Team"},
        {"Tags": {"Key": "a", "Value": "b"}},
        {"Tags": ["Team"]},
        {"Tags": [{"Key": "a"}]},
        {"Tags": [{"Value": "a"}]},
        {"Tags": [{"Key": 1, "Value": "a"}]},
        {"Tags": [{"Key": "a", "Value": 1}]},
    ],
)
def test_a_role_that_is_not_as_documented(change: Mapping[str, object]) -> None:
    """A description in which anything is not as AWS documents it is not understood."""
    with pytest.raises(Undecidable):
        role_facts({**ROLE, **change}, "alice")
