"""EC2's own dry runs, with MFA and without, end to end: they outrank the simulation, and delete nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.conftest import Ended, Lab, role
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest, kinds
from tests.e2e.wire import Answer, Wire, tapped

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
ABOUT = "arn:aws:ec2:ap-northeast-1::snapshot/*"


def delete(condition: Mapping[str, Any] | None = None, effect: str = "Allow") -> dict[str, Any]:
    """Return a statement about deleting snapshots."""
    statement: dict[str, Any] = {"Effect": effect, "Action": "ec2:DeleteSnapshot", "Resource": ABOUT}
    return {**statement, **({"Condition": condition} if condition else {})}


def made(lab: Lab, *statements: dict[str, Any], trust: Mapping[str, Any] | None = None) -> str:
    """Make a world whose role has these statements, and a snapshot in it; return the snapshot's id."""

    def change(world: dict[str, Any]) -> None:
        things = ("Images", "LockedSnapshots", "SnapshotAttribute", "Snapshots", "Tags", "Volumes")
        reads = [f"ec2:Describe{thing}" for thing in things]
        looks: dict[str, Any] = {"Effect": "Allow", "Action": reads, "Resource": "*"}
        role(world)["policies"]["snapshots"] = {"Version": "2012-10-17", "Statement": [looks, *statements]}
        if trust:
            role(world)["trust"]["Statement"][0]["Condition"] = trust

    lab.world(change)
    ec2 = lab.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="ap-northeast-1a", Size=1)["VolumeId"]
    snapshot: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    return snapshot


def playbook(lab: Lab, snapshot: str) -> str:
    """Write a playbook that deletes the snapshot."""

    def change(data: dict[str, Any]) -> None:
        target = {"snapshot": snapshot}
        data["steps"] = [{"id": "old", "action": "ec2.delete_snapshot", "target": target, "irreversible": "stale"}]

    return str(lab.playbook(change))


def exists(lab: Lab, snapshot: str) -> bool:
    """Return whether the administrator still sees the snapshot."""
    found = lab.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return snapshot in [item["SnapshotId"] for item in found]


def plan(
    lab: Lab, snapshot: str, fault: Callable[[str, str, bytes], Answer | None] | None = None
) -> tuple[Ended, Wire]:
    """Plan, and return what came out and what went over the wire."""
    with tapped(lab.sandbox.endpoint) as wire:
        if fault is not None:
            wire.fault = fault
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "plan", playbook(lab, snapshot), "--output", "json", code=lab.sandbox.code(), env=env)
    return ended, wire


def verdict(ended: Ended) -> tuple[str, str, str]:
    """Return protection, evidence and reason of the one step."""
    found = ended.data["steps"][0]["verdict"]
    return found["protection"], found["evidence"], found["reason"]


@pytest.mark.parametrize(
    ("statements", "protection"),
    [
        ((delete(MFA),), "protected"),
        ((delete(), delete(NO_MFA, "Deny")), "protected"),
        ((delete(),), "unprotected"),
        ((delete(NO_MFA),), "inverted"),
        ((), "will fail"),
    ],
    ids=["allowed with MFA", "denied without", "allowed", "allowed without", "not allowed"],
)
def test_aws_tries_it_itself(lab: Lab, statements: tuple[dict[str, Any], ...], protection: str) -> None:
    """Two dry runs decide, with a session that carries MFA and with one that does not; nothing is deleted."""
    snapshot = made(lab, *statements)
    ended, wire = plan(lab, snapshot)

    assert ended.code == (0 if protection == "protected" else 3), ended.err
    assert verdict(ended)[:2] == (protection, "verified")
    assert "as dry runs" in verdict(ended)[2]
    deletions = wire.calls("DeleteSnapshot")
    assert [call.form["DryRun"] for call in deletions] == ["true", "true"]
    assert {call.status for call in deletions} <= {412, 403}
    assert exists(lab, snapshot)


def test_a_role_that_cannot_be_assumed_without_mfa(lab: Lab) -> None:
    """Then nothing is tried without MFA, and what is known of that stays simulated."""
    snapshot = made(lab, delete(MFA), trust=MFA)
    ended, wire = plan(lab, snapshot)

    assert ended.code == 0, ended.err
    assert verdict(ended)[:2] == ("protected", "simulated")
    assert len(wire.calls("DeleteSnapshot")) == 1


def test_a_trust_policy_alone_is_named(lab: Lab) -> None:
    """A role that opens with MFA only does not protect the snapshot."""
    snapshot = made(lab, delete(), trust=MFA)
    ended, _ = plan(lab, snapshot)

    assert ended.code == 3, ended.err
    assert verdict(ended)[:2] == ("unprotected", "simulated")
    assert ended.data["steps"][0]["verdict"]["level"] == "trust policy"
    assert "add to the policies of every role and user" in ended.data["steps"][0]["verdict"]["hint"]


def test_a_dry_run_outranks_the_simulation(lab: Lab) -> None:
    """The simulator cannot know a resource tag; AWS's own dry run does, and decides."""
    tagged = {"StringEquals": {"aws:ResourceTag/Keep": "yes"}}
    snapshot = made(lab, delete(MFA), delete(tagged, "Deny"))
    ended, _ = plan(lab, snapshot)

    # For a long-term key there is no dry run, and so the missing key still leaves a doubt.
    assert ended.code == 3, ended.err
    assert verdict(ended)[0] == "cannot tell"

    unconditional = made(lab, delete(), delete(tagged, "Deny"))
    ended, _ = plan(lab, unconditional)

    assert verdict(ended)[:2] == ("unprotected", "verified")


def test_a_service_that_takes_a_dry_run_for_real(lab: Lab) -> None:
    """An endpoint that answers a dry run with success may have deleted: the plan stops and says so."""
    snapshot = made(lab, delete(MFA))
    done = b"<DeleteSnapshotResponse><requestId>REQ-7</requestId><return>true</return></DeleteSnapshotResponse>"
    ended, _ = plan(lab, snapshot, lambda _m, _p, body: Answer(200, done) if b"Action=DeleteSnapshot" in body else None)

    assert ended.code == 1
    assert "answered as if it had been done" in ended.said
    assert "this call may have been done" in ended.said


def test_an_answer_about_the_target_proves_nothing(lab: Lab) -> None:
    """An error that is not about permissions leaves the simulation as it is."""
    snapshot = made(lab, delete(MFA))
    error = (
        b"<Response><Errors><Error><Code>InvalidSnapshot.InUse</Code><Message>in use</Message></Error></Errors>"
        b"<RequestID>REQ-8</RequestID></Response>"
    )
    ended, _ = plan(
        lab, snapshot, lambda _m, _p, body: Answer(400, error) if b"Action=DeleteSnapshot" in body else None
    )

    assert ended.code == 0, ended.err
    assert verdict(ended)[:2] == ("protected", "simulated")


def test_a_snapshot_is_deleted(lab: Lab) -> None:
    """Planned, verified, confirmed, deleted and seen gone; a second run finds it already gone."""
    snapshot = made(lab, delete(MFA))
    file = lab.playbook()
    playbook(lab, snapshot)
    ended = apply(lab, file)

    assert ended.code == 0, ended.err
    assert not exists(lab, snapshot)
    assert_honest(lab)
    assert [kind for kind in kinds(lab) if kind == "call.intent"] == ["call.intent"]

    again = here(lab, "apply", str(file), "--output", "json", code=lab.sandbox.code())

    assert again.code == 0, again.err
    assert [step["state"] for step in again.data["steps"]] == ["already gone"]
