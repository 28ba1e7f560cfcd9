"""S3 in the sandbox: what the default world holds, whose bucket it is, and batches that fail in part."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from runner.catalog.s3_objects import DELETE_OBJECTS
from runner.model.binding import Binding
from runner.model.bound import reads_of, writes_of
from runner.policy.session import session_policy

REGION = "ap-northeast-1"
HOLD = "arn:aws:s3:::acme-orders-exports/exports/2026/*"


def _put_bucket_policy(aws: Any, action: str, resource: str) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("s3", aws.keys("admin-prod")).put_bucket_policy(Bucket=aws.bucket, Policy=policy)


def _versions(aws: Any) -> list[dict[str, str]]:
    pages = aws.client("s3", aws.chained()).get_paginator("list_object_versions").paginate(Bucket=aws.bucket)
    return [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for page in pages
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    ]


def test_default_bucket_holds_what_its_world_says(aws: Any) -> None:
    """Some sixty objects, several versions, delete markers, one unfinished upload, tags, in the region it names."""
    s3 = aws.client("s3", aws.chained())

    answer = s3.list_object_versions(Bucket=aws.bucket)
    latest = [item["Key"] for item in answer["Versions"] if item["IsLatest"]]

    assert (len(latest), len(answer["Versions"]), len(answer["DeleteMarkers"])) == (57, 90, 4)
    assert [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=aws.bucket)["Uploads"]] == [
        "exports/2026/unfinished.csv"
    ]
    assert s3.get_bucket_tagging(Bucket=aws.bucket)["TagSet"] == [{"Key": "Service", "Value": "orders-v1"}]
    assert s3.get_bucket_versioning(Bucket=aws.bucket)["Status"] == "Enabled"
    assert s3.get_bucket_location(Bucket=aws.bucket)["LocationConstraint"] == "ap-northeast-1"
    assert aws.client("iam", aws.chained()).list_account_aliases()["AccountAliases"] == ["acme-staging"]


@pytest.mark.parametrize(
    "key",
    [
        "exports/with space & ampersand.csv",
        "exports/注文-é-🚀.csv",
        "exports/percent%2Fnot-a-slash+plus.csv",
        "exports//double//slash.csv",
        'exports/<angle>"quote".csv',
    ],
)
def test_awkward_keys_are_listed_and_deleted_as_they_are(aws: Any, key: str) -> None:
    """A key that trips up careless tools goes through list and batch delete unchanged, under a policy for it alone."""
    versions = [item for item in _versions(aws) if item["Key"] == key]
    policy = aws.allow("s3:DeleteObjectVersion", "s3:ListBucketVersions", resource="arn:aws:s3:::acme-orders-exports*")
    keys = aws.chained(Policy=policy.replace("exports*", f"exports/{json.dumps(key)[1:-1]}"))

    answer = aws.client("s3", keys).delete_objects(Bucket=aws.bucket, Delete={"Objects": versions})

    assert versions
    assert aws.refusal("s3", keys, "delete_object", Bucket=aws.bucket, **versions[0]) is None
    assert [item["Key"] for item in answer["Deleted"]] == [key] * len(versions)
    assert key not in [item["Key"] for item in _versions(aws)]


@pytest.mark.parametrize("key", ["cr\rcr\r\n", "\x01control", "\x1b[2Jescape", "\ufffe"], ids=ascii)
def test_keys_that_xml_cannot_carry_are_listed_as_they_are(aws: Any, key: str) -> None:
    """Asked for encoding-type=url, all listings tell such keys, markers included."""
    s3 = aws.client("s3", aws.keys("admin-prod"))
    for _ in range(2):
        s3.put_object(Bucket=aws.bucket, Key=key, Body=b"x")
        # The answer quotes the key, and no XML reader takes most of these; the upload is begun all the same.
        with suppress(ClientError):
            s3.create_multipart_upload(Bucket=aws.bucket, Key=key)

    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=aws.bucket, Prefix=key[:2], PaginationConfig={"PageSize": 1}
    )
    uploads = s3.list_multipart_uploads(Bucket=aws.bucket, Prefix=key[:2], EncodingType="url")["Uploads"]

    assert [item["Key"] for page in pages for item in page["Versions"]] == [key, key]
    assert [unquote(item["Key"]) for item in uploads] == [key, key]
    assert s3.list_objects_v2(Bucket=aws.bucket, Prefix=key[:2])["Contents"][0]["Key"] == key


def test_batch_keeps_carriage_returns(aws: Any) -> None:
    """A carriage return comes through a batch that fails in part, in what is done and in what is not."""
    _put_bucket_policy(aws, "s3:DeleteObject", f"arn:aws:s3:::{aws.bucket}/held*")
    batch = {"Objects": [{"Key": "free\r1"}, {"Key": "held\r2"}]}

    answer = aws.client("s3", aws.chained()).delete_objects(Bucket=aws.bucket, Delete=batch)

    assert [[item["Key"] for item in answer[name]] for name in ("Deleted", "Errors")] == [["free\r1"], ["held\r2"]]


def test_batch_fails_key_by_key(aws: Any) -> None:
    """Keys that a policy holds back are errors in an answer 200; the others are gone."""
    _put_bucket_policy(aws, "s3:DeleteObjectVersion", HOLD)
    versions = _versions(aws)
    held = [item for item in versions if item["Key"].startswith("exports/2026/")]

    answer = aws.client("s3", aws.chained()).delete_objects(
        Bucket=aws.bucket, Delete={"Objects": versions, "Quiet": True}
    )

    assert [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in answer["Errors"]] == held
    assert {item["Code"] for item in answer["Errors"]} == {"AccessDenied"}
    assert answer["Errors"][0]["Message"].endswith("with an explicit deny in a resource-based policy")
    assert _versions(aws) == held


def test_batch_without_mfa_deletes_nothing(aws: Any) -> None:
    """Without MFA every key is an error, and everything is still there."""
    versions = _versions(aws)

    answer = aws.client("s3", aws.chained(mfa=False)).delete_objects(Bucket=aws.bucket, Delete={"Objects": versions})

    assert (len(answer["Errors"]), answer.get("Deleted")) == (len(versions), None)
    assert answer["Errors"][0]["Message"].endswith(
        "because no identity-based policy allows the s3:DeleteObjectVersion action"
    )
    assert _versions(aws) == versions


def test_batch_without_versions_is_judged_as_delete_object(aws: Any) -> None:
    """A key without a version is a s3:DeleteObject, and its error names no version."""
    batch = {"Objects": [{"Key": "exports/2025/part-000000"}]}

    answer = aws.client("s3", aws.chained(mfa=False)).delete_objects(Bucket=aws.bucket, Delete=batch)

    assert [sorted(error) for error in answer["Errors"]] == [["Code", "Key", "Message"]]
    assert "s3:DeleteObject on resource" in answer["Errors"][0]["Message"]


def test_bypassing_governance_needs_its_own_permission(aws: Any) -> None:
    """A batch that asks to bypass governance retention is judged for that action, too."""
    batch = {"Objects": _versions(aws)[:1]}

    answer = aws.client("s3", aws.chained()).delete_objects(
        Bucket=aws.bucket, Delete=batch, BypassGovernanceRetention=True
    )

    assert "s3:BypassGovernanceRetention" in answer["Errors"][0]["Message"]


def test_batch_with_an_unknown_key_is_refused_as_a_whole(aws: Any) -> None:
    """A batch whose signature does not hold deletes nothing."""
    forged = {**aws.keys("admin-prod"), "aws_secret_access_key": "not-the-secret"}

    refusal = aws.refusal("s3", forged, "delete_objects", Bucket=aws.bucket, Delete={"Objects": _versions(aws)})

    assert (refusal.code, refusal.status) == ("SignatureDoesNotMatch", 403)


def test_batch_that_is_no_xml_is_refused(aws: Any) -> None:
    """The usual answer to a malformed body stands."""
    client = aws.client("s3", aws.keys("admin-prod"))
    client.meta.events.register(
        "before-sign.s3.DeleteObjects", lambda request, **_: setattr(request, "data", b"<Delete")
    )

    with pytest.raises(client.exceptions.ClientError, match="MalformedXML"):
        client.delete_objects(Bucket=aws.bucket, Delete={"Objects": [{"Key": "x"}]})


@pytest.mark.parametrize(("owner", "status"), [("222222222222", None), ("111111111111", 403)])
def test_expected_owner_must_be_the_owner(aws: Any, owner: str, status: int | None) -> None:
    """ExpectedBucketOwner refuses a bucket that belongs to somebody else."""
    refusal = aws.refusal("s3", aws.chained(), "head_bucket", Bucket=aws.bucket, ExpectedBucketOwner=owner)

    assert (refusal and refusal.status) == status


def test_expected_owner_of_no_bucket_changes_nothing(aws: Any) -> None:
    """A bucket that is not there is not found, whoever is expected to own it."""
    refusal = aws.refusal(
        "s3", aws.chained(), "head_bucket", Bucket="nobody-has-this", ExpectedBucketOwner="222222222222"
    )

    assert refusal.status == 404


def test_world_can_hold_thousands_of_objects(aws: Any, tmp_path: Path) -> None:
    """A count and a prefix make a big bucket."""
    world = tmp_path / "big.yaml"
    world.write_text(
        """
        region: eu-central-1
        accounts:
          - id: "222222222222"
            users: [{name: prod-admin, profile: admin-prod, attach: ["arn:aws:iam::aws:policy/AdministratorAccess"]}]
            buckets:
              - name: lots-of-objects
                region: us-east-1
                object_lock: true
                objects: [{prefix: p/, count: 1200, size: 10}]
              - {name: plain-bucket, objects: [{key: one}]}
              - {name: paused-bucket, versioning: Suspended}
        """
    )
    aws.sandbox.reset(world)
    s3 = aws.client("s3", aws.keys("admin-prod"))

    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="lots-of-objects"))

    assert [item["Size"] for page in pages for item in page["Contents"]] == [10] * 1200
    assert s3.head_object(Bucket="plain-bucket", Key="one")["ContentLength"] == 32
    assert s3.get_bucket_versioning(Bucket="paused-bucket")["Status"] == "Suspended"
    assert s3.get_bucket_location(Bucket="lots-of-objects")["LocationConstraint"] is None


def test_a_bare_bucket_says_what_it_has_not(aws: Any) -> None:
    """What a bucket does not have is told by a code of its own each, so that absence and failure never mix."""
    administrator = aws.client("s3", aws.keys("admin-prod"))
    administrator.create_bucket(Bucket="bare", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    reads = ("get_bucket_policy", "get_bucket_tagging", "get_object_lock_configuration")
    answers = [aws.refusal("s3", aws.keys("admin-prod"), read, Bucket="bare").code for read in reads]

    assert answers == ["NoSuchBucketPolicy", "NoSuchTagSet", "ObjectLockConfigurationNotFoundError"]


def test_the_session_of_a_prefix_reaches_no_other_key(aws: Any) -> None:
    """What a step on a prefix may delete is the prefix: AWS refuses its session every other key and bucket."""
    binding = Binding(
        {"bucket": aws.bucket, "prefix": "exports/2026/"}, "222222222222", REGION, "aws", f"arn:aws:s3:::{aws.bucket}"
    )
    sweeps = tuple(binding.sweep(sweep) for sweep in DELETE_OBJECTS.sweeps)
    calls = (*reads_of(sweeps), *writes_of(sweeps))
    keys = aws.chained(Policy=session_policy(calls, until=datetime.now(UTC) + timedelta(minutes=15)))
    other = "acme-orders-imports"
    aws.client("s3", aws.keys("admin-prod")).create_bucket(
        Bucket=other, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    inside, outside = "exports/2026/unfinished.csv", "exports/with space & ampersand.csv"

    def said(bucket: str, operation: str, key: str, **more: str) -> str:
        refused = aws.refusal("s3", keys, operation, Bucket=bucket, Key=key, **more)
        return "" if refused is None else str(refused.code)

    assert not said(aws.bucket, "delete_object", inside)
    assert said(aws.bucket, "delete_object", inside, VersionId="any") != "AccessDenied"
    for bucket, key in ((aws.bucket, outside), (aws.bucket, "exports/2026"), (other, inside)):
        assert said(bucket, "delete_object", key) == "AccessDenied"
        assert said(bucket, "delete_object", key, VersionId="any") == "AccessDenied"
        assert said(bucket, "abort_multipart_upload", key, UploadId="any") == "AccessDenied"
