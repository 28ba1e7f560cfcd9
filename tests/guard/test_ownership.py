"""What somebody else owns is refused, unless the reviewers say why it may go all the same."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.ownership import Target, ownership_findings
from runner.guard.tags import tags_of
from runner.guard.terraform import read_state
from runner.model.action import Absent, Present, Unreadable
from runner.model.guardrails import NO_GUARDRAILS, Guardrails, OwnershipRules, TerraformState
from tests.guard.rules import BUCKET

NAME = "acme-orders-exports"
STATE = b"""{"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "outputs": {}, "resources": [
  {"mode": "managed", "module": "module.orders", "type": "aws_s3_bucket", "name": "exports", "provider": "p",
   "instances": [{"index_key": "eu", "attributes": {"arn": "arn:aws:s3:::other", "id": "other", "password": "secret"}},
                 {"index_key": 0, "attributes": {"bucket": "acme-orders-exports", "id": "acme-orders-exports"}}]},
  {"mode": "data", "type": "aws_s3_bucket", "name": "read", "instances": [{"attributes": {"bucket": "only-read"}}]}]}"""


def target(tags: Mapping[str, str] | Unreadable) -> Target:
    """Return the bucket with these tags."""
    return Target(BUCKET, (NAME,), tags)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"aws:cloudformation:stack-name": "orders", "aws:cloudformation:logical-id": "B"}, "stack orders owns it"),
        ({"aws:cloudformation:stack-id": "arn"}, "stack (without a name) owns it"),
        ({"aws:backup:source-resource": "x"}, "AWS Backup manages it"),
        ({"aws:autoscaling:groupName": "web"}, "Auto Scaling manages it (tag aws:autoscaling:groupName=web)"),
        ({"aws:ec2:fleet-id": "x"}, "EC2 manages it"),
        ({"aws:ecs:clusterName": "x"}, "ECS manages it"),
        ({"aws:eks:cluster-name": "x"}, "EKS manages it"),
        ({"aws:elasticmapreduce:job-flow-id": "x"}, "EMR manages it"),
        ({"aws:rds:primaryDBInstanceArn": "x"}, "RDS manages it"),
        ({"aws:secretsmanager:owningService": "x"}, "Secrets Manager manages it"),
        ({"aws:servicecatalog:productArn": "x"}, "Service Catalog manages it"),
        ({"aws:newservice:thing": "x"}, "newservice manages it"),
        (Unreadable("no answer"), "it cannot be told who owns it: no answer"),
    ],
)
def test_owners_by_tag(tags: Mapping[str, str] | Unreadable, words: str) -> None:
    """Stacks and services mark what they own; tags that cannot be read leave it open, and open refuses."""
    found = ownership_findings(target(tags), NO_GUARDRAILS, None)

    assert [finding.check for finding in found] == ["nobody_else_owns_the_target"]
    assert words in found[0].message
    assert found[0].blocks
    assert found[0].hint


@pytest.mark.parametrize("tags", [{}, {"Service": "orders"}, {"aws:createdBy": "IAMUser:x"}, {"Aws:backup": "x"}])
def test_no_owner(tags: Mapping[str, str]) -> None:
    """People's own tags, and who created it, make nobody an owner."""
    assert ownership_findings(target(tags), NO_GUARDRAILS, None) == ()


def test_tags_of_the_guardrails() -> None:
    """The organisation can name further tags that say who owns a thing."""
    floor = Guardrails(ownership=OwnershipRules(("managed-by", "kubernetes.io/cluster/*")))

    found = ownership_findings(target({"kubernetes.io/cluster/a": "owned", "other": "x"}), floor, None)
    assert [finding.message for finding in found] == ["the tag kubernetes.io/cluster/a=owned names another owner"]


def test_a_reason_turns_it_into_a_note() -> None:
    """With a reviewed reason it is said and does not block; guardrails can rule that out."""
    tags = {"aws:cloudformation:stack-name": "orders"}
    note = ownership_findings(target(tags), NO_GUARDRAILS, "the stack is stuck")
    never = Guardrails(ownership=OwnershipRules(override=False))

    assert [(one.blocks, one.message) for one in note] == [
        (False, "the CloudFormation stack orders owns it; the reviewers override this: the stack is stuck")
    ]
    assert ownership_findings(target(tags), never, "the stack is stuck")[0].blocks


def test_what_a_reviewer_overrides_says_the_same_at_each_look() -> None:
    """AWS's own words and the hint go: a plan whose digest they were in would drift by itself."""
    unread = Unreadable("s3:GetBucketTagging: AccessDenied", said="request 7 was denied")
    ((note,), (refused,)) = (
        ownership_findings(target(unread), NO_GUARDRAILS, reason) for reason in ("it is ours", None)
    )
    (never,) = ownership_findings(target(unread), Guardrails(ownership=OwnershipRules(override=False)), "it is ours")

    assert (note.hint, note.said, note.blocks, note.unknown) == ("", "", False, False)
    assert (refused.said, refused.unknown, "accept_unknown" in refused.hint) == ("request 7 was denied", True, True)
    assert (never.said, never.unknown, never.hint) == ("request 7 was denied", False, "let the tags be read")


def test_a_terraform_state_owns_what_it_manages() -> None:
    """A bucket is found by its name, with the address to look for; data sources own nothing."""
    state = read_state(TerraformState("s.tfstate"), STATE)
    floor = Guardrails(terraform_states=(state,))
    found = ownership_findings(target({}), floor, None)

    assert state.unreadable == ""
    assert [one.message for one in found] == [
        "Terraform manages it as module.orders.aws_s3_bucket.exports[0] (s.tfstate)"
    ]
    assert state.managed["arn:aws:s3:::other"] == 'module.orders.aws_s3_bucket.exports["eu"]'
    assert "secret" not in str(state)
    assert ownership_findings(Target("arn:aws:s3:::only-read", ("only-read",), {}), floor, None) == ()


def test_every_resource_of_a_terraform_state_is_read() -> None:
    """Also behind a data source, outside modules and indices, and as older versions wrote them."""
    instances: list[dict[str, object]] = [
        {"attributes": {"arn": 7, "id": "", "bucket": "b"}},
        {"attributes_flat": {"id": "i-1"}},
    ]
    managed = {"mode": "managed", "type": "aws_x", "name": "y", "instances": instances}
    document = {"version": 4, "resources": [{"mode": "data"}, managed]}

    found = read_state(TerraformState("s"), json.dumps(document).encode())

    assert (found.unreadable, dict(found.managed)) == ("", {"b": "aws_x.y", "i-1": "aws_x.y"})


def test_a_terraform_state_may_know_a_target_by_its_arn_alone() -> None:
    """Each of the names is looked for, and one that is found is enough to say."""
    by_arn = TerraformState("s.tfstate", {BUCKET: "aws_s3_bucket.a"}, unreadable="")
    by_both = TerraformState("s.tfstate", {BUCKET: "aws_s3_bucket.a", NAME: "aws_s3_bucket.a"}, unreadable="")

    for state in (by_arn, by_both):
        found = ownership_findings(target({}), Guardrails(terraform_states=(state,)), None)
        assert [one.message for one in found] == ["Terraform manages it as aws_s3_bucket.a (s.tfstate)"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"version": 3, "modules": []}', "it is no Terraform state of format 4"),
        (b'{"version": 4, "resources": [{"mode": "managed"}]}', "its resources are of an unknown form"),
        (b"[]", "it is no Terraform state of format 4"),
        (
            b'{"version": 4, "resources": [{"mode": "managed", "type": "a", "name": "b", "instances": [1]}]}',
            "its resources are of an unknown form",
        ),
        (
            b'{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"attributes":{"id":"i"}},1]}]}',
            "its resources are of an unknown form",
        ),
        (b"4", "it is no Terraform state of format 4"),
        (b'{"version": 4}', "its resources are of an unknown form"),
        (b'{"version": 4, "resources": {}}', "its resources are of an unknown form"),
        (b'{"version": 4, "resources": ""}', "its resources are of an unknown form"),
        (b'{"version": 4, "resources": [1]}', "its resources are of an unknown form"),
        (b'{"version": 4, "resources": [{"mode": "data"}, []]}', "its resources are of an unknown form"),
        (
            b'{"version": 4, "resources": [{"mode": "managed", "type": "a", "name": "b", "instances": {}}]}',
            "its resources are of an unknown form",
        ),
        (
            b'{"version": 4, "resources": [{"mode": "managed", "type": "a", "name": "b", "instances": [{}]}]}',
            "its resources are of an unknown form",
        ),
        (
            b'{"version":4,"resources": [{"mode": "managed", "type": 0, "name": 0, "instances": [{"attributes": 1}]}]}',
            "its resources are of an unknown form",
        ),
    ],
)
def test_a_state_that_is_not_understood_is_unreadable(data: bytes, why: str) -> None:
    """No other format, and no form of it that is unknown, is taken for a state that manages nothing."""
    assert read_state(TerraformState("s"), data).unreadable == why


@given(
    st.binary()
    | st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        lambda value: json.dumps({"version": 4, "resources": value}).encode()
    )
)
def test_any_bytes_are_read_or_unreadable(data: bytes) -> None:
    """Whatever a file holds, there is an answer: what is managed, or why that cannot be told."""
    state = read_state(TerraformState("s"), data)

    assert state.unreadable or all(isinstance(address, str) for address in state.managed.values())


@pytest.mark.parametrize(
    ("answer", "tags"),
    [
        ({"TagSet": [{"Key": "a", "Value": "b"}]}, {"a": "b"}),
        ({"Tags": [{"TagKey": "a", "TagValue": "b"}], "Truncated": False}, {"a": "b"}),
        ({"Tags": [{"key": "a", "value": "b"}]}, {"a": "b"}),
        ({"Tags": {"a": "b"}}, {"a": "b"}),
        ({"Tags": {"a": "b", "c": 7}}, None),
        ({"Tags": ({"Key": "a", "Value": "b"},)}, {"a": "b"}),
        ({"Tags": [7]}, None),
        ({"Tags": [{"Key": 7, "Value": "b"}]}, None),
        ({"Tags": [{"Key": "a", "Value": 7}]}, None),
        ({"TagList": []}, {}),
        ({"tags": {"a": "b"}}, {"a": "b"}),
        ({}, None),
        ({"Tags": None}, None),
        ({"Tags": [{"Key": "a"}]}, None),
        ({"Tags": ["a"]}, None),
        ({"Tags": {"a": 1}}, None),
        ({"Tags": [], "TagSet": []}, None),
    ],
)
def test_tags_in_every_form_that_services_answer(answer: dict[str, object], tags: dict[str, str] | None) -> None:
    """Known forms are read; an unknown one is unreadable, never "no tags"."""
    found = tags_of({"tags": Present(answer)})  # type: ignore[arg-type]

    assert found == tags if tags is not None else isinstance(found, Unreadable)


def test_tags_that_were_not_read() -> None:
    """No tag set is no tags; a failed read, and an action that reads none, is unreadable."""
    assert tags_of({"tags": Absent("NoSuchTagSet")}) == {}
    assert tags_of({"tags": Unreadable("403")}) == Unreadable("403")
    assert isinstance(tags_of({}), Unreadable)
