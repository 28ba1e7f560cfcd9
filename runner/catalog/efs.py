"""EFS: mount targets and file systems. A file system goes when a backup of it is known, and after its mount targets."""

from __future__ import annotations

from runner.catalog.answers import at, by_state, picked, unread
from runner.catalog.size import holds
from runner.model.action import (
    Absent,
    ActionType,
    Answer,
    Blocked,
    Blocker,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    Recovery,
    Unknown,
)
from runner.model.call import Args, Call, Effect, Listing, P

ARN = "arn:{partition}:elasticfilesystem:{region}:{account}:"
FILE_SYSTEM_ARN = ARN + "file-system/{file_system}"
FILE_SYSTEM: Args = {"FileSystemId": P("file_system")}
MOUNT_TARGET: Args = {"MountTargetId": P("mount_target")}

FILE_SYSTEM_ID = Param(
    "file_system", r"fs-(?:[0-9a-f]{8}|[0-9a-f]{17})", "the id of a file system: fs- and hexadecimal digits"
)


def no_replication_leads_to_or_from_it(facts: Facts) -> Answer:
    """Refuse a file system that is the source or the destination of a replication."""
    match facts["replication"]:
        case Absent():
            return Ok()
        case Present():
            return Blocked("it is replicated", "end that with `elasticfilesystem:DeleteReplicationConfiguration` first")
        case other:
            return unread("it is replicated", other)


def a_backup_of_it_is_kept(facts: Facts) -> Answer:
    """Refuse a file system of which AWS Backup keeps no completed recovery point."""
    match facts["backups"]:
        case Present(data):
            if at(data, "Completed"):
                return Ok()
            hint = "have AWS Backup make one; or name this check in accept_unknown"
            return Unknown("AWS Backup knows of no backup of it, and nobody else can be asked", hint)
        case other:
            return unread("a backup of it is kept", other)


# By the file system, which IAM judges the call on: about a mount target that is gone AWS could not tell whose it was.
MOUNTED = Call(
    "efs:DescribeMountTargets",
    FILE_SYSTEM,
    absent=("FileSystemNotFound",),
    resource=FILE_SYSTEM_ARN,
    query="{MountTargets: !NextMarker && MountTargets[?MountTargetId=='{mount_target}']}",
)

TAGS = Call("efs:DescribeFileSystems", FILE_SYSTEM, resource=FILE_SYSTEM_ARN, query="{Tags: FileSystems[0].Tags}")

DELETE_MOUNT_TARGET = ActionType(
    name="efs.delete_mount_target",
    summary="Delete a mount target; what is mounted through it hangs.",
    params=(
        FILE_SYSTEM_ID,
        Param("mount_target", r"fsmt-(?:[0-9a-f]{8}|[0-9a-f]{17})", "the id of a mount target: fsmt- and digits"),
    ),
    # IAM knows no mount targets; every call is judged on the file system.
    target=ARN + "mount-target/{mount_target}",
    pin=Pin(MOUNTED, picked("MountTargets[0].NetworkInterfaceId")),
    recovery=Recovery.REVERT,
    probe=MOUNTED,
    sight=by_state("MountTargets[0].LifeCycleState", gone=("deleted",), leaving=("deleting",), within="MountTargets"),
    facts={"tags": TAGS},
    calls=(
        Call(
            "efs:DeleteMountTarget",
            MOUNT_TARGET,
            effect=Effect.DELETE,
            resource=FILE_SYSTEM_ARN,
            # EFS deletes the mount target's network interface in the caller's name.
            also=("arn:{partition}:ec2:{region}:{account}:network-interface/*",),
        ),
    ),
    gone_within=600,
    undo="Make another in the same subnet with `elasticfilesystem:CreateMountTarget`; its address may be given.",
)

SEEN = Call("efs:DescribeFileSystems", FILE_SYSTEM, absent=("FileSystemNotFound",))

REPLICATION = Call(
    "efs:DescribeReplicationConfigurations",
    FILE_SYSTEM,
    absent=("ReplicationNotFound",),
    query="{From: Replications[].SourceFileSystemId}",
)
BACKUPS = Call(
    "backup:ListRecoveryPointsByResource",
    {"ResourceArn": P("target")},
    resource="*",
    query="{Completed: RecoveryPoints[?Status=='COMPLETED'].RecoveryPointArn}",
)
MOUNT_TARGETS = Blocker(
    Listing("mount targets", Call("efs:DescribeMountTargets", FILE_SYSTEM), "MountTargets", "MountTargetId"),
    ARN + "mount-target/{item}",
)

DELETE_FILE_SYSTEM = ActionType(
    name="efs.delete_file_system",
    summary="Delete a file system with every file and access point in it.",
    params=(FILE_SYSTEM_ID,),
    target=FILE_SYSTEM_ARN,
    pin=Pin(SEEN, picked("FileSystems[0].CreationTime")),
    recovery=Recovery.NONE,
    probe=SEEN,
    sight=by_state("FileSystems[0].LifeCycleState", gone=("deleted",), leaving=("deleting",), within="FileSystems"),
    facts={
        "tags": Call("efs:DescribeFileSystems", FILE_SYSTEM, query="{Tags: FileSystems[0].Tags}"),
        "policy": Call("efs:DescribeFileSystemPolicy", FILE_SYSTEM, absent=("PolicyNotFound",)),
        "replication": REPLICATION,
        "backups": BACKUPS,
        "size": Call("efs:DescribeFileSystems", FILE_SYSTEM, query="FileSystems[0].{Bytes: SizeInBytes.Value}"),
    },
    changing=("backups", "size"),
    remarks=(holds("size", bytes="Bytes"),),
    checks=(no_replication_leads_to_or_from_it, a_backup_of_it_is_kept),
    blockers=(MOUNT_TARGETS,),
    calls=(Call("efs:DeleteFileSystem", FILE_SYSTEM, effect=Effect.DELETE),),
    cascade=(
        Listing("access points", Call("efs:DescribeAccessPoints", FILE_SYSTEM), "AccessPoints", "AccessPointArn"),
    ),
    population=Listing("file systems", Call("efs:DescribeFileSystems", resource="*"), "FileSystems", "FileSystemArn"),
    transient=("FileSystemInUse",),
    gone_within=600,
    undo="Restore a recovery point of AWS Backup with `backup:StartRestoreJob`.",
)
