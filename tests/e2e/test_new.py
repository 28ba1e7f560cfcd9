"""Drafts hold what is there and leave the reasons open; dependencies are shown before anybody plans."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.conftest import Lab
from tests.e2e.driving import here

ROLE = "arn:aws:iam::222222222222:role/Teardown"
REGION = ("--region", "ap-northeast-1")
BUCKET = "acme-orders-exports"


def grant(lab: Lab) -> None:
    """Let the role read whatever a draft looks at."""
    reads = ("Describe", "Get", "List")
    services = ("cloudformation", "ec2", "elasticloadbalancing", "iam", "lambda", "s3", "tag")
    actions = [f"{service}:{read}*" for service in services for read in reads]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": statement}
    lab.client("iam").put_role_policy(RoleName="Teardown", PolicyName="look", PolicyDocument=json.dumps(policy))


def test_a_draft_is_finished_by_a_person(lab: Lab) -> None:
    """Targets, order, pins and tags are there; it is valid when every TODO is replaced, and plans what was seen."""
    grant(lab)
    volume = lab.client("ec2").create_volume(AvailabilityZone="ap-northeast-1a", Size=1)["VolumeId"]
    arn = f"arn:aws:ec2:ap-northeast-1:222222222222:volume/{volume}"
    made = here(
        lab,
        "new",
        "--role-arn",
        ROLE,
        "--from-arn",
        f"arn:aws:s3:::{BUCKET}",
        "--from-arn",
        arn,
        "--from-arn",
        "arn:aws:braket:ap-northeast-1:222222222222:job/1",
        *REGION,
        code=lab.sandbox.code(),
    )
    assert made.code == 0, made.err
    draft = lab.directory / "draft.yaml"
    draft.write_text(made.out, encoding="utf-8")
    invalid = here(lab, "validate", str(draft))
    data = yaml.safe_load(made.out)
    draft.write_text(made.out.replace("TODO", "decided"), encoding="utf-8")
    valid = here(lab, "validate", str(draft))

    assert [step["action"] for step in data["steps"]] == ["s3.empty_bucket", "s3.delete_bucket", "ec2.delete_volume"]
    assert data["steps"][1]["needs"] == [data["steps"][0]["id"]]
    assert data["steps"][0]["expect"]["tags"] == {"Service": "orders-v1"}
    assert all(step["expect"]["pin"] for step in data["steps"])
    assert "# left out: arn:aws:braket:ap-northeast-1:222222222222:job/1: no action deletes it" in made.out
    assert (invalid.code, invalid.out.count("this is left open in the draft")) == (2, made.out.count("TODO:"))
    assert valid.code == 0, valid.out
    assert Path(draft).exists()


def test_a_draft_is_made_from_a_tag_and_a_stack(lab: Lab) -> None:
    """What has the tag, and what the stack made, each once."""
    grant(lab)
    template = {"Resources": {"Old": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "acme-of-a-stack"}}}}
    lab.client("cloudformation").create_stack(StackName="orders", TemplateBody=json.dumps(template))
    by_tag = here(lab, "new", "--role-arn", ROLE, "--from-tag", "Service=orders-v1", *REGION, code=lab.sandbox.code())
    lab.sandbox.advance(60)
    by_stack = here(lab, "new", "--role-arn", ROLE, "--from-stack", "orders", *REGION, code=lab.sandbox.code())

    assert by_tag.code == 0, by_tag.err
    assert {"bucket": BUCKET} in [step["target"] for step in yaml.safe_load(by_tag.out)["steps"]]
    assert by_stack.code == 0, by_stack.err
    steps = yaml.safe_load(by_stack.out)["steps"]
    assert [step["action"] for step in steps] == ["s3.empty_bucket", "s3.delete_bucket"]
    assert {step["target"]["bucket"] for step in steps} == {"acme-of-a-stack"}


def test_a_changed_pin_refuses_the_step(lab: Lab) -> None:
    """Another target of the same name is not the one that reviewers saw."""
    path = lab.playbook(lambda data: data["steps"][0]["expect"].update(pin="1999-01-01T00:00:00+00:00"))
    planned = here(lab, "plan", str(path), "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    assert "it is another one of the same name" in json.dumps(planned.data)


def test_dependencies_are_shown(lab: Lab) -> None:
    """What deletes it, what refuses that and what has to be gone first, as text and as data; nothing is changed."""
    grant(lab)
    arn = f"arn:aws:s3:::{BUCKET}"
    shown = here(lab, "deps", arn, "--role-arn", ROLE, *REGION, code=lab.sandbox.code())
    lab.sandbox.advance(60)
    data = here(lab, "deps", arn, "--role-arn", ROLE, *REGION, "--output", "json", code=lab.sandbox.code())
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    card = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    lab.sandbox.advance(60)
    blocked = here(
        lab,
        "deps",
        f"arn:aws:ec2:ap-northeast-1:222222222222:subnet/{subnet}",
        "--role-arn",
        ROLE,
        code=lab.sandbox.code(),
    )
    unknown = here(lab, "deps", "arn:aws:braket:ap-northeast-1:222222222222:job/1", "--role-arn", ROLE)
    aimless = here(lab, "new", "--role-arn", ROLE, *REGION)

    assert shown.code == 0, shown.err
    for word in ("deleted by s3.empty_bucket, then s3.delete_bucket", "bucket_is_empty", "has to be gone first"):
        assert word in shown.out
    assert data.data["actions"] == ["s3.empty_bucket", "s3.delete_bucket"]
    assert data.data["state"]["exists"] is True
    assert blocked.code == 0, blocked.err
    assert f"network-interface/{card}" in blocked.out
    assert (unknown.code, aimless.code) == (2, 2)
    assert "no action deletes" in unknown.said
    assert lab.bucket_exists()
