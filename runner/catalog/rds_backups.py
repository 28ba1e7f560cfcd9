"""RDS's copies: manual snapshots, and the automated backups that stay when an instance is deleted. Nothing is kept."""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, none_listed, picked
from runner.catalog.rds import ARN, SNAPSHOT_NAME
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

SNAPSHOT: Args = {"DBSnapshotIdentifier": P("snapshot")}
CLUSTER_SNAPSHOT: Args = {"DBClusterSnapshotIdentifier": P("snapshot")}
BACKUP: Args = {"DBInstanceAutomatedBackupsArn": P("target")}

NAME = Param(
    "snapshot", SNAPSHOT_NAME, "the name of a manual snapshot: lower-case letters, digits and hyphens; no `rds:` first"
)

it_is_manual = flag_is_off(
    "it_is_manual", "snapshot", "Type", "it was not made by hand", "RDS or AWS Backup deletes it", off="manual"
)
it_is_shared_with_nobody = none_listed(
    "it_is_shared_with_nobody", "shared", "With", "other accounts may restore it", "ask them, and stop sharing it first"
)
its_instance_is_gone = flag_is_off(
    "its_instance_is_gone",
    "backup",
    "Status",
    "its instance is still there, and these are its only automated backups",
    "set the instance's backup retention to 0 if that is what you want",
    off="retained",
)

SNAPSHOT_SEEN = Call("rds:DescribeDBSnapshots", SNAPSHOT, absent=("DBSnapshotNotFound",))

SHARED = Call(
    "rds:DescribeDBSnapshotAttributes",
    SNAPSHOT,
    query="DBSnapshotAttributesResult.{With: DBSnapshotAttributes[?AttributeName=='restore'].AttributeValues[]}",
)
ALL_MANUAL_DB_SNAPSHOTS = Listing(
    "manual DB snapshots",
    Call("rds:DescribeDBSnapshots", {"SnapshotType": "manual"}, resource="*"),
    "DBSnapshots",
    "DBSnapshotArn",
)

DELETE_DB_SNAPSHOT = ActionType(
    name="rds.delete_db_snapshot",
    summary="Delete a manual snapshot of a DB instance.",
    params=(NAME,),
    target=ARN + "snapshot:{snapshot}",
    pin=Pin(SNAPSHOT_SEEN, picked("DBSnapshots[0].SnapshotCreateTime")),
    recovery=Recovery.NONE,
    probe=SNAPSHOT_SEEN,
    sight=by_state("DBSnapshots[0].Status", gone=("deleted",), leaving=("deleting",), within="DBSnapshots"),
    facts={
        "tags": Call("rds:DescribeDBSnapshots", SNAPSHOT, query="{Tags: DBSnapshots[0].TagList}"),
        "snapshot": Call("rds:DescribeDBSnapshots", SNAPSHOT, query="DBSnapshots[0].{Type: SnapshotType}"),
        "shared": SHARED,
    },
    checks=(it_is_manual, it_is_shared_with_nobody),
    calls=(Call("rds:DeleteDBSnapshot", SNAPSHOT, effect=Effect.DELETE),),
    population=ALL_MANUAL_DB_SNAPSHOTS,
    gone_within=600,
)

CLUSTER_SNAPSHOT_SEEN = Call(
    "rds:DescribeDBClusterSnapshots", CLUSTER_SNAPSHOT, absent=("DBClusterSnapshotNotFoundFault",)
)

DB_CLUSTER_SNAPSHOT_FACTS = Call(
    "rds:DescribeDBClusterSnapshots", CLUSTER_SNAPSHOT, query="DBClusterSnapshots[0].{Type: SnapshotType}"
)
DB_CLUSTER_SNAPSHOT_SHARED = Call(
    "rds:DescribeDBClusterSnapshotAttributes",
    CLUSTER_SNAPSHOT,
    query="DBClusterSnapshotAttributesResult"
    ".{With: DBClusterSnapshotAttributes[?AttributeName=='restore'].AttributeValues[]}",
)
ALL_MANUAL_DB_CLUSTER_SNAPSHOTS = Listing(
    "manual DB cluster snapshots",
    Call("rds:DescribeDBClusterSnapshots", {"SnapshotType": "manual"}, resource="*"),
    "DBClusterSnapshots",
    "DBClusterSnapshotArn",
)

DB_CLUSTER_SNAPSHOT_SIGHT = by_state(
    "DBClusterSnapshots[0].Status", gone=("deleted",), leaving=("deleting",), within="DBClusterSnapshots"
)

DELETE_DB_CLUSTER_SNAPSHOT = ActionType(
    name="rds.delete_db_cluster_snapshot",
    summary="Delete a manual snapshot of an Aurora cluster.",
    params=(NAME,),
    target=ARN + "cluster-snapshot:{snapshot}",
    pin=Pin(CLUSTER_SNAPSHOT_SEEN, picked("DBClusterSnapshots[0].SnapshotCreateTime")),
    recovery=Recovery.NONE,
    probe=CLUSTER_SNAPSHOT_SEEN,
    sight=DB_CLUSTER_SNAPSHOT_SIGHT,
    facts={
        "tags": Call("rds:DescribeDBClusterSnapshots", CLUSTER_SNAPSHOT, query="{Tags: DBClusterSnapshots[0].TagList}"),
        "snapshot": DB_CLUSTER_SNAPSHOT_FACTS,
        "shared": DB_CLUSTER_SNAPSHOT_SHARED,
    },
    checks=(it_is_manual, it_is_shared_with_nobody),
    calls=(Call("rds:DeleteDBClusterSnapshot", CLUSTER_SNAPSHOT, effect=Effect.DELETE),),
    population=ALL_MANUAL_DB_CLUSTER_SNAPSHOTS,
    gone_within=600,
)

BACKUP_SEEN = Call("rds:DescribeDBInstanceAutomatedBackups", BACKUP, absent=("DBInstanceAutomatedBackupNotFound",))

TAGS = Call(
    "rds:DescribeDBInstanceAutomatedBackups",
    BACKUP,
    query="{Tags: DBInstanceAutomatedBackups[0].TagList || `[]`}",
)
AUTOMATED_BACKUP_FACTS = Call(
    "rds:DescribeDBInstanceAutomatedBackups", BACKUP, query="DBInstanceAutomatedBackups[0].{Status: Status}"
)

DELETE_AUTOMATED_BACKUP = ActionType(
    name="rds.delete_automated_backup",
    summary="Delete the automated backups that were kept when a DB instance was deleted.",
    params=(Param("backup", r"ab-[a-z0-9]{8,64}", "the id in the ARN of automated backups: ab- and what follows"),),
    target=ARN + "auto-backup:{backup}",
    pin=Pin(BACKUP_SEEN, picked("DBInstanceAutomatedBackups[0].DbiResourceId")),
    recovery=Recovery.NONE,
    probe=BACKUP_SEEN,
    sight=by_state("DBInstanceAutomatedBackups[0].Status", leaving=("deleting",), within="DBInstanceAutomatedBackups"),
    facts={"tags": TAGS, "backup": AUTOMATED_BACKUP_FACTS},
    checks=(its_instance_is_gone,),
    calls=(Call("rds:DeleteDBInstanceAutomatedBackup", BACKUP, effect=Effect.DELETE),),
    gone_within=600,
)
