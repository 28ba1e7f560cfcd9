"""CloudFormation stacks end to end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import BUCKET, Lab
from tests.e2e.catalogue import REGION, ROLE, Trial, step, told
from tests.e2e.driving import here

TEMPLATE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Topic": {"Type": "AWS::SNS::Topic"}}}


def bucket_kept(policy: str) -> dict[str, Any]:
    """Return a template with a bucket that has a deletion policy."""
    return {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": policy}}}


def born(lab: Lab, template: Any = TEMPLATE, **more: Any) -> dict[str, str]:
    """Make a stack and return a step's target."""
    stacks = lab.client("cloudformation")
    made = stacks.create_stack(
        StackName="orders", TemplateBody=template if isinstance(template, str) else json.dumps(template), **more
    )["StackId"]
    stacks.get_waiter("stack_create_complete").wait(StackName=made, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    return {"stack": "orders", "id": made.rpartition("/")[2], "service_role": "Teardown"}


def test_a_stack_dies_with_what_is_in_it(lab: Lab) -> None:
    """A protected stack is deleted with MFA only, its resources are counted, and it is seen gone by its id."""
    target = born(lab, RoleARN=ROLE, EnableTerminationProtection=True)
    one = step("stack", "cloudformation.delete_stack", target, unprotect=["EnableTerminationProtection"])
    tried = Trial(lab, (one,), limits={"cascade": 2}).run()

    assert tried.states == {"stack": "gone"}
    assert tried.states_again == {"stack": "already gone"}
    (planned,) = tried.plan.data["steps"]
    assert [member.split()[0] for member in planned["cascade"][0]["members"]] == ["AWS::SNS::Topic", "AWS::SQS::Queue"]


def test_a_stack_that_could_not_be_deleted_is_refused(lab: Lab) -> None:
    """Without its service role, protected, or with more in it than the limits allow, nothing is tried."""
    target = born(lab, EnableTerminationProtection=True)
    path = Trial(lab, (step("stack", "cloudformation.delete_stack", target),)).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    assert "the stack has no service role" in told(planned)["stack"]
    assert "termination protection is on" in told(planned)["stack"]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (bucket_kept("Delete"), "buckets of the stack hold objects: "),
        ("Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n", "buckets of the stack hold objects: "),
        ("Resources:\n  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Tags: !Ref AWS::NoValue}\n", ""),
        (bucket_kept("Retain"), ""),
    ],
)
def test_a_bucket_with_objects_refuses_its_stack_unless_it_is_retained(lab: Lab, template: Any, says: str) -> None:
    """A bucket with objects refuses the stack before anything is deleted; one that the template retains does not."""
    target = born(lab, template, RoleARN=ROLE)
    listed = lab.client("cloudformation").list_stack_resources(StackName="orders")["StackResourceSummaries"]
    lab.client("s3").put_object(Bucket=listed[0]["PhysicalResourceId"], Key="2026/order", Body=b"one")
    limits = {"cascade": 1} if says else {}
    path = Trial(lab, (step("stack", "cloudformation.delete_stack", target),), limits=limits).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    if says:
        assert planned.code == 3
        assert says in told(planned)["stack"]
    else:
        assert planned.code == 0
        assert planned.data["steps"][0]["cascade"] == []
        assert f"AWS::S3::Bucket {listed[0]['PhysicalResourceId']} stays" in told(planned)["stack"]


def test_nested_stacks_are_looked_into(lab: Lab) -> None:
    """What is in a nested stack dies or stays as its own template says, and a bucket with objects there refuses."""
    s3 = lab.client("s3")
    inner: dict[str, Any] = {"Resources": {**bucket_kept("Retain")["Resources"], **TEMPLATE["Resources"]}}
    inner["Resources"]["Files"] = {"Type": "AWS::S3::Bucket"}
    s3.put_object(Bucket=BUCKET, Key="inner.json", Body=json.dumps(inner).encode())
    url = f"https://s3.{REGION}.amazonaws.com/{BUCKET}/inner.json"
    nested = {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}}
    target = born(lab, nested, RoleARN=ROLE)
    stacks = lab.client("cloudformation")
    (stack,) = stacks.list_stack_resources(StackName="orders")["StackResourceSummaries"]
    listed = stacks.list_stack_resources(StackName=stack["PhysicalResourceId"])["StackResourceSummaries"]
    made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}
    for bucket in (made["Bucket"], made["Files"]):
        s3.put_object(Bucket=bucket, Key="2026/order", Body=b"one")
    path = Trial(lab, (step("stack", "cloudformation.delete_stack", target),), limits={"cascade": 4}).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    blocking = [f["message"] for f in planned.data["steps"][0]["findings"] if f["blocks"]]
    assert blocking == [f"buckets of the stack hold objects: {made['Files']}"]
    assert f"AWS::S3::Bucket {made['Bucket']} stays" in told(planned)["stack"]
    (dies,) = planned.data["steps"][0]["cascade"]
    assert {member.split()[0] for member in dies["members"]} == {
        "AWS::CloudFormation::Stack",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
    }
