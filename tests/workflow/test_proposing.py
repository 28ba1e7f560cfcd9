"""Which actions an ARN or a stack's resource means."""

from __future__ import annotations

import re

import pytest

from runner.catalog import ACTIONS, BY_NAME
from runner.model.action import ActionType
from runner.workflow.proposing import action_for_type, from_physical_id, prepares, proposals_for, read_target
from tests.workflow.database import CATALOG

VALUES = ("example", "/", "my-example", "A" * 20, "alice", "AKIAIOSFODNN7EXAMPLE")


def values_for(action: ActionType) -> dict[str, str] | None:
    """Return a target of the action, when one of a few values fits each of its keys."""
    found: dict[str, str] = {}
    for param in action.params:
        fitting = [value for value in VALUES if re.fullmatch(param.pattern, value, re.ASCII)]
        if param.default is not None:
            fitting.insert(0, param.default)
        if not fitting:
            return None
        found[param.name] = fitting[0]
    return found


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_arn_is_read_as_it_is_made(action: ActionType) -> None:
    """What an action's template makes of a target is read back as that target."""
    target = values_for(action)
    if target is None or any(f"{{{name}}}" not in action.target for name in target):
        return
    arn = action.target.format(partition="aws", region="eu-west-1", account="222222222222", **target)
    found = read_target(arn, action)

    assert found is not None
    assert found.target == target


def test_a_bucket_is_emptied_before_it_is_deleted() -> None:
    """What makes a check of the deletion true stands before it."""
    chain = proposals_for("arn:aws:s3:::acme-orders", BY_NAME)

    assert [one.action.name for one in chain] == ["s3.empty_bucket", "s3.delete_bucket"]
    assert {one.target["bucket"] for one in chain} == {"acme-orders"}
    assert [one.action.name for one in prepares(BY_NAME["s3.delete_bucket"], {"bucket": "a"}, BY_NAME)] == [
        "s3.empty_bucket",
        "s3.delete_bucket",
    ]


def test_a_user_is_deleted_and_not_only_the_password() -> None:
    """Where several actions have one ARN, the one that is called like the thing deletes it."""
    chain = proposals_for("arn:aws:iam::222222222222:user/alice", BY_NAME)

    assert chain[-1].action.name == "iam.delete_user"


@pytest.mark.parametrize(
    "arn", ["", "arn:aws:s3:::*", "arn:aws:s3:::acme/orders", "arn:aws:braket:eu-west-1:222222222222:job/1", "nonsense"]
)
def test_what_no_action_deletes_has_no_proposal(arn: str) -> None:
    """Wildcards, things inside things, and kinds that the catalogue does not know."""
    assert proposals_for(arn, BY_NAME) == ()


def test_what_only_sets_aside_deletes_nothing() -> None:
    """An action that stops a thing is no proposal for its deletion."""
    chain = proposals_for("arn:aws:rds:eu-west-1:222222222222:db:orders", CATALOG)

    assert [one.action.name for one in chain] == ["rds.delete_instance"]
    assert proposals_for("arn:aws:rds:eu-west-1:222222222222:db:orders", {"x": CATALOG["rds.stop_instance"]}) == ()


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("AWS::S3::Bucket", "s3.delete_bucket"),
        ("AWS::EC2::Volume", "ec2.delete_volume"),
        ("AWS::EC2::NetworkInterface", "ec2.delete_network_interface"),
        ("AWS::S3::BucketPolicy", None),
        ("Custom::Thing", None),
        ("", None),
    ],
)
def test_a_stacks_type_is_an_action_by_its_name(kind: str, action: str | None) -> None:
    """Folded names are compared, so that nobody keeps a table."""
    found = action_for_type(kind, BY_NAME)

    assert (found.name if found else None) == action


def test_a_physical_id_is_a_target() -> None:
    """A name as it is, else what stands last in an ARN or a URL; nothing where it does not fit."""
    volume = BY_NAME["ec2.delete_volume"]

    assert from_physical_id("vol-0123456789abcdef0", volume) == {"volume": "vol-0123456789abcdef0"}
    assert from_physical_id("arn:aws:ec2:r:1:volume/vol-0123456789abcdef0", volume) == {
        "volume": "vol-0123456789abcdef0"
    }
    assert from_physical_id("snap-1", volume) is None
