"""RDS's copies: manual snapshots, and the automated backups that stay when an instance is deleted. Nothing is kept."""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, none_listed, picked
from runner.catalog.last_copy import another_copy_is_left
from runner.catalog.rds import ARN, SNAPSHOT_NAME
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Each, Effect, Listing, P, Survey

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

# By its id: a database that was made later under the same name is another one.
THE_SAME = "Items[?answer.Id==item.Id][]"


def manual_snapshots(of: Call, items: str, but: str = "") -> Survey:
    """Return the manual snapshots of the instance that is named in an answer, by its id."""
    asked: Args = {"DbiResourceId": Each("Id"), "SnapshotType": "manual"}
    listing = Call("rds:DescribeDBSnapshots", asked, resource="*")
    return Survey(of, items, listing, f"DBSnapshots[?Status=='available'{but}].DBSnapshotIdentifier")


SNAPSHOT_SEEN = Call("rds:DescribeDBSnapshots", SNAPSHOT, absent=("DBSnapshotNotFound",))

OF_AN_INSTANCE = "DBSnapshots[?DbiResourceId].{Id: DbiResourceId, Name: DBInstanceIdentifier}"
ITS_INSTANCE = Survey(
    SNAPSHOT_SEEN,
    OF_AN_INSTANCE,
    Call(
        "rds:DescribeDBInstances",
        {"DBInstanceIdentifier": Each("Name")},
        absent=("DBInstanceNotFound",),
        resource=ARN + "db:*",
        query="{Id: DBInstances[0].DbiResourceId}",
    ),
)
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
        "instance": ITS_INSTANCE,
        "others": manual_snapshots(SNAPSHOT_SEEN, OF_AN_INSTANCE, " && DBSnapshotIdentifier!='{snapshot}'"),
    },
    changing=("instance", "others"),
    checks=(
        it_is_manual,
        it_is_shared_with_nobody,
        another_copy_is_left("its instance", fact="instance", there=THE_SAME),
    ),
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
OF_A_CLUSTER = "DBClusterSnapshots[?DbClusterResourceId].{Id: DbClusterResourceId, Name: DBClusterIdentifier}"
ITS_CLUSTER = Survey(
    CLUSTER_SNAPSHOT_SEEN,
    OF_A_CLUSTER,
    Call(
        "rds:DescribeDBClusters",
        {"DBClusterIdentifier": Each("Name")},
        absent=("DBClusterNotFoundFault",),
        resource=ARN + "cluster:*",
        query="{Id: DBClusters[0].DbClusterResourceId}",
    ),
)
OTHER_CLUSTER_SNAPSHOTS = Survey(
    CLUSTER_SNAPSHOT_SEEN,
    OF_A_CLUSTER,
    Call(
        "rds:DescribeDBClusterSnapshots",
        {"DbClusterResourceId": Each("Id"), "SnapshotType": "manual"},
        resource="*",
    ),
    "DBClusterSnapshots[?Status=='available' && DBClusterSnapshotIdentifier!='{snapshot}'].DBClusterSnapshotIdentifier",
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
        "cluster": ITS_CLUSTER,
        "others": OTHER_CLUSTER_SNAPSHOTS,
    },
    changing=("cluster", "others"),
    checks=(
        it_is_manual,
        it_is_shared_with_nobody,
        another_copy_is_left("its cluster", fact="cluster", there=THE_SAME),
    ),
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

OF_THE_SAME_INSTANCE = manual_snapshots(
    BACKUP_SEEN, "DBInstanceAutomatedBackups[?DbiResourceId].{Id: DbiResourceId, Name: DBInstanceIdentifier}"
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
    facts={"tags": TAGS, "backup": AUTOMATED_BACKUP_FACTS, "others": OF_THE_SAME_INSTANCE},
    changing=("others",),
    checks=(its_instance_is_gone, another_copy_is_left("its instance")),
    calls=(Call("rds:DeleteDBInstanceAutomatedBackup", BACKUP, effect=Effect.DELETE),),
    gone_within=600,
)
