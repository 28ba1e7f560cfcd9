"""A valid playbook becomes the value that reviewers expect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.errors import InvalidPlaybook
from runner.model.action import ActionType, Param
from runner.model.playbook import Account, Limits, Playbook, Source, Window
from runner.workflow.loading import load

Load = Callable[[str], Playbook]

SHORT = """\
version: 1
name: short
description: Gone.
owner: me
account: {id: "222222222222"}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/ops/Teardown
steps:
  - {id: one, action: kms.schedule_key_deletion, target: {key: 1234abcd-12ab-34cd-56ef-1234567890ab}}
"""


def test_every_key_arrives(valid: str, load_text: Load) -> None:
    """Every key of the playbook stands in the value, times in UTC."""
    playbook = load_text(valid)

    assert playbook.name == "retire-exports"
    assert playbook.description == "Nothing reads this bucket since orders-v2."
    assert playbook.owner == "team-orders@acme.example"
    assert playbook.ticket == "OPS-4312"
    assert playbook.account == Account("222222222222", "acme-staging")
    assert playbook.region == "ap-northeast-1"
    assert playbook.role_arn == "arn:aws:iam::222222222222:role/Teardown"
    assert playbook.partition == "aws"
    assert playbook.max_age == timedelta(minutes=20)
    assert playbook.valid == Window(
        datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
        datetime(2026, 12, 5, 9, 0, tzinfo=UTC),
    )
    assert playbook.limits == Limits(steps=30, objects=200_000, size=500 * 1024**3)
    assert playbook.source.path == "p.yaml"


def test_every_key_of_a_step_arrives(valid: str, load_text: Load) -> None:
    """Every key of each step stands in the value, with the line where the step begins."""
    empty, bucket, key = load_text(valid).steps

    assert (empty.id, empty.action, empty.needs, empty.line) == ("empty", "s3.empty_bucket", (), 25)
    assert empty.target == {"bucket": "acme-orders-exports"}
    assert empty.region == "ap-northeast-1"
    assert empty.expect.tags == {"Service": "orders-v1"}
    assert empty.expect.versioning == "Enabled"
    assert empty.expect.max_objects == 150_000
    assert empty.irreversible == "exports are copies"
    assert (bucket.needs, bucket.mfa_protected, bucket.line) == (("empty",), True, 30)
    assert (key.region, key.mfa_protected, key.irreversible, key.line) == ("us-east-1", False, None, 36)


def test_defaults_are_the_careful_ones(load_text: Load) -> None:
    """A playbook of required keys only gets the documented defaults."""
    playbook = load_text(SHORT)

    assert playbook.ticket == ""
    assert playbook.account.alias is None
    assert playbook.max_age == timedelta(minutes=15)
    assert playbook.valid == Window()
    assert playbook.limits == Limits()
    assert playbook.steps[0].mfa_protected is True
    assert playbook.steps[0].expect.tags == {}


def test_nothing_in_a_playbook_can_be_changed(valid: str, load_text: Load) -> None:
    """Targets and expected tags are read-only: what was reviewed stays."""
    step = load_text(valid).steps[0]

    with pytest.raises(TypeError):
        step.target["bucket"] = "another"  # type: ignore[index]  # the point of the test
    with pytest.raises(TypeError):
        step.expect.tags["Service"] = "another"  # type: ignore[index]  # same


def test_steps_come_in_dependency_order(valid: str, load_text: Load) -> None:
    """Steps written in any order come back with what they need before them."""
    head, _, tail = valid.partition("steps:\n")
    parts = ["  - id:" + part for part in tail.split("  - id:")[1:]]

    playbook = load_text(head + "steps:\n" + "".join(reversed(parts)))

    assert [step.id for step in playbook.steps] == ["empty", "bucket", "key"]


def test_anchors_and_aliases_repeat_values(valid: str, load_text: Load) -> None:
    """An alias means the value at its anchor, for texts and for whole targets."""
    text = valid.replace("target: {bucket: acme-orders-exports}", "target: &exports {bucket: acme-orders-exports}", 1)
    text = text.replace("target: {bucket: acme-orders-exports}", "target: *exports", 1)
    text = text.replace("description: Nothing", "description: &why Nothing").replace('"empty by then"', "*why")

    empty, bucket, _ = load_text(text).steps

    assert bucket.target == empty.target == {"bucket": "acme-orders-exports"}
    assert bucket.irreversible == "Nothing reads this bucket since orders-v2."


def test_a_key_with_a_default_may_be_left_out(valid: str, actions: Mapping[str, ActionType]) -> None:
    """What the action gives a default may be missing in the playbook, and is checked where it is not."""
    path = Param("path", "/", "a path", default="/")
    known = {name: replace(action, params=(*action.params, path)) for name, action in actions.items()}

    loaded = load(valid.encode(), Source("p.yaml", ""), known)
    assert loaded.steps[0].target == {"bucket": "acme-orders-exports", "path": "/"}
    with pytest.raises(InvalidPlaybook):
        load(valid.replace("exports}", "exports, path: a}").encode(), Source("p.yaml", ""), known)


def test_the_same_target_in_two_regions_is_two_targets(load_text: Load) -> None:
    """A target whose ARN has a region may stand once for each region."""
    second = (
        "  - {id: two, action: kms.schedule_key_deletion, region: us-east-1,"
        " target: {key: 1234abcd-12ab-34cd-56ef-1234567890ab}}\n"
    )

    assert len(load_text(SHORT + second).steps) == 2


def test_foreign_text_is_data(valid: str, load_text: Load) -> None:
    """Escapes in double quotes are kept as they are in free text; showing them safely is the renderer's part."""
    text = valid.replace("description: Nothing", 'description: "\\e[2J\\u202e"  # Nothing')

    assert load_text(text).description == "\x1b[2J\u202e"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_age: 20m", "max_age: 1m"),
        ("max_age: 20m", "max_age: 12h"),
        ("max_age: 20m", "max_age: 900s"),
        ("max_age: 20m", 'max_age: "1h"'),
        ("from: 2026-12-01T08:00:00Z", "from: 2026-12-01T08:00:00.5-08:00"),
        ("  from: 2026-12-01T08:00:00Z\n", ""),
        ("500GiB", "0B"),
        ("500GiB", "7PiB"),
        ("objects: 200000", "objects: 0"),
        ("versioning: Enabled", "versioning: Off"),
        ("versioning: Enabled", 'versioning: "Suspended"'),
        ("{Service: orders-v1}", '{Service: "", "1": "no", "aws:x": y, ü: ö}'),
        ("role/Teardown", "role/a/b/Tear.down+=,@-_"),
        ("ticket: OPS-4312", 'ticket: ""'),
        ("ticket: OPS-4312\n", ""),
        ("region: us-east-1", "region: us-gov-west-1"),
        ("region: us-east-1", "region: eusc-de-east-1"),
        ("region: us-east-1", "unprotect: []\n    keep: {}\n    targets: []"),
        ("version: 1\n", "---\nversion: 1\n"),
        ("mfa_protected: false\n", "mfa_protected: false\n...\n"),
        ("\n", "\r\n"),
        ("alias: acme-staging", "alias: a1b"),
    ],
)
def test_other_spellings_are_valid_too(old: str, new: str, valid: str, load_text: Load) -> None:
    """What the documentation allows beside the example loads as well."""
    assert old in valid

    playbook = load_text(valid.replace(old, new))

    assert len(playbook.steps) == 3
