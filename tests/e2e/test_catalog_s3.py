"""S3's actions on parts of a bucket, end to end."""

from __future__ import annotations

from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step

BUCKET = "acme-orders-shelf"
KEYS = ("logs/a", "logs/b", "logs", "other", "other.gz")


def shelf(lab: Lab) -> Any:
    """Make a bucket in which each key has two versions, a delete marker and an unfinished upload; return a client."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"2")
        s3.delete_object(Bucket=BUCKET, Key=key)
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    return s3


def kept(s3: Any) -> tuple[list[str], list[str]]:
    """Return the keys that have versions or markers, and those that have uploads."""
    listed = s3.list_object_versions(Bucket=BUCKET)
    versions = {one["Key"] for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))}
    uploads = {one["Key"] for one in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())}
    return sorted(versions), sorted(uploads)


def test_a_key_and_a_prefix_go_and_their_neighbours_stay(lab: Lab) -> None:
    """One key goes with all it has, and so does what begins with a prefix; keys that only look alike stay whole."""
    s3 = shelf(lab)
    tried = Trial(
        lab,
        (
            step("key", "s3.delete_object", {"bucket": BUCKET, "key": "other"}),
            step("prefix", "s3.delete_objects", {"bucket": BUCKET, "prefix": "logs/"}),
        ),
    ).run()

    assert [planned["census"]["children"] for planned in tried.plan.data["steps"]] == [4, 8]
    assert tried.states == {"key": "gone", "prefix": "gone"}
    assert tried.states_again == {"key": "already gone", "prefix": "already gone"}
    assert kept(s3) == (["logs", "other.gz"],) * 2
