"""The playbooks for databases and keys that are shipped, run as they are but for ids that AWS makes up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from runner.cli.wiring import SystemClock
from tests.conftest import Ended, Lab
from tests.e2e.catalogue import Trial
from tests.e2e.driving import here

DAY = 24 * 60 * 60
PLAYBOOKS = Path(__file__).parent.parent.parent / "playbooks"


def test_an_old_database_goes_and_leaves_its_snapshot(lab: Lab) -> None:
    """The protection is lifted for the deletion alone, and the snapshot has the name that the reviewers read."""
    rds = lab.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders-v1",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="orders",
        MasterUserPassword="not-a-secret",
        DeletionProtection=True,
        Tags=[{"Key": "Service", "Value": "orders-v1"}],
    )
    steps = yaml.safe_load((PLAYBOOKS / "retire-database.yaml").read_text(encoding="utf-8"))["steps"]
    tried = Trial(lab, tuple(steps)).run()

    assert tried.states == {"database": "gone"}
    snapshots = rds.describe_db_snapshots()["DBSnapshots"]
    assert [one["DBSnapshotIdentifier"] for one in snapshots] == ["orders-v1-before-ops-4401"]


def test_a_key_is_set_aside_for_a_week_and_then_scheduled(lab: Lab) -> None:
    """The run stops after the first step; resumed too early it waits, resumed after a week it goes on."""
    kms = lab.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
    data = yaml.safe_load((PLAYBOOKS / "retire-key.yaml").read_text(encoding="utf-8"))
    steps = tuple({**step, "target": {"key": key}} for step in data["steps"])
    path = Trial(lab, steps, limits=data["limits"]).write()
    with days_ago(lab, 8):
        begun = confirmed(lab, "apply", path)
    assert begun.code == 8, begun.err
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    states = {step["id"]: step["state"] for step in begun.data["steps"]}
    assert states == {"disable": "quarantined", "schedule": "not attempted"}
    with days_ago(lab, 2):
        early = confirmed(lab, "resume")
    assert "it waits until" in early.out
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    ended = confirmed(lab, "resume")

    assert ended.code == 0, ended.err
    assert {step["id"]: step["state"] for step in ended.data["steps"]}["schedule"] == "scheduled"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


@contextmanager
def days_ago(lab: Lab, days: int) -> Iterator[None]:
    """Let the sandbox's clock and the command's be late."""
    lab.sandbox.advance(-days * DAY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SystemClock, "now", lambda _: datetime.now(UTC) - timedelta(days=days))
        yield
    lab.sandbox.advance(days * DAY)


def confirmed(lab: Lab, *command: str) -> Ended:
    """Run a command with the phrase that it asks for when it gets none."""
    asked = _run(lab, *command)
    if '--confirm "' not in asked.said:
        return asked
    return _run(lab, *command, "--confirm", asked.said.partition('--confirm "')[2].partition('"')[0])


def _run(lab: Lab, *command: str) -> Ended:
    lab.sandbox.advance(60)
    return here(lab, *command, "--output", "json", code=lab.sandbox.code())
