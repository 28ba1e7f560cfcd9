"""What ministack's RDS lacks: a cluster's final snapshot, automated backups, and whom a snapshot is shared with.

- A cluster's final snapshot is taken before it is deleted; without a name the request must say that there is none.
- Automated backups that are not deleted with their instance are there as ``retained``, and can be deleted.
- A snapshot of an instance is shared with nobody, as ministack says of clusters' snapshots.
- Snapshots are listed by the resource id of what they were taken of, too; here by the name that it had.

Source: RDS API reference, DeleteDBCluster, DeleteDBInstance, DescribeDBInstanceAutomatedBackups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from ministack.services import rds

from runner.sandbox.insides import Answer, Store
from runner.sandbox.patching import Replacement
from runner.sandbox.simulator_request import one
from runner.sandbox.store_insides import (
    CLUSTER_SNAPSHOTS,
    RETAINED_BACKUPS,
    SNAPSHOTS,
    rds_answer,
    rds_error,
    rds_instance,
)

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]

OK = 200
KEPT = ("AllocatedStorage", "DBInstanceArn", "DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion")
"""What is known of an instance that is gone."""


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's RDS keep copies."""
    return (
        Replacement(rds, "_ACTION_MAP", None, _with_copies),
        Replacement(rds, "reset", (), _forgetting),
    )


def _with_copies(theirs: Mapping[str, Handler]) -> dict[str, Handler]:
    return {
        **theirs,
        "DeleteDBCluster": _final_snapshot(theirs["DeleteDBCluster"], theirs["CreateDBClusterSnapshot"]),
        "DeleteDBInstance": _retaining(theirs["DeleteDBInstance"]),
        "DeleteDBInstanceAutomatedBackup": _delete_backup,
        "DescribeDBInstanceAutomatedBackups": _describe_backups,
        "DescribeDBClusterSnapshots": _by_resource_id(
            theirs["DescribeDBClusterSnapshots"], CLUSTER_SNAPSHOTS, "DbClusterResourceId", "DBClusterIdentifier"
        ),
        "DescribeDBSnapshotAttributes": _attributes,
        "DescribeDBSnapshots": _by_resource_id(
            theirs["DescribeDBSnapshots"], SNAPSHOTS, "DbiResourceId", "DBInstanceIdentifier"
        ),
    }


def _forgetting(original: Callable[[], None]) -> Callable[[], None]:
    def reset() -> None:
        original()
        RETAINED_BACKUPS.clear()

    return reset


def _final_snapshot(delete: Handler, snapshot: Handler) -> Handler:
    def delete_db_cluster(params: Mapping[str, Any]) -> Answer:
        name = one(params, "FinalDBSnapshotIdentifier")
        if one(params, "SkipFinalSnapshot") == "true":
            return delete(params)
        if not name:
            return rds_error(
                "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is true"
            )
        cluster = one(params, "DBClusterIdentifier")
        taken = snapshot({"DBClusterSnapshotIdentifier": [name], "DBClusterIdentifier": [cluster]})
        return delete(params) if taken[0] == OK else taken

    return delete_db_cluster


def _retaining(delete: Handler) -> Handler:
    def delete_db_instance(params: Mapping[str, Any]) -> Answer:
        instance = rds_instance(one(params, "DBInstanceIdentifier"))
        answer = delete(params)
        if instance and answer[0] == OK and one(params, "DeleteAutomatedBackups") == "false":
            RETAINED_BACKUPS[_backup_arn(instance)] = {name: str(instance[name]) for name in KEPT}
        return answer

    return delete_db_instance


def _by_resource_id(describe: Handler, snapshots: Store, resource_id: str, name: str) -> Handler:
    def described(params: Mapping[str, Any]) -> Answer:
        wanted = one(params, resource_id)
        if not wanted:
            return describe(params)
        named = next((str(taken[name]) for taken in snapshots.values() if taken[resource_id] == wanted), "none")
        return describe({**params, name: [named]})

    return described


def _backup_arn(instance: Mapping[str, Any]) -> str:
    prefix = instance["DBInstanceArn"].rsplit(":db:", 1)[0]
    return f"{prefix}:auto-backup:ab-{instance['DbiResourceId'].removeprefix('db-').lower()}"


def _describe_backups(params: Mapping[str, Any]) -> Answer:
    named = one(params, "DBInstanceAutomatedBackupsArn")
    if named and named not in RETAINED_BACKUPS:
        return _no_such_backup(named)
    listed = "".join(_written(arn) for arn in RETAINED_BACKUPS if named in ("", arn))
    return rds_answer(
        "DescribeDBInstanceAutomatedBackups", f"<DBInstanceAutomatedBackups>{listed}</DBInstanceAutomatedBackups>"
    )


def _delete_backup(params: Mapping[str, Any]) -> Answer:
    named = one(params, "DBInstanceAutomatedBackupsArn")
    if named not in RETAINED_BACKUPS:
        return _no_such_backup(named)
    written = _written(named)
    del RETAINED_BACKUPS[named]
    return rds_answer("DeleteDBInstanceAutomatedBackup", written)


def _written(arn: str) -> str:
    known = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in RETAINED_BACKUPS[arn].items())
    own = f"<DBInstanceAutomatedBackupsArn>{escape(arn)}</DBInstanceAutomatedBackupsArn><Status>retained</Status>"
    return f"<DBInstanceAutomatedBackup>{known}{own}<TagList/></DBInstanceAutomatedBackup>"


def _no_such_backup(named: str) -> Answer:
    return rds_error("DBInstanceAutomatedBackupNotFound", f"Automated backup {escape(named)} not found.", 404)


def _attributes(params: Mapping[str, Any]) -> Answer:
    name = escape(one(params, "DBSnapshotIdentifier"))
    restore = "<AttributeName>restore</AttributeName><AttributeValues/>"
    attributes = f"<DBSnapshotAttributes><DBSnapshotAttribute>{restore}</DBSnapshotAttribute></DBSnapshotAttributes>"
    result = f"<DBSnapshotIdentifier>{name}</DBSnapshotIdentifier>{attributes}"
    return rds_answer(
        "DescribeDBSnapshotAttributes", f"<DBSnapshotAttributesResult>{result}</DBSnapshotAttributesResult>"
    )
