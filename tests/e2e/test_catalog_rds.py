"""RDS's actions end to end."""

from __future__ import annotations

from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, refused_as_last_copies, step
from tests.e2e.driving import here

ACCOUNT = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret"}


def instance(lab: Lab, name: str, **more: Any) -> None:
    """Make a DB instance."""
    engine = {"Engine": "postgres", "AllocatedStorage": 20, **ACCOUNT, **more}
    lab.client("rds").create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", **engine)


def cluster(lab: Lab, name: str, member: str) -> None:
    """Make an Aurora cluster with one member."""
    rds = lab.client("rds")
    rds.create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql", **ACCOUNT)
    rds.create_db_instance(
        DBInstanceIdentifier=member,
        DBInstanceClass="db.r5.large",
        Engine="aurora-postgresql",
        DBClusterIdentifier=name,
    )


def test_databases_go_and_their_last_copies_stay(lab: Lab) -> None:
    """A8: of an instance and a cluster a final snapshot and the automated backups are left, protection or not."""
    rds = lab.client("rds")
    instance(lab, "orders", DeletionProtection=True)
    cluster(lab, "ledger", "ledger-1")
    tried = Trial(
        lab,
        (
            step("db", "rds.delete_db_instance", {"instance": "orders"}, unprotect=["DeletionProtection"]),
            step("member", "rds.delete_db_cluster_member", {"instance": "ledger-1"}),
            step("cluster", "rds.delete_db_cluster", {"cluster": "ledger"}, needs=["member"]),
        ),
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    snapshots = rds.describe_db_snapshots()["DBSnapshots"]
    assert [snapshot["DBSnapshotIdentifier"] for snapshot in snapshots] == ["orders-final"]
    clusters = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    assert [snapshot["DBClusterSnapshotIdentifier"] for snapshot in clusters] == ["ledger-final"]
    kept = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert [backup["DBInstanceIdentifier"] for backup in kept] == ["orders"]


def test_copies_go_by_name(lab: Lab) -> None:
    """Manual snapshots and retained automated backups go when a step names them."""
    rds = lab.client("rds")
    instance(lab, "orders")
    cluster(lab, "ledger", "ledger-1")
    for year in ("2020", "2021"):
        rds.create_db_snapshot(DBSnapshotIdentifier=f"orders-{year}", DBInstanceIdentifier="orders")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="ledger-2020", DBClusterIdentifier="ledger")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    kept = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"][0]
    backup = kept["DBInstanceAutomatedBackupsArn"].rsplit(":", 1)[-1]
    tried = Trial(
        lab,
        (
            step("db", "rds.delete_db_snapshot", {"snapshot": "orders-2020"}),
            step("cluster", "rds.delete_db_cluster_snapshot", {"snapshot": "ledger-2020"}),
            step("automated", "rds.delete_automated_backup", {"backup": backup}),
        ),
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}


def test_the_last_copy_of_a_database_is_not_known_to_be_dispensable(lab: Lab) -> None:
    """A8: what is left of an instance that is gone refuses its deletion, whoever else has its name or snapshots."""
    rds = lab.client("rds")
    for name in ("orders", "customers"):
        instance(lab, name)
        rds.create_db_snapshot(DBSnapshotIdentifier=f"{name}-2020", DBInstanceIdentifier=name)
    cluster(lab, "ledger", "ledger-1")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="ledger-2020", DBClusterIdentifier="ledger")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    rds.delete_db_instance(DBInstanceIdentifier="ledger-1", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier="ledger", SkipFinalSnapshot=True)
    instance(lab, "orders")
    path = Trial(
        lab,
        (
            step("only", "rds.delete_db_snapshot", {"snapshot": "orders-2020"}),
            step("one", "rds.delete_db_snapshot", {"snapshot": "customers-2020"}),
            step("cluster", "rds.delete_db_cluster_snapshot", {"snapshot": "ledger-2020"}),
        ),
    ).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code == 3
    assert refused_as_last_copies(plan) == {"only", "cluster"}


def test_a12_members_of_a_cluster_are_never_skipped(lab: Lab) -> None:
    """A12: a member that is named as an instance, or not named at all, refuses the plan and is named in it."""
    cluster(lab, "ledger", "ledger-1")
    path = Trial(
        lab,
        (
            step("db", "rds.delete_db_instance", {"instance": "ledger-1"}),
            step("cluster", "rds.delete_db_cluster", {"cluster": "ledger"}),
        ),
    ).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code != 0
    findings = {step["id"]: {found["check"]: found for found in step["findings"]} for step in plan.data["steps"]}
    assert "rds.delete_db_cluster_member" in findings["db"]["it_is_no_member"]["hint"]
    assert "db:ledger-1" in findings["cluster"]["nothing_blocks_it"]["message"]
