"""An operation that the catalogue does not know goes through everything that the others go through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.conftest import BUCKET, Lab
from tests.e2e.catalogue import Trial

PLAYBOOK = Path(__file__).parent.parent.parent / "playbooks" / "stop-a-schedule.yaml"


def steps() -> tuple[dict[str, Any], ...]:
    """Return the steps of the playbook that is shipped."""
    return tuple(yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))["steps"])


def make_schedule(lab: Lab) -> None:
    """Make the schedule that the playbook names."""
    lab.client("scheduler").create_schedule(
        Name="nightly-export",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:ap-northeast-1:222222222222:exports",
            "RoleArn": "arn:aws:iam::222222222222:role/Exports",
        },
    )


def test_a_schedule_is_deleted_by_aws_call(lab: Lab) -> None:
    """With exactly the derived permissions: refused without MFA, planned, deleted, seen gone, already gone after."""
    make_schedule(lab)
    accepted = ({"check": "nobody_else_owns_the_target", "reason": "a test made it"},)
    tried = Trial(lab, steps(), accept_unknown=accepted).run()

    assert tried.states == {"schedule": "gone"}
    assert tried.states_again == {"schedule": "already gone"}
    told = [one["message"] for one in tried.plan.data["steps"][0]["findings"] if one["check"] == "what_is_called"]
    assert told == ['it calls scheduler:DeleteSchedule with {"GroupName":"default","Name":"nightly-export"}']
    assert tried.plan.data["steps"][0]["calls"][0]["api"] == "scheduler:DeleteSchedule"


def a_call(name: str, arn: str, service: str, operation: str, params: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a step that calls an operation."""
    call = {"service": service, "operation": operation, "params": params, **more}
    return {"id": name, "action": "aws.call", "target": {"arn": arn}, "call": call, "irreversible": "a test made it"}


def test_operations_of_every_protocol_are_guarded(lab: Lab) -> None:
    """REST-XML, JSON 1.0, JSON 1.1 and the query protocol: none of these operations is known to the catalogue."""
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://acme.example"]}
    lab.client("s3").put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    activity = lab.client("stepfunctions").create_activity(name="approve")["activityArn"]
    lab.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    platform = lab.client("rds").create_db_parameter_group(
        DBParameterGroupName="orders", DBParameterGroupFamily="postgres16", Description="orders"
    )["DBParameterGroup"]["DBParameterGroupArn"]
    stream = "arn:aws:kinesis:ap-northeast-1:222222222222:stream/clicks"
    given = (
        ("cors", f"arn:aws:s3:::{BUCKET}", "s3", "BucketCors", {"Bucket": BUCKET}),
        ("activity", activity, "stepfunctions", "Activity", {"activityArn": activity}),
        ("stream", stream, "kinesis", "Stream", {"StreamName": "clicks"}),
        ("group", platform, "rds", "DBParameterGroup", {"DBParameterGroupName": "orders"}),
    )
    reads = {
        "cors": ("GetBucketCors", "NoSuchCORSConfiguration", "CORSRules[0].AllowedOrigins[0]"),
        "activity": ("DescribeActivity", "ActivityDoesNotExist", "creationDate"),
        "stream": ("DescribeStreamSummary", "ResourceNotFoundException", "StreamDescriptionSummary.StreamARN"),
        "group": ("DescribeDBParameterGroups", "DBParameterGroupNotFound", "DBParameterGroups[0].DBParameterGroupArn"),
    }
    # IAM calls these two otherwise than the API does, which a playbook has to say.
    iam = {"cors": ({"iam": ["s3:PutBucketCORS"]}, {"iam": ["s3:GetBucketCORS"]})}
    calls = tuple(
        a_call(
            name,
            arn,
            service,
            f"Delete{thing}",
            params,
            exists={"operation": reads[name][0], "params": params, "pin": reads[name][2], **iam.get(name, ({}, {}))[1]},
            verify_gone={"error": reads[name][1]},
            **iam.get(name, ({}, {}))[0],
        )
        for name, arn, service, thing, params in given
    )
    accepted = ({"check": "nobody_else_owns_the_target", "reason": "a test made it"},)
    tried = Trial(lab, calls, accept_unknown=accepted).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
