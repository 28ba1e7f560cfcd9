"""EBS: volumes and snapshots. Every read of snapshots names their owner, because public ones of others can be seen."""

from __future__ import annotations

from runner.catalog.answers import by_state, none_listed, picked
from runner.catalog.ec2 import ARN, NAMED, SNAPSHOTS, ec2_id, filtered, final_snapshot, no_service_manages_it, tags_of
from runner.catalog.last_copy import another_copy_is_left
from runner.model.action import ActionType, Blocker, Pin, Recovery
from runner.model.call import Args, Call, Each, Effect, Listing, P, Survey

VOLUME: Args = {"VolumeId": P("volume")}
VOLUMES = Call("ec2:DescribeVolumes", {"VolumeIds": (P("volume"),)}, absent=("InvalidVolume.NotFound",), resource="*")

OPERATOR = Call(
    "ec2:DescribeVolumes",
    VOLUMES.args,
    resource="*",
    query="{Managed: Volumes[0].Operator.Managed || `false`}",
)
INSTANCES_IT_IS_ATTACHED_TO = Blocker(
    Listing("instances it is attached to", VOLUMES, "Volumes[].Attachments[]", "InstanceId"),
    ARN + "instance/{item}",
)

DELETE_VOLUME = ActionType(
    name="ec2.delete_volume",
    summary="Delete an EBS volume that is attached to nothing; a snapshot is kept.",
    params=(ec2_id("volume", "vol", "a volume"),),
    target=ARN + "volume/{volume}",
    pin=Pin(VOLUMES, picked("Volumes[0].CreateTime")),
    recovery=Recovery.BACKUP,
    probe=VOLUMES,
    sight=by_state("Volumes[0].State", gone=("deleted",), leaving=("deleting",), within="Volumes"),
    facts={"tags": tags_of("volume"), "operator": OPERATOR},
    checks=(no_service_manages_it("operator", "Managed"),),
    blockers=(INSTANCES_IT_IS_ATTACHED_TO,),
    copies=(final_snapshot("volume"),),
    calls=(
        Call(
            "ec2:CreateSnapshot",
            {**VOLUME, "TagSpecifications": NAMED},
            effect=Effect.KEEP,
            keeps="final_snapshot",
            also=(SNAPSHOTS,),
        ),
        Call("ec2:DeleteVolume", VOLUME, effect=Effect.DELETE),
    ),
    gone_within=3600,
    undo="ec2:CreateVolume from the kept snapshot; ec2:RestoreVolumeFromRecycleBin while a Recycle Bin rule keeps it.",
)

SNAPSHOT: Args = {"SnapshotIds": (P("snapshot"),), "OwnerIds": (P("account"),)}
DESCRIBED = Call("ec2:DescribeSnapshots", SNAPSHOT, absent=("InvalidSnapshot.NotFound",), resource="*")

SHARES = Call("ec2:DescribeSnapshotAttribute", {"SnapshotId": P("snapshot"), "Attribute": "createVolumePermission"})
it_is_not_locked = none_listed(
    "it_is_not_locked",
    "locks",
    "Snapshots[?LockState!='expired'].LockState",
    "it is locked",
    "wait until the lock ends; in compliance mode nobody can take it away",
)
no_other_account_uses_it = none_listed(
    "no_other_account_uses_it",
    "shares",
    "CreateVolumePermissions[].[UserId, Group][] | [?@]",
    "others may make volumes of it",
    "ask them, and take their permission away first",
)
# A copied snapshot has this volume, which is none (EC2 API, Snapshot): nobody can say what else it is a copy of.
OF_A_VOLUME = "Snapshots[?VolumeId!='vol-ffffffff'].{Volume: VolumeId}"
ITS_VOLUME = Survey(
    DESCRIBED,
    OF_A_VOLUME,
    Call(
        "ec2:DescribeVolumes",
        {"VolumeIds": (Each("Volume"),)},
        absent=("InvalidVolume.NotFound",),
        resource="*",
        query="{Volumes: Volumes[].VolumeId}",
    ),
)
OTHER_SNAPSHOTS = Survey(
    DESCRIBED,
    OF_A_VOLUME,
    Call("ec2:DescribeSnapshots", {"OwnerIds": (P("account"),), **filtered(volume_id=Each("Volume"))}, resource="*"),
    "Snapshots[?State=='completed' && SnapshotId!='{snapshot}'].SnapshotId",
)
IMAGES_MADE_OF_IT = Blocker(
    Listing(
        "images made of it",
        Call(
            "ec2:DescribeImages",
            {"Owners": ("self",), **filtered(**{"block-device-mapping.snapshot-id": P("snapshot")})},
            resource="*",
        ),
        "Images[?BlockDeviceMappings[?Ebs.SnapshotId=='{snapshot}']]",
        "ImageId",
    ),
    "arn:{partition}:ec2:{region}::image/{item}",
)

DELETE_SNAPSHOT = ActionType(
    name="ec2.delete_snapshot",
    summary="Delete an EBS snapshot; a Recycle Bin rule may keep it for a while.",
    params=(ec2_id("snapshot", "snap", "a snapshot"),),
    # Without an account: IAM knows snapshots by region and id (Service Authorization Reference, "Amazon EC2").
    target="arn:{partition}:ec2:{region}::snapshot/{snapshot}",
    pin=Pin(DESCRIBED, picked("Snapshots[0].StartTime")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    facts={
        "tags": tags_of("snapshot"),
        "locks": Call("ec2:DescribeLockedSnapshots", {"SnapshotIds": (P("snapshot"),)}, resource="*"),
        "shares": SHARES,
        "volume": ITS_VOLUME,
        "others": OTHER_SNAPSHOTS,
    },
    changing=("volume", "others"),
    checks=(
        it_is_not_locked,
        no_other_account_uses_it,
        another_copy_is_left("its volume", fact="volume", there="Items[].answer.Volumes[]"),
    ),
    blockers=(IMAGES_MADE_OF_IT,),
    calls=(Call("ec2:DeleteSnapshot", {"SnapshotId": P("snapshot")}, effect=Effect.DELETE),),
    undo="ec2:RestoreSnapshotFromRecycleBin while a Recycle Bin rule keeps it; otherwise nothing brings it back.",
)
