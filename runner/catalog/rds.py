"""RDS and Aurora: instances, clusters and the members of clusters. A final snapshot and the automated backups are kept.

A member of an Aurora cluster has no storage of its own: RDS takes no final snapshot of it, so that it has an action of
its own, and the last copy is the cluster's.
"""

from __future__ import annotations

from runner.catalog.answers import at, by_state, flag_is_off, none_listed, picked, unread, whole
from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Blocker,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    ProtectionFlag,
    Recovery,
)
from runner.model.call import Args, Call, Dropped, Effect, Kept, Listing, P
from runner.model.way_back import Copy

IDENTIFIER = r"[a-z](?!.*--)(?:[a-z0-9-]{0,61}[a-z0-9])?"
RULE = "at most 63 lower-case letters, digits and hyphens, a letter first"
SNAPSHOT_NAME = r"[a-z](?!.*--)[a-z0-9-]{0,253}[a-z0-9]"

ARN = "arn:{partition}:rds:{region}:{account}:"
INSTANCE: Args = {"DBInstanceIdentifier": P("instance")}
CLUSTER: Args = {"DBClusterIdentifier": P("cluster")}
FINAL: Args = {"FinalDBSnapshotIdentifier": Kept("final_snapshot"), "SkipFinalSnapshot": Dropped("final_snapshot")}

INSTANCE_NAME = Param("instance", IDENTIFIER, f"the identifier of a DB instance: {RULE}")
CLUSTER_NAME = Param("cluster", IDENTIFIER, f"the identifier of a DB cluster: {RULE}")

# A database that is being modified or backed up is not deleted now, and is soon.
NOT_YET = ("InvalidDBClusterStateFault", "InvalidDBInstanceState")

it_is_no_member = flag_is_off(
    "it_is_no_member",
    "instance",
    "Cluster",
    "it is a member of a cluster, of which RDS takes no final snapshot",
    "use `rds.delete_db_cluster_member`; the cluster's own snapshot is taken with the cluster",
    off=None,
)
no_cluster_replicates_it = none_listed(
    "no_cluster_replicates_it", "instance", "ClusterReplicas", "Aurora clusters are its read replicas"
)
it_is_in_no_global_database = flag_is_off(
    "it_is_in_no_global_database",
    "cluster",
    "Global",
    "it belongs to a global database",
    "remove it from that with `rds:RemoveFromGlobalCluster` first",
    off=None,
)


no_cluster_copies_it = none_listed(
    "no_cluster_copies_it",
    "cluster",
    "Replicas",
    "other clusters are its read replicas",
    "promote or delete them first",
)


def it_is_a_member(facts: Facts) -> Answer:
    """Refuse an instance that has storage of its own, which would be lost without a snapshot."""
    match facts["instance"]:
        case Present(data):
            if at(data, "Cluster"):
                return Ok()
            return Blocked("it is no member of a cluster", "use `rds.delete_db_instance`, which keeps a final snapshot")
        case other:
            return unread("it is a member of a cluster", other)


INSTANCE_SEEN = Call("rds:DescribeDBInstances", INSTANCE, absent=("DBInstanceNotFound",))
INSTANCE_FACTS = {
    "tags": Call("rds:DescribeDBInstances", INSTANCE, query="{Tags: DBInstances[0].TagList}"),
    "instance": Call(
        "rds:DescribeDBInstances",
        INSTANCE,
        query="DBInstances[0].{Cluster: DBClusterIdentifier || `null`, DeletionProtection: DeletionProtection,"
        " ClusterReplicas: ReadReplicaDBClusterIdentifiers || `[]`}",
    ),
}
INSTANCE_SIGHT = by_state("DBInstances[0].DBInstanceStatus", leaving=("deleting",), within="DBInstances")
INSTANCE_PIN = Pin(INSTANCE_SEEN, picked("DBInstances[0].DbiResourceId"))
INSTANCES = Listing("DB instances", Call("rds:DescribeDBInstances", resource="*"), "DBInstances", "DBInstanceArn")


def _protection(fact: str, modify: str, names: Args) -> tuple[ProtectionFlag, ...]:
    # Without ApplyImmediately: the flag needs none, and other changes that wait for their window would be made too.
    # Source: Amazon RDS user guide, "Settings for DB instances" and "Settings for Amazon Aurora".
    return (
        ProtectionFlag(
            "DeletionProtection",
            flag_is_off("deletion_protection_is_off", fact, "DeletionProtection", "DeletionProtection is on"),
            lift=Call(modify, {**names, "DeletionProtection": False}, effect=Effect.UNPROTECT),
            rearm=Call(modify, {**names, "DeletionProtection": True}, effect=Effect.REARM),
        ),
    )


READ_REPLICAS = Blocker(
    Listing(
        "read replicas",
        Call("rds:DescribeDBInstances", INSTANCE),
        "DBInstances[].ReadReplicaDBInstanceIdentifiers[].{Id: @}",
        "Id",
    ),
    ARN + "db:{item}",
)
FINAL_SNAPSHOT = Copy(
    "final_snapshot",
    "the name of its final snapshot: lower-case letters, digits and hyphens",
    SNAPSHOT_NAME,
    "{instance}-final",
    Call(
        "rds:DescribeDBSnapshots",
        {"DBSnapshotIdentifier": P("final_snapshot")},
        absent=("DBSnapshotNotFound",),
        resource=ARN + "snapshot:{final_snapshot}",
    ),
    whole("DBSnapshots[0].Status", within="DBSnapshots"),
)

DELETE_DB_INSTANCE = ActionType(
    name="rds.delete_db_instance",
    summary="Delete a DB instance; a final snapshot and its automated backups are kept.",
    params=(INSTANCE_NAME,),
    target=ARN + "db:{instance}",
    pin=INSTANCE_PIN,
    recovery=Recovery.BACKUP,
    probe=INSTANCE_SEEN,
    sight=INSTANCE_SIGHT,
    facts=INSTANCE_FACTS,
    checks=(it_is_no_member, no_cluster_replicates_it),
    # RDS would make the replicas instances of their own, which no reviewer has seen.
    blockers=(READ_REPLICAS,),
    flags=_protection("instance", "rds:ModifyDBInstance", INSTANCE),
    copies=(FINAL_SNAPSHOT,),
    calls=(
        Call(
            "rds:DeleteDBInstance",
            {**INSTANCE, **FINAL, "DeleteAutomatedBackups": False},
            effect=Effect.DELETE,
            also=(ARN + "snapshot:{final_snapshot}",),
        ),
    ),
    population=INSTANCES,
    transient=NOT_YET,
    gone_within=3600,
    usually=480,
    undo="Restore the final snapshot under the same name with `rds:RestoreDBInstanceFromDBSnapshot`.",
    undo_command="aws rds restore-db-instance-from-db-snapshot --region {region}"
    " --db-instance-identifier {instance} --db-snapshot-identifier {final_snapshot}",
)

DELETE_DB_CLUSTER_MEMBER = ActionType(
    name="rds.delete_db_cluster_member",
    summary="Delete an instance of an Aurora cluster; the data stay in the cluster.",
    params=(INSTANCE_NAME,),
    target=ARN + "db:{instance}",
    pin=INSTANCE_PIN,
    recovery=Recovery.REVERT,
    probe=INSTANCE_SEEN,
    sight=INSTANCE_SIGHT,
    facts=INSTANCE_FACTS,
    checks=(it_is_a_member,),
    flags=_protection("instance", "rds:ModifyDBInstance", INSTANCE),
    calls=(Call("rds:DeleteDBInstance", {**INSTANCE, "SkipFinalSnapshot": True}, effect=Effect.DELETE),),
    population=INSTANCES,
    transient=NOT_YET,
    gone_within=3600,
    usually=600,
    undo="Add an instance of the same name to the cluster with `rds:CreateDBInstance`.",
)

CLUSTER_SEEN = Call("rds:DescribeDBClusters", CLUSTER, absent=("DBClusterNotFoundFault",))

DB_CLUSTER_FACTS = Call(
    "rds:DescribeDBClusters",
    CLUSTER,
    query="DBClusters[0].{Global: GlobalClusterIdentifier || `null`, DeletionProtection: DeletionProtection,"
    " Replicas: ReadReplicaIdentifiers || `[]`}",
)
MEMBERS = Blocker(
    Listing(
        "members",
        Call("rds:DescribeDBClusters", CLUSTER),
        "DBClusters[].DBClusterMembers[]",
        "DBInstanceIdentifier",
    ),
    ARN + "db:{item}",
)
DB_CLUSTER_FINAL_SNAPSHOT = Copy(
    "final_snapshot",
    "the name of its final snapshot: lower-case letters, digits and hyphens",
    SNAPSHOT_NAME,
    "{cluster}-final",
    Call(
        "rds:DescribeDBClusterSnapshots",
        {"DBClusterSnapshotIdentifier": P("final_snapshot")},
        absent=("DBClusterSnapshotNotFoundFault",),
        resource=ARN + "cluster-snapshot:{final_snapshot}",
    ),
    whole("DBClusterSnapshots[0].Status", within="DBClusterSnapshots"),
)

DELETE_DB_CLUSTER = ActionType(
    name="rds.delete_db_cluster",
    summary="Delete an Aurora cluster without members; a final snapshot and its automated backups are kept.",
    params=(CLUSTER_NAME,),
    target=ARN + "cluster:{cluster}",
    pin=Pin(CLUSTER_SEEN, picked("DBClusters[0].DbClusterResourceId")),
    recovery=Recovery.BACKUP,
    probe=CLUSTER_SEEN,
    sight=by_state("DBClusters[0].Status", leaving=("deleting",), within="DBClusters"),
    facts={
        "tags": Call("rds:DescribeDBClusters", CLUSTER, query="{Tags: DBClusters[0].TagList}"),
        "cluster": DB_CLUSTER_FACTS,
    },
    checks=(it_is_in_no_global_database, no_cluster_copies_it),
    blockers=(MEMBERS,),
    flags=_protection("cluster", "rds:ModifyDBCluster", CLUSTER),
    copies=(DB_CLUSTER_FINAL_SNAPSHOT,),
    calls=(
        Call(
            "rds:DeleteDBCluster",
            {**CLUSTER, **FINAL, "DeleteAutomatedBackups": False},
            effect=Effect.DELETE,
            also=(ARN + "cluster-snapshot:{final_snapshot}",),
        ),
    ),
    population=Listing("DB clusters", Call("rds:DescribeDBClusters", resource="*"), "DBClusters", "DBClusterArn"),
    transient=NOT_YET,
    gone_within=3600,
    usually=300,
    undo="Restore the final snapshot with `rds:RestoreDBClusterFromSnapshot`, and add instances.",
)
