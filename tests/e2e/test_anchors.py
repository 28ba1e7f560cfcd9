"""The log's anchors in a bucket with Object Lock, in another account: kept, missed, and held against the log."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from runner.audit.format import read_origin
from runner.audit.log import open_ledger
from runner.cli.wiring import SystemClock
from runner.workflow.anchor import anchor_key
from tests.conftest import Ended, Lab
from tests.e2e.driving import apply, here
from tests.e2e.test_faults import DENIED, through
from tests.e2e.test_resume import rest
from tests.e2e.watching import assert_honest, assert_untouched, of_kind
from tests.e2e.wire import Answer, tapped

ARCHIVE, REGION = "acme-audit-anchors", "ap-northeast-1"
ROLE = "arn:aws:iam::111111111111:role/Anchors"


def with_archive(world: dict[str, Any]) -> None:
    """Add a role to the other account that writes and reads anchors, and let Alice assume it."""
    accounts = world["accounts"]
    allowed = ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucketVersions"]
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole"}
    statement = {"Effect": "Allow", "Action": allowed, "Resource": [f"arn:aws:s3:::{ARCHIVE}*"]}
    version = "2012-10-17"
    accounts[0]["roles"] = [
        {
            "name": "Anchors",
            "trust": {"Version": version, "Statement": [trust]},
            "policies": {"anchors": {"Version": version, "Statement": [statement]}},
        }
    ]
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}
    accounts[0]["users"][0]["policies"]["operator"]["Statement"].append(may)


@pytest.fixture
def archive(lab: Lab) -> Lab:
    """Return a lab with a bucket for anchors, and guardrails that require them."""
    lab.world(with_archive)
    make_archive(lab)
    rules(lab)
    return lab


def make_archive(lab: Lab) -> None:
    """Make the bucket for anchors."""
    where = {"LocationConstraint": REGION}
    s3 = lab.client("s3", "admin-auth")
    s3.create_bucket(Bucket=ARCHIVE, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)


def rules(lab: Lab, **changes: str) -> None:
    """Write guardrails."""
    anchor = {"bucket": ARCHIVE, "region": REGION, "role_arn": ROLE, "retain": "400d", **changes}
    path = lab.directory / ".runner" / "guardrails.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 1, "audit": {"anchor": anchor}}), encoding="utf-8")


def look(lab: Lab, *args: str) -> Ended:
    """Hold the log against its anchors."""
    lab.sandbox.advance(60)
    where = ("--bucket", ARCHIVE, "--role", ROLE, "--region", REGION)
    return here(lab, "audit", "anchors", *where, *args, code=lab.sandbox.code())


def anchored(lab: Lab) -> list[dict[str, Any]]:
    """Return every version in the bucket."""
    found: list[dict[str, Any]] = (
        lab.client("s3", "admin-auth").list_object_versions(Bucket=ARCHIVE).get("Versions", [])
    )
    return found


def test_a_run_is_anchored_and_a_rolled_back_log_is_found(archive: Lab) -> None:
    """Before the first call and at the end; whoever puts an older copy of the log back is shown the anchors."""
    ended = apply(archive, archive.playbook())
    assert ended.code == 0, ended.err
    first = archive.records()
    assert_honest(archive)
    sound = look(archive, "--output", "json")
    locked = archive.client("s3", "admin-auth").head_object(Bucket=ARCHIVE, Key=anchored(archive)[0]["Key"])
    order = [record["type"] for record in first]

    assert (sound.code, sound.data["anchors"]) == (0, 2), sound.out
    assert order.index("log.anchored") < order.index("call.intent")
    assert order[-2:] == ["run.close", "log.anchored"]
    assert [record["why"] for record in of_kind(archive, "log.anchored")] == ["", ""]
    assert locked["ObjectLockMode"] == "COMPLIANCE"
    lines = (archive.ledger / "log" / "000000000000.jsonl").read_bytes().splitlines(keepends=True)
    cut = order.index("step.open")
    (archive.ledger / "log" / "000000000000.jsonl").write_bytes(b"".join(lines[:cut]))
    max((archive.ledger / "checkpoints").iterdir()).unlink()
    archive.client("s3", "admin-auth").delete_object(Bucket=ARCHIVE, Key=anchored(archive)[0]["Key"])
    local, outside = here(archive, "audit", "verify"), look(archive)

    assert local.code == 0, local.out
    assert (outside.code, "cut off" in outside.out) == (3, True), outside.out
    assert "put a delete marker over it" in outside.out


def test_a_fork_is_refused(archive: Lab) -> None:
    """A log meets another history of itself, as an older copy of it would: nothing is touched, in any mode."""
    rules(archive, mode="best-effort")
    with open_ledger(archive.ledger, tool="t", clock=SystemClock()):
        origin = read_origin(archive.ledger)
    s3 = archive.client("s3", "admin-auth")
    for size in range(1, 5):
        s3.put_object(Bucket=ARCHIVE, Key=anchor_key(origin, size), Body=b"another history")
    ended = apply(archive, archive.playbook())

    assert ended.code == 3, ended.err
    assert "another history of this log is anchored" in ended.said
    assert_untouched(archive)
    assert [record["exit_code"] for record in of_kind(archive, "run.close")] == [3]
    assert len(anchored(archive)) == 4


def test_a_bucket_that_is_not_there(archive: Lab) -> None:
    """With best effort the run goes on, and the log and the terminal say that the anchors are missing."""
    rules(archive, mode="best-effort", bucket="acme-audit-anchors-gone")
    ended = apply(archive, archive.playbook())

    assert ended.code == 0, ended.err
    assert "the log is NOT anchored: " in ended.said
    assert all(record["why"] for record in of_kind(archive, "log.anchored"))
    assert not archive.bucket_exists()


def test_a_run_without_its_first_anchor_is_resumed(lab: Lab) -> None:
    """Where anchors are required and the bucket is not there yet, nothing is touched; once it is, the rest is done."""
    lab.world(with_archive)
    rules(lab)
    refused = apply(lab, lab.playbook())

    assert refused.code == 3, refused.err
    assert_untouched(lab)
    make_archive(lab)
    resumed = rest(lab)

    assert resumed.code == 0, resumed.err
    assert not lab.bucket_exists()
    assert [bool(record["why"]) for record in of_kind(lab, "log.anchored")] == [True, False, False]
    assert_honest(lab)


def test_a_run_without_its_last_anchor_is_over(archive: Lab) -> None:
    """All was deleted and is on record: there is nothing to resume, and the next run's anchors cover it."""
    put: list[str] = []

    def fault(method: str, path: str, _: bytes) -> Answer | None:
        """Let one anchor through."""
        if method == "PUT" and path.startswith(f"/{ARCHIVE}/"):
            put.append(path)
        return Answer(403, DENIED) if len(put) > 1 else None

    with tapped(archive.sandbox.endpoint) as wire:
        wire.fault = fault
        ended = through(archive, wire, archive.playbook())
    assert ended.code == 9, ended.err
    assert "how the run ended is not anchored" in ended.said
    assert not archive.bucket_exists()
    assert_honest(archive)
    again = here(archive, "resume")
    assert (again.code, "it ended well" in again.said) == (2, True), again.err
    archive.world(with_archive)
    make_archive(archive)
    assert apply(archive, archive.playbook()).code == 0
    sound = look(archive, "--output", "json")

    assert sound.code == 0, sound.out
    assert max(anchor["Key"] for anchor in anchored(archive)).endswith(f"{len(archive.records()) - 1:020d}")
