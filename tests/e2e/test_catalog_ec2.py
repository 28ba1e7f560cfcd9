"""EC2's actions end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step


def test_a_snapshot_is_deleted_with_mfa_only(lab: Lab) -> None:
    """A snapshot is refused without MFA, deleted with it, seen gone, and already gone the next time."""
    ec2 = lab.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="ap-northeast-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    tried = Trial(lab, (step("old", "ec2.delete_snapshot", {"snapshot": snapshot}),)).run()

    assert tried.states == {"old": "gone"}
    assert tried.states_again == {"old": "already gone"}
