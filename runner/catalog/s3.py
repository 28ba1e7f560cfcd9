"""S3: buckets and what is in them. Every call names the bucket's owner, because bucket names change hands."""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import none_listed
from runner.catalog.references import DISTRIBUTIONS_OF_A_BUCKET, RECORDS_OF_A_BUCKET
from runner.model.action import (
    Absent,
    ActionType,
    Answer,
    Blocked,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    Reading,
    Recovery,
    Unknown,
    Unreadable,
)
from runner.model.call import Args, Call, Children, Each, Effect, Listing, P, Sweep
from runner.model.canonical import Json

BUCKET: Args = {"Bucket": P("bucket"), "ExpectedBucketOwner": P("account")}
VERSION: Args = {"Key": Each("Key"), "VersionId": Each("VersionId")}
OBJECTS = "arn:{partition}:s3:::{bucket}/*"
KEYS = "arn:{partition}:s3:::{bucket}"
"""What the keys of `Call.of_keys` are in."""

CONSISTENT = 2
"""Seconds to wait for an empty listing: S3 lists what is there (user guide, "Amazon S3 data consistency model")."""

NAME = Param(
    "bucket",
    # Source: Amazon S3 user guide, "General purpose bucket naming rules"; no wildcard, dot or slash tricks pass.
    pattern=r"(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]",
    says="the exact name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens",
)


def mfa_delete_is_off(facts: Facts) -> Answer:
    """Refuse a bucket with S3 MFA Delete: only the root user can delete its versions, with a code in each request."""
    match facts["versioning"]:
        case Present(data):
            if data.get("MFADelete") == "Enabled":
                return Blocked(
                    "S3 MFA Delete is on, which is not the MFA condition of a policy: only the root user can delete",
                    hint="switch MFA Delete off as the root user, or leave the bucket alone",
                )
            return Ok()
        case other:
            return _unread("the versioning state", other)


def object_lock_is_off(facts: Facts) -> Answer:
    """Refuse a bucket whose objects somebody decided nobody may delete."""
    match facts["lock"]:
        case Absent():
            return Ok()
        case Present():
            return Blocked("Object Lock is on", hint="wait until retention ends; it cannot be forced")
        case other:
            return _unread("the Object Lock state", other)


def bucket_is_empty(facts: Facts) -> Answer:
    """Refuse to delete a bucket that still holds versions, delete markers or unfinished uploads."""
    for fact, fields in (("versions", ("Versions", "DeleteMarkers")), ("uploads", ("Uploads",))):
        match facts[fact]:
            case Present(data):
                if any(data.get(field) for field in fields):
                    return Blocked("the bucket is not empty", hint="add an s3.empty_bucket step that this step needs")
            case other:
                return _unread("the bucket's contents", other)
    return Ok()


def no_access_point_is_attached(facts: Facts) -> Answer:
    """Refuse a bucket that has access points: somebody reads through them, and S3 refuses to delete it."""
    match facts["access_points"]:
        case Present(data):
            found = data.get("AccessPointList")
            listed = found if isinstance(found, list | tuple) else ()
            names = ", ".join(str(one.get("Name")) for one in listed if isinstance(one, Mapping))
            if listed:
                return Blocked(f"access points are attached: {names}", hint="ask who uses them, and delete them first")
            return Unknown("the list of access points has no end") if data.get("NextToken") else Ok()
        case other:
            return _unread("the access points", other)


def _unread(what: str, reading: Reading) -> Answer:
    why = reading.why if isinstance(reading, Unreadable) else "AWS says there is no such thing"
    return Unknown(f"{what} could not be read: {why}")


def _creation_date(data: Mapping[str, Json], params: Mapping[str, str]) -> str | None:
    buckets = data.get("Buckets")
    for bucket in buckets if isinstance(buckets, list) else ():
        if isinstance(bucket, Mapping) and bucket.get("Name") == params["bucket"]:
            return str(bucket["CreationDate"])
    return None


# AWS documents that editing a bucket's policy can move its CreationDate. A moved date refuses the step, which is the
# safe side: the policy then changed after the review.
CREATED = Pin(
    Call("s3:ListBuckets", {"Prefix": P("bucket")}, resource="*"),
    _creation_date,
    # Source: S3 API, ListBuckets: without MaxBuckets it is refused in accounts that may have more than 10,000.
    listing=Call("s3:ListBuckets", {"MaxBuckets": 10_000}, resource="*"),
)
PROBE = Call("s3:HeadBucket", BUCKET, absent=("404", "NoSuchBucket"))
CONFIGURATION = {
    "policy": Call("s3:GetBucketPolicy", BUCKET, absent=("NoSuchBucketPolicy",)),
    "tags": Call("s3:GetBucketTagging", BUCKET, absent=("NoSuchTagSet",)),
    "versioning": Call("s3:GetBucketVersioning", BUCKET),
}
LOCK = {"lock": Call("s3:GetObjectLockConfiguration", BUCKET, absent=("ObjectLockConfigurationNotFoundError",))}


def contents(*, of_keys: bool = False) -> tuple[Sweep, Sweep]:
    """Return the sweeps of versions, markers and unfinished uploads: all of a bucket's, or of some of its keys."""
    objects = KEYS if of_keys else OBJECTS
    return (
        Sweep(
            "object versions",
            list=Call("s3:ListObjectVersions", BUCKET, of_keys=of_keys),
            items=("Versions", "DeleteMarkers"),
            each=Call(
                "s3:DeleteObject", {**BUCKET, **VERSION}, effect=Effect.DELETE, resource=objects, of_keys=of_keys
            ),
            child=VERSION,
            batch=Call(
                "s3:DeleteObjects",
                {**BUCKET, "Delete": {"Objects": Children(), "Quiet": True}},
                effect=Effect.DELETE,
                resource=objects,
                of_keys=of_keys,
            ),
            batch_size=1000,
            size_field="Size",
        ),
        Sweep(
            "unfinished uploads",
            list=Call("s3:ListMultipartUploads", BUCKET, of_keys=of_keys),
            items=("Uploads",),
            each=Call(
                "s3:AbortMultipartUpload",
                {**BUCKET, "Key": Each("Key"), "UploadId": Each("UploadId")},
                effect=Effect.DELETE,
                resource=objects,
                of_keys=of_keys,
            ),
        ),
    )


TRAILS = Call("cloudtrail:DescribeTrails", resource="*", query="{Arns: trailList[?S3BucketName=='{bucket}'].TrailARN}")
no_trail_writes_to_it = none_listed(
    "no_trail_writes_to_it",
    "trails",
    "Arns",
    "CloudTrail writes to it",
    "stop those trails, or give them another bucket: what is done in the account would be recorded no more",
)

DELETE_BUCKET = ActionType(
    name="s3.delete_bucket",
    summary="Delete an empty bucket; its name may be taken by others at once.",
    params=(NAME,),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={
        **CONFIGURATION,
        "versions": Call("s3:ListObjectVersions", {**BUCKET, "MaxKeys": 1}),
        "uploads": Call("s3:ListMultipartUploads", {**BUCKET, "MaxUploads": 1}),
        # Source: S3 API, DeleteBucket answers BucketHasAccessPointsAttached.
        "access_points": Call(
            "s3control:ListAccessPoints", {"AccountId": P("account"), "Bucket": P("bucket")}, resource="*"
        ),
        "trails": TRAILS,
    },
    changing=("versions", "uploads"),
    checks=(mfa_delete_is_off, bucket_is_empty, no_access_point_is_attached, no_trail_writes_to_it),
    blockers=(RECORDS_OF_A_BUCKET, DISTRIBUTIONS_OF_A_BUCKET),
    calls=(Call("s3:DeleteBucket", BUCKET, effect=Effect.DELETE),),
    population=Listing("buckets", Call("s3:ListBuckets", resource="*"), "Buckets", "Name"),
)
