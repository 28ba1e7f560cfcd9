"""EFS's actions end to end, with the backup that one of them asks for."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import ROLE, Trial, step
from tests.e2e.driving import here


def file_system(lab: Lab) -> tuple[str, str]:
    """Make a file system with a mount target and return their ids."""
    efs = lab.client("efs")
    made = efs.create_file_system(CreationToken="shared")["FileSystemId"]
    subnet = lab.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    return made, efs.create_mount_target(FileSystemId=made, SubnetId=subnet)["MountTargetId"]


def test_a_file_system_goes_after_its_mount_targets(lab: Lab) -> None:
    """Both are seen gone, in that order; a recovery point of the file system is left."""
    shared, mounted = file_system(lab)
    backup = lab.client("backup")
    backup.create_backup_vault(BackupVaultName="kept")
    arn = f"arn:aws:elasticfilesystem:ap-northeast-1:222222222222:file-system/{shared}"
    backup.start_backup_job(BackupVaultName="kept", ResourceArn=arn, IamRoleArn=ROLE)
    tried = Trial(
        lab,
        (
            step("mount", "efs.delete_mount_target", {"file_system": shared, "mount_target": mounted}),
            step("files", "efs.delete_file_system", {"file_system": shared}, needs=["mount"]),
        ),
    ).run()

    assert tried.states == {"mount": "gone", "files": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    assert len(backup.list_recovery_points_by_resource(ResourceArn=arn)["RecoveryPoints"]) == 1


def test_files_without_a_backup_and_with_a_mount_target_stay(lab: Lab) -> None:
    """What is in the way is named, and no backup known means no."""
    shared, mounted = file_system(lab)
    path = Trial(lab, (step("files", "efs.delete_file_system", {"file_system": shared}),)).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code != 0
    blocking = {found["check"]: found["message"] for found in plan.data["steps"][0]["findings"] if found["blocks"]}
    assert set(blocking) == {"a_backup_of_it_is_kept", "nothing_blocks_it"}
    assert mounted in blocking["nothing_blocks_it"]
