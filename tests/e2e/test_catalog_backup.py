"""AWS Backup's actions end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import ROLE, Trial, refused_as_last_copies, step
from tests.e2e.driving import here, phrase

TABLE = "arn:aws:dynamodb:ap-northeast-1:222222222222:table/orders"


def point(lab: Lab, vault: str, role: str) -> str:
    """Make a vault with a recovery point and return the point's ARN."""
    backup = lab.client("backup")
    backup.create_backup_vault(BackupVaultName=vault)
    made = backup.start_backup_job(BackupVaultName=vault, ResourceArn=TABLE, IamRoleArn=role)
    return str(made["RecoveryPointArn"])


def test_a_vault_goes_after_its_recovery_points(lab: Lab) -> None:
    """Both are seen gone: the point because another one is left, the vault because an earlier step takes the point."""
    old = point(lab, "old", ROLE)
    point(lab, "new", ROLE)
    tried = Trial(
        lab,
        (
            step("point", "backup.delete_recovery_point", {"vault": "old", "recovery_point": old}),
            step("vault", "backup.delete_backup_vault", {"vault": "old"}, needs=["point"]),
        ),
    ).run()

    assert tried.states == {"point": "gone", "vault": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}


def test_an_answer_of_200_is_not_a_deletion(lab: Lab) -> None:
    """AWS Backup answers 200 and deletes nothing when the backup's role is gone; then it is still there.

    As the only copy it is refused until the reviewers accept that nobody knows of another.
    """
    old = point(lab, "old", "arn:aws:iam::222222222222:role/gone")
    only = (step("point", "backup.delete_recovery_point", {"vault": "old", "recovery_point": old}),)
    refused = here(lab, "plan", Trial(lab, only).write(), "--output", "json", code=lab.sandbox.code())
    assert refused_as_last_copies(refused) == {"point"}
    lab.sandbox.advance(60)
    accepted = ({"check": "another_copy_is_left", "reason": "the table is made of other data"},)
    trial = Trial(lab, only, accept_unknown=accepted)
    path = trial.write()
    ended = trial.apply(path, "--confirm", phrase(lab, lab.directory / "catalogue.yaml"))

    assert ended.code != 0
    (ended_as,) = ended.data["steps"]
    assert ended_as["state"] == "still there"
    assert "EXPIRED: The role that made it cannot delete it." in ended_as["why"]
