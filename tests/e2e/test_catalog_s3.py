"""S3's actions on parts of a bucket, and buckets that are closed and opened, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import BUCKET as EXPORTS
from tests.conftest import Lab
from tests.e2e.catalogue import Trial, grant, step
from tests.e2e.driving import apply, here

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


ODD = ("a b+c%2F", "*", "a?", "${x}", "\u65e5\u672c", "line\nbreak", "nul\x01", "quote'\"", "logs/a")


@pytest.mark.parametrize("only", [(), ("*",)], ids=["several", "one"])
def test_listed_keys_go_and_whatever_looks_alike_stays(lab: Lab, only: tuple[str, ...]) -> None:
    """Wildcards, variables, spaces and control characters in keys are just characters; a version goes alone."""
    s3, keys = shelf(lab), only or ODD
    near = ("a b c%2F", "**", "ab", "x", "\u65e5", "line break", "nul", "quote", "logs/a.gz")
    for key in (*ODD, *near):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"3")
    first = s3.put_object(Bucket=BUCKET, Key="twice", Body=b"1")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="twice", Body=b"2")
    listed: list[Any] = [*keys] if only else [*keys, {"key": "twice", "version": first}]
    before = kept(s3)[0]
    tried = Trial(lab, (step("keys", "s3.delete_objects", {"bucket": BUCKET, "keys": listed}),)).run()

    assert tried.states == {"keys": "gone"}
    assert kept(s3)[0] == sorted(set(before) - set(keys))
    twice = s3.list_object_versions(Bucket=BUCKET, Prefix="twice")["Versions"]
    assert [one["VersionId"] == first for one in twice] == ([False, True] if only else [False])


def test_a_prefix_of_any_text(lab: Lab) -> None:
    """A prefix need not end at a slash, nor be one that a policy can say; the session's policy says its beginning."""
    s3 = shelf(lab)
    for key in ("lo", "\u65e5\u672c/1", "\u65e5\u8a18/2", "$a/a", "b/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"3")
    steps = (
        step("letters", "s3.delete_objects", {"bucket": BUCKET, "prefix": "log"}),
        step("japanese", "s3.delete_objects", {"bucket": BUCKET, "prefix": "\u65e5\u672c"}),
        step("dollar", "s3.delete_objects", {"bucket": BUCKET, "prefix": "$"}),
    )
    tried = Trial(lab, steps).run()

    assert set(tried.states.values()) == {"gone"}
    assert kept(s3)[0] == sorted(("lo", "\u65e5\u8a18/2", "b/a", "other", "other.gz"))


def locked(lab: Lab) -> Any:
    """Make a bucket with Object Lock and one version; return a client."""
    s3 = lab.client("s3")
    s3.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"},
        ObjectLockEnabledForBucket=True,
    )
    s3.put_object(Bucket=BUCKET, Key="kept", Body=b"1")
    return s3


def test_what_object_lock_keeps_is_refused_and_nothing_else(lab: Lab) -> None:
    """A retained version and a legal hold refuse the plan with the date; without any, the bucket is emptied."""
    s3, until = locked(lab), "2099-01-01T00:00:00"
    trial = Trial(lab, (step("empty", "s3.empty_bucket", {"bucket": BUCKET}),))
    path = trial.write()
    s3.put_object_retention(Bucket=BUCKET, Key="kept", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": f"{until}Z"})
    s3.put_object_legal_hold(Bucket=BUCKET, Key="kept", LegalHold={"Status": "ON"})
    refused = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
    assert refused.code == 3, refused.err
    (why,) = (one["message"] for one in refused.data["steps"][0]["findings"] if one["check"] == "no_version_is_held")
    assert why.startswith(f"1 of 1 versions that were looked at are retained (GOVERNANCE), until {until}")
    assert why.endswith("; 1 are on legal hold")

    s3.put_object_legal_hold(Bucket=BUCKET, Key="kept", LegalHold={"Status": "OFF"})
    s3.delete_object(
        Bucket=BUCKET,
        Key="kept",
        VersionId=s3.head_object(Bucket=BUCKET, Key="kept")["VersionId"],
        BypassGovernanceRetention=True,
    )
    s3.put_object(Bucket=BUCKET, Key="free", Body=b"1")
    tried = trial.run()
    assert tried.states == {"empty": "gone"}
    told = [one["message"] for one in tried.plan.data["steps"][0]["findings"] if one["check"] == "what_is_set"]
    assert told == [
        "versioning is enabled, S3 MFA Delete off; Object Lock is on, without a default retention; it is not replicated"
    ]


def undo(lab: Lab) -> None:
    """Undo the last run, with the phrase of what undoes it."""
    assert here(lab, "undo", "-o", "undo.yaml").code == 0
    grant(lab, "undo.yaml")
    lab.sandbox.advance(60)
    done = apply(lab, Path("undo.yaml"))
    assert done.code == 0, done.err


def test_a_closed_bucket_is_opened_as_it_was(lab: Lab) -> None:
    """Nobody but the two roles gets in; undoing puts the policy of before back, or deletes it where there was none."""
    s3, root = lab.client("s3"), "arn:aws:iam::222222222222:role/BreakGlass"
    before = json.loads(s3.get_bucket_policy(Bucket=EXPORTS)["Policy"])
    shelf(lab)
    closing = (
        step("exports", "s3.deny_all", {"bucket": EXPORTS, "keeps_access": root}),
        step("shelf", "s3.deny_all", {"bucket": BUCKET, "keeps_access": root}),
    )
    tried = Trial(lab, closing)
    assert apply(lab, Path(tried.write())).code == 0
    for bucket in (EXPORTS, BUCKET):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.list_objects_v2(Bucket=bucket)
    shown = here(lab, "undo", "--show", "--output", "json")
    assert {one["step"]: one["with"] for one in shown.data["steps"]} == {
        "exports": "s3.restore_policy",
        "shelf": "s3.open_bucket",
    }
    undo(lab)
    assert json.loads(s3.get_bucket_policy(Bucket=EXPORTS)["Policy"]) == before
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=BUCKET)


def test_a_bucket_that_expires_waits_for_its_deletion(lab: Lab) -> None:
    """The rules are put in place; the bucket's own deletion waits for days, and nothing is gone yet."""
    s3 = shelf(lab)
    trial = Trial(
        lab,
        (
            step("expire", "s3.expire_bucket", {"bucket": BUCKET}),
            step(
                "bucket",
                "s3.delete_bucket",
                {"bucket": BUCKET},
                needs=["expire"],
                wait={"after": "expire", "for": "3d"},
            ),
        ),
    )
    path = trial.write()
    begun = apply(lab, Path(path))
    assert begun.code == 8, begun.err
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule["Expiration"] for rule in rules] == [{"Days": 1}, {"ExpiredObjectDeleteMarker": True}]
    assert kept(s3) == (sorted(KEYS),) * 2
