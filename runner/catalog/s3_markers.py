"""S3: objects that are hidden by delete markers, to find out who misses them, and shown again.

Where a bucket has versioning, S3 puts a marker over an object that is deleted without naming a version, and keeps every
version. The session may write markers only: it has no permission to delete a version. The log names each marker that S3
answers with, and undoing takes these away and no others: an object that somebody else has deleted since stays so.

Source: Amazon S3 user guide, "Working with delete markers" and "Deleting object versions from a versioning-enabled
bucket"; S3 API, DeleteObjects (``DeleteMarkerVersionId``).
"""

from __future__ import annotations

from runner.catalog.s3 import BUCKET, CONFIGURATION, CONSISTENT, CREATED, KEYS, NAME, PROBE, VERSION, mfa_delete_is_off
from runner.catalog.s3_objects import TEXT
from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Facts,
    GoneWhen,
    Ok,
    Param,
    Present,
    Recovery,
    Unknown,
)
from runner.model.call import Args, Call, Children, Each, Effect, Sweep
from runner.model.way_back import WayOut

MOST = 1000
"""Objects that one step hides: as many as one request takes, so that one answer names all markers."""
PREFIX = Param("prefix", TEXT, "what the keys begin with, any text of up to 1,024 bytes without * and ?")
OBJECT: Args = {"Key": Each("Key")}
MARKERS = Param(
    "markers",
    r"[A-Za-z0-9._-]{1,1024}(?: [A-Za-z0-9._-]{1,1024}){0,999}",
    "the version ids of the markers, with a space between two",
)


def versioning_is_on(facts: Facts) -> Answer:
    """Refuse a bucket in which deleting an object does not just hide it: only versioning keeps what is deleted."""
    match facts["versioning"]:
        case Present(data) if data.get("Status") == "Enabled":
            return Ok()
        case Present(data):
            state = str(data.get("Status", "off")).lower()
            return Blocked(f"versioning is {state}: what is deleted would be lost", "use s3.delete_objects for that")
        case _:
            return Unknown("the versioning state could not be read")


def one_request_takes_them_all(facts: Facts) -> Answer:
    """Refuse more than 1,000 objects: the markers of one step are named by one answer."""
    match facts["objects"]:
        case Present(data) if data.get("More") is False:
            return Ok()
        case Present():
            return Blocked(f"there are more than {MOST:,} objects", "hide them by longer prefixes, a step for each")
        case _:
            return Unknown("the objects could not be listed")


HIDE_OBJECTS = ActionType(
    name="s3.hide_objects",
    summary="Put a delete marker over each object whose key begins with a prefix; every version stays.",
    params=(NAME, PREFIX),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=PROBE,
    facts={
        **CONFIGURATION,
        "objects": Call("s3:ListObjectsV2", BUCKET, of_keys=True, query="{More: IsTruncated}"),
    },
    changing=("objects",),
    checks=(mfa_delete_is_off, versioning_is_on, one_request_takes_them_all),
    calls=(
        Sweep(
            "objects",
            list=Call("s3:ListObjectsV2", BUCKET, of_keys=True),
            items=("Contents",),
            each=Call(
                "s3:DeleteObject",
                {**BUCKET, **OBJECT},
                effect=Effect.DELETE,
                resource=KEYS,
                of_keys=True,
                iam=("s3:DeleteObject",),
            ),
            child=OBJECT,
            batch=Call(
                "s3:DeleteObjects",
                # Not quiet: the answer names the markers.
                {**BUCKET, "Delete": {"Objects": Children(without=("VersionId",)), "Quiet": False}},
                effect=Effect.DELETE,
                resource=KEYS,
                of_keys=True,
                iam=("s3:DeleteObject",),
            ),
            batch_size=MOST,
            size_field="Size",
        ),
    ),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
    undo="Delete the markers, which the run's log names; then the objects are there again.",
    ways_out=(
        WayOut(
            "markers",
            "s3.show_objects",
            {"bucket": "target.bucket", "prefix": "target.prefix", "markers": "join(' ', markers)"},
            "objects that somebody has written or deleted again since are as those have left them",
        ),
    ),
)

_NAMED = "DeleteMarkers[?contains(' {markers} ', join('', [' ', VersionId, ' ']))]"
"""Those of a page whose version is one of the words: markers of others stay."""

SHOW_OBJECTS = ActionType(
    name="s3.show_objects",
    summary="Delete the delete markers that are named, so that the objects below them are there again.",
    params=(NAME, PREFIX, MARKERS),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=PROBE,
    facts=CONFIGURATION,
    checks=(mfa_delete_is_off,),
    calls=(
        Sweep(
            "delete markers",
            list=Call("s3:ListObjectVersions", BUCKET, of_keys=True),
            items=(_NAMED,),
            each=Call(
                "s3:DeleteObject",
                {**BUCKET, **VERSION},
                effect=Effect.RESTORE,
                resource=KEYS,
                of_keys=True,
                iam=("s3:DeleteObjectVersion",),
            ),
            child=VERSION,
            batch=Call(
                "s3:DeleteObjects",
                {**BUCKET, "Delete": {"Objects": Children(), "Quiet": True}},
                effect=Effect.RESTORE,
                resource=KEYS,
                of_keys=True,
                iam=("s3:DeleteObjectVersion",),
            ),
            batch_size=MOST,
        ),
    ),
    gone_when=GoneWhen.CHILDREN_SHOWN,
    gone_within=CONSISTENT,
    undo="Hide them again with s3.hide_objects.",
)
