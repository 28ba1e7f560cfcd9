"""The playbook for a database that is shipped, run as it is."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.conftest import Lab
from tests.e2e.catalogue import Trial

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
