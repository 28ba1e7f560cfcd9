"""DynamoDB: tables and their backups. A backup is taken before a table goes."""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, by_state, flag_is_off, none_listed, picked
from runner.catalog.last_copy import another_copy_is_left
from runner.catalog.size import holds
from runner.model.action import ActionType, Blocker, Facts, Param, Pin, Present, ProtectionFlag, Recovery
from runner.model.call import Args, Call, Effect, Kept, Listing, P, T
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, Sighting, Unclear
from runner.model.way_back import Copy

NAME = r"[A-Za-z0-9_.-]{3,255}"
TABLE_ARN = "arn:{partition}:dynamodb:{region}:{account}:table/{table}"
TABLE: Args = {"TableName": P("table")}
BACKUP: Args = {"BackupArn": P("target")}

TABLE_NAME = Param("table", NAME, "the name of a table: 3 to 255 letters, digits, dots, hyphens and underscores")

no_replica_is_left = none_listed(
    "no_replica_is_left",
    "table",
    "Replicas",
    "it has replicas in other regions",
    "remove them with `dynamodb:UpdateTable` first; what is written here is read there",
)
no_kinesis_stream_follows_it = none_listed(
    "no_kinesis_stream_follows_it",
    "kinesis",
    "Streams",
    "its changes go to Kinesis streams",
    "find out who reads them, and stop it with `dynamodb:DisableKinesisStreamingDestination` first",
)
it_is_a_users_backup = flag_is_off(
    "it_is_a_users_backup",
    "backup",
    "Type",
    "it was not made by a user",
    "DynamoDB deletes its own backups, AWS Backup those of its vaults",
    off="USER",
)


dynamodb_keeps_a_backup_of_its_own = flag_is_off(
    "dynamodb_keeps_a_backup_of_its_own",
    "recovery",
    "PointInTime",
    "point-in-time recovery is off, so that nothing of the table would be left",
    "keep the backup, or switch point-in-time recovery on first: then DynamoDB keeps one for 35 days",
    off="ENABLED",
)


def backup_of_the_system(facts: Facts) -> tuple[str, ...]:
    """Tell of the backup that DynamoDB takes by itself: with point-in-time recovery, when a table is deleted."""
    recovery = facts["recovery"]
    on = isinstance(recovery, Present) and at(recovery.data, "PointInTime") == "ENABLED"
    return ("point-in-time recovery is on: DynamoDB keeps a SYSTEM backup for 35 days",) if on else ()


def _kept(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say what the list of a table's backups shows of the one that is kept."""
    listed = at(data, "BackupSummaries")
    if not isinstance(listed, list | tuple):
        return Unclear("the answer holds no list")
    named = [one for one in listed if isinstance(one, Mapping) and one.get("BackupName") == params["backup"]]
    if not named:
        return Unclear("the list goes on") if at(data, "LastEvaluatedBackupArn") else NotThere("DynamoDB lists none")
    state = named[-1].get("BackupStatus")
    return InPlace("AVAILABLE") if state == "AVAILABLE" else Unclear(f"its state is {state}")


TABLE_SEEN = Call("dynamodb:DescribeTable", TABLE, absent=("ResourceNotFoundException",))

# Tags that stand on another page would be no tags: then they are not known.
TAGS = Call("dynamodb:ListTagsOfResource", {"ResourceArn": P("target")}, query="{Tags: !NextToken && Tags}")
TABLE_FACTS = Call(
    "dynamodb:DescribeTable",
    TABLE,
    query="Table.{DeletionProtection: DeletionProtectionEnabled, Replicas: Replicas[].RegionName || `[]`}",
)
KINESIS = Call(
    "dynamodb:DescribeKinesisStreamingDestination",
    TABLE,
    query="{Streams: KinesisDataStreamDestinations[?DestinationStatus!='DISABLED'].StreamArn}",
)
# A stream's ARN holds the time it was made at; a mapping of a self-managed Kafka has no source.
RECOVERY = Call(
    "dynamodb:DescribeContinuousBackups",
    TABLE,
    query="ContinuousBackupsDescription.{PointInTime: PointInTimeRecoveryDescription.PointInTimeRecoveryStatus}",
)
STREAM_READERS = Blocker(
    Listing(
        "event source mappings that read its stream",
        Call("lambda:ListEventSourceMappings", resource="*"),
        "EventSourceMappings[?EventSourceArn && starts_with(EventSourceArn, '{target}/stream/')]",
        "UUID",
    ),
    "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{item}",
)
DELETION_PROTECTION_ENABLED = ProtectionFlag(
    "DeletionProtectionEnabled",
    flag_is_off("deletion_protection_is_off", "table", "DeletionProtection", "DeletionProtectionEnabled is on"),
    lift=Call("dynamodb:UpdateTable", {**TABLE, "DeletionProtectionEnabled": False}, effect=Effect.UNPROTECT),
    rearm=Call("dynamodb:UpdateTable", {**TABLE, "DeletionProtectionEnabled": True}, effect=Effect.REARM),
)
TABLE_BACKUP = Copy(
    "backup",
    "the name of its last backup: 3 to 255 letters, digits, dots, hyphens and underscores",
    NAME,
    "{table}-final",
    Call("dynamodb:ListBackups", {**TABLE, "BackupType": "USER"}, resource="*"),
    _kept,
)

DELETE_TABLE = ActionType(
    name="dynamodb.delete_table",
    summary="Delete a table with every item in it; a backup is taken first.",
    params=(TABLE_NAME,),
    target=TABLE_ARN,
    pin=Pin(TABLE_SEEN, picked("Table.TableId")),
    recovery=Recovery.BACKUP,
    probe=TABLE_SEEN,
    sight=by_state("Table.TableStatus", leaving=("DELETING",)),
    facts={
        "tags": TAGS,
        "policy": Call("dynamodb:GetResourcePolicy", {"ResourceArn": P("target")}, absent=("PolicyNotFoundException",)),
        "table": TABLE_FACTS,
        "kinesis": KINESIS,
        "recovery": RECOVERY,
        "size": Call("dynamodb:DescribeTable", TABLE, query="Table.{Items: ItemCount, Bytes: TableSizeBytes}"),
    },
    changing=("size",),
    checks=(no_replica_is_left, no_kinesis_stream_follows_it),
    without_copy=(dynamodb_keeps_a_backup_of_its_own,),
    remarks=(backup_of_the_system, holds("size", items="Items", bytes="Bytes")),
    blockers=(STREAM_READERS,),
    flags=(DELETION_PROTECTION_ENABLED,),
    copies=(TABLE_BACKUP,),
    calls=(
        Call("dynamodb:CreateBackup", {**TABLE, "BackupName": Kept("backup")}, effect=Effect.KEEP, keeps="backup"),
        Call("dynamodb:DeleteTable", TABLE, effect=Effect.DELETE),
    ),
    transient=("ResourceInUseException",),
    gone_within=900,
    undo="Restore the backup with `dynamodb:RestoreTableFromBackup`; with point-in-time recovery on, AWS keeps one"
    " of its own for 35 days.",
)

BACKUP_SEEN = Call("dynamodb:DescribeBackup", BACKUP, absent=("BackupNotFoundException",))

# A backup has no tags of its own; those of its table say whose it is.
BACKUP_TAGS = Call(
    "dynamodb:ListTagsOfResource",
    {"ResourceArn": T(TABLE_ARN)},
    absent=("ResourceNotFoundException",),
    resource=TABLE_ARN,
    query="{Tags: !NextToken && Tags}",
)
BACKUP_TABLE = Call(
    "dynamodb:DescribeTable",
    TABLE,
    absent=("ResourceNotFoundException",),
    resource=TABLE_ARN,
    query="Table.{Id: TableId}",
)
OTHERS = Call(
    "dynamodb:ListBackups",
    {**TABLE, "BackupType": "USER"},
    resource="*",
    query="{Found: BackupSummaries[?BackupStatus=='AVAILABLE' && !ends_with(BackupArn, '{backup}')].BackupName}",
)
ALL_BACKUPS = Listing(
    "backups",
    Call("dynamodb:ListBackups", {"BackupType": "USER"}, resource="*"),
    "BackupSummaries",
    "BackupArn",
)

DELETE_BACKUP = ActionType(
    name="dynamodb.delete_backup",
    summary="Delete a backup of a table.",
    params=(TABLE_NAME, Param("backup", r"\d{13,20}-[0-9a-f]{8}", "the id in the backup's ARN: digits-hex")),
    target=TABLE_ARN + "/backup/{backup}",
    pin=Pin(BACKUP_SEEN, picked("BackupDescription.BackupDetails.BackupCreationDateTime")),
    recovery=Recovery.NONE,
    probe=BACKUP_SEEN,
    sight=by_state("BackupDescription.BackupDetails.BackupStatus", gone=("DELETED",)),
    facts={
        "tags": BACKUP_TAGS,
        "backup": Call("dynamodb:DescribeBackup", BACKUP, query="BackupDescription.BackupDetails.{Type: BackupType}"),
        "table": BACKUP_TABLE,
        "others": OTHERS,
    },
    changing=("others", "table"),
    checks=(it_is_a_users_backup, another_copy_is_left("its table", fact="table", there="[Id]")),
    calls=(Call("dynamodb:DeleteBackup", BACKUP, effect=Effect.DELETE),),
    population=ALL_BACKUPS,
    transient=("BackupInUseException",),
)
