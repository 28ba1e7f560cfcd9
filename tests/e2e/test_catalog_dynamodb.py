"""DynamoDB's actions end to end."""

from __future__ import annotations

from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, refused_as_last_copies, step, told
from tests.e2e.driving import here
from tests.e2e.test_catalog_compute import function


def table(lab: Lab, name: str, **more: Any) -> None:
    """Make a table."""
    lab.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def backup(lab: Lab, name: str) -> str:
    """Make a backup of a table and return its id."""
    made = lab.client("dynamodb").create_backup(TableName=name, BackupName="old")
    return str(made["BackupDetails"]["BackupArn"]).rsplit("/", 1)[-1]


def test_a_table_goes_and_a_backup_stays(lab: Lab) -> None:
    """A table leaves a new backup, protected against deletion or not; a backup goes when a step names it."""
    table(lab, "orders", DeletionProtectionEnabled=True)
    table(lab, "customers")
    old = backup(lab, "customers")
    tried = Trial(
        lab,
        (
            step("table", "dynamodb.delete_table", {"table": "orders"}, unprotect=["DeletionProtectionEnabled"]),
            step("backup", "dynamodb.delete_backup", {"table": "customers", "backup": old}),
        ),
    ).run()

    assert tried.states == {"table": "gone", "backup": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    left = lab.client("dynamodb").list_backups()["BackupSummaries"]
    assert [one["BackupName"] for one in left] == ["orders-final"]


def test_the_last_copy_of_a_table_is_not_known_to_be_dispensable(lab: Lab) -> None:
    """The only backup of a table that is gone is refused until reviewers accept that nobody knows of another."""
    table(lab, "orders")
    only = backup(lab, "orders")
    lab.client("dynamodb").delete_table(TableName="orders")
    path = Trial(lab, (step("only", "dynamodb.delete_backup", {"table": "orders", "backup": only}),)).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code != 0
    assert refused_as_last_copies(plan) == {"only"}


def test_a_table_goes_without_a_backup_only_when_dynamodb_keeps_one(lab: Lab) -> None:
    """Who drops the backup needs point-in-time recovery: then DynamoDB keeps one for 35 days, which the plan says."""
    for name in ("orders", "sessions"):
        table(lab, name)
    on = {"PointInTimeRecoveryEnabled": True}
    lab.client("dynamodb").update_continuous_backups(TableName="sessions", PointInTimeRecoverySpecification=on)
    dropped = {"backup": False}
    steps = tuple(step(name, "dynamodb.delete_table", {"table": name}, keep=dropped) for name in ("orders", "sessions"))
    planned = here(lab, "plan", Trial(lab, steps).write(), "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    blocking = {one["id"]: [f["check"] for f in one["findings"] if f["blocks"]] for one in planned.data["steps"]}
    assert blocking == {"orders": ["dynamodb_keeps_a_backup_of_its_own"], "sessions": []}
    assert "DynamoDB keeps a SYSTEM backup for 35 days" in told(planned)["sessions"]


def test_a_table_that_others_follow_is_refused(lab: Lab) -> None:
    """A Kinesis stream that gets a table's changes refuses the table, and so does a function that reads its stream."""
    table(lab, "orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    tables = lab.client("dynamodb")
    stream = tables.describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    lab.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    changes = lab.client("kinesis").describe_stream_summary(StreamName="changes")["StreamDescriptionSummary"]
    tables.enable_kinesis_streaming_destination(TableName="orders", StreamArn=changes["StreamARN"])
    function(lab, "reader")
    mapping = lab.client("lambda").create_event_source_mapping(
        FunctionName="reader", EventSourceArn=stream, StartingPosition="LATEST", Enabled=False
    )["UUID"]
    path = Trial(lab, (step("table", "dynamodb.delete_table", {"table": "orders"}),)).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    assert f"its changes go to Kinesis streams: {changes['StreamARN']}" in told(planned)["table"]
    assert mapping in told(planned)["table"]
