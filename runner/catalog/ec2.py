"""EC2: snapshots. Every call names the snapshot's owner, because public snapshots of others can be seen too."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    Recovery,
    Unknown,
    Unreadable,
)
from runner.model.call import Args, Call, Effect, P
from runner.model.canonical import Json

SNAPSHOT: Args = {"SnapshotIds": (P("snapshot"),), "OwnerIds": (P("account"),)}

NAME = Param(
    "snapshot",
    pattern=r"snap-(?:[0-9a-f]{8}|[0-9a-f]{17})",
    says="the id of a snapshot: snap- and 8 or 17 hexadecimal digits",
)


def no_image_uses_it(facts: Facts) -> Answer:
    """Refuse the snapshot of a registered image, which EC2 would not delete either."""
    match facts["images"]:
        case Present(data):
            images = data.get("Images")
            if not isinstance(images, list | tuple):
                return Unknown("the answer holds no list of images")
            if images:
                names = ", ".join(str(image.get("ImageId")) for image in images if isinstance(image, Mapping))
                return Blocked(f"it belongs to the image {names}", hint="deregister the image first")
            return Ok()
        case other:
            why = other.why if isinstance(other, Unreadable) else "AWS says there is no such thing"
            return Unknown(f"the images could not be read: {why}")


def _start_time(data: Mapping[str, Json], params: Mapping[str, str]) -> str | None:
    snapshots = data.get("Snapshots")
    for snapshot in snapshots if isinstance(snapshots, list) else ():
        if isinstance(snapshot, Mapping) and snapshot.get("SnapshotId") == params["snapshot"]:
            return str(snapshot["StartTime"])
    return None


DESCRIBED = Call("ec2:DescribeSnapshots", SNAPSHOT, absent=("InvalidSnapshot.NotFound",), resource="*")

DELETE_SNAPSHOT = ActionType(
    name="ec2.delete_snapshot",
    summary="Delete an EBS snapshot; a Recycle Bin rule may keep it for a while.",
    params=(NAME,),
    # Without an account: IAM knows snapshots by region and id (Service Authorization Reference, "Amazon EC2").
    target="arn:{partition}:ec2:{region}::snapshot/{snapshot}",
    pin=Pin(DESCRIBED, _start_time),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    facts={
        "tags": Call(
            "ec2:DescribeTags", {"Filters": ({"Name": "resource-id", "Values": (P("snapshot"),)},)}, resource="*"
        ),
        "images": Call(
            "ec2:DescribeImages",
            {
                "Owners": ("self",),
                "Filters": ({"Name": "block-device-mapping.snapshot-id", "Values": (P("snapshot"),)},),
            },
            resource="*",
        ),
    },
    checks=(no_image_uses_it,),
    calls=(Call("ec2:DeleteSnapshot", {"SnapshotId": P("snapshot")}, effect=Effect.DELETE),),
)
