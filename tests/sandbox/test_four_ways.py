"""The four ways to a role session, of which only one carries MFA: what this project exists for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

AWS_CLI = str(Path(sys.executable).with_name("aws"))
DENIED = (
    "User: arn:aws:sts::222222222222:assumed-role/Teardown/tester is not authorized to perform: s3:DeleteBucket on "
    'resource: "arn:aws:s3:::acme-orders-exports" with an explicit deny in a resource-based policy'
)


def test_role_assumed_with_long_term_keys_carries_no_mfa(aws: Any) -> None:
    """The role can be assumed, and the bucket's policy refuses the deletion."""
    keys = aws.role_session(aws.keys("alice"))

    refusal = aws.refusal("s3", keys, "delete_bucket", Bucket=aws.bucket)

    assert (refusal.code, refusal.status, refusal.message) == ("AccessDenied", 403, DENIED)


def test_code_given_to_assume_role_is_not_carried(aws: Any) -> None:
    """The code is accepted, and the session that comes out is as good as one without."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}
    keys = aws.role_session(aws.keys("alice"), **code)

    refusal = aws.refusal("s3", keys, "delete_bucket", Bucket=aws.bucket)

    assert (refusal.code, refusal.message) == ("AccessDenied", DENIED)


def test_cli_profile_with_role_and_device_is_the_same_mistake(aws: Any, in_sandbox: dict[str, str]) -> None:
    """The AWS CLI asks for a code, gives it to AssumeRole, and the deletion is refused."""
    ended = _aws(
        in_sandbox, "s3api", "delete-bucket", "--bucket", aws.bucket, "--profile", "teardown", code=aws.sandbox.code()
    )

    assert ended.returncode != 0
    assert "is not authorized to perform: s3:DeleteBucket" in ended.stderr
    assert "with an explicit deny in a resource-based policy" in ended.stderr


def test_get_session_token_then_assume_role_carries_mfa(aws: Any) -> None:
    """The right chain passes the bucket's policy: what stands in the way now is that the bucket is not empty."""
    keys = aws.chained()

    refusal = aws.refusal("s3", keys, "delete_bucket", Bucket=aws.bucket)

    assert refusal.code == "BucketNotEmpty"


def test_right_chain_deletes_an_empty_bucket(aws: Any) -> None:
    """Emptied and deleted with the right chain, the bucket is gone."""
    s3 = aws.client("s3", aws.chained())
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=aws.bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        batch = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        assert "Errors" not in s3.delete_objects(Bucket=aws.bucket, Delete={"Objects": batch})
    for upload in s3.list_multipart_uploads(Bucket=aws.bucket)["Uploads"]:
        s3.abort_multipart_upload(Bucket=aws.bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    s3.delete_bucket(Bucket=aws.bucket)

    assert s3.list_buckets()["Buckets"] == []


def test_right_chain_through_the_cli_carries_mfa(aws: Any, in_sandbox: dict[str, str]) -> None:
    """The AWS CLI with the session's keys meets the same answer as boto3."""
    keys = {name.upper(): value for name, value in aws.chained().items()}
    environment = {name: value for name, value in in_sandbox.items() if name != "AWS_PROFILE"} | keys

    ended = _aws(environment, "s3api", "delete-bucket", "--bucket", aws.bucket)

    assert "BucketNotEmpty" in ended.stderr


def _aws(environment: dict[str, str], *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    # In a session of its own the CLI has no terminal, so it reads the code from stdin.
    return subprocess.run(
        [AWS_CLI, *arguments],
        env=environment,
        input=f"{code}\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
