"""Bugs planted where requests are made: the write gate stops what they call, and without the gate AWS does.

The role may do everything with MFA, and the neighbouring bucket's own policy allows the run's session everything
besides. What stands between a bug and that bucket is the gate, and then the session policy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from runner.aws import sender
from runner.aws.s3_engine import deleting, wire
from runner.aws.s3_engine.requests import Place, Request, delete_request
from runner.model.bound import BoundCall, Params
from runner.model.bulk import Batch
from runner.model.ports import Reply
from tests.conftest import BUCKET, Ended, Lab, role
from tests.e2e.driving import here, phrase
from tests.e2e.watching import contents

NEIGHBOUR = "acme-orders-archive"
KEPT = {"Versions": 3, "DeleteMarkers": 0, "Uploads": 0}
SESSION = "arn:aws:sts::222222222222:assumed-role/Teardown/alice"
Bug = Callable[[BoundCall, Params], tuple[BoundCall, Params]]


def open_world(world: dict[str, Any]) -> None:
    """Let the role do everything with MFA, and add a bucket whose policy lets the session do everything with it."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    reads = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:Simulate*"], "Resource": "*"}
    role(world)["policies"]["teardown"]["Statement"] = [
        reads,
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": mfa},
    ]
    whole = [f"arn:aws:s3:::{NEIGHBOUR}", f"arn:aws:s3:::{NEIGHBOUR}/*"]
    grant = {"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "s3:*", "Resource": whole}
    policy = {"Version": "2012-10-17", "Statement": [grant]}
    objects = [{"prefix": "kept/", "count": 3}]
    world["accounts"][1]["buckets"].append({"name": NEIGHBOUR, "policy": policy, "objects": objects})


def elsewhere(operation: str) -> Bug:
    """Return the bug that sends a planned operation to the neighbouring bucket."""

    def bug(call: BoundCall, params: Params) -> tuple[BoundCall, Params]:
        return call, {**params, "Bucket": NEIGHBOUR} if call.operation == operation else params

    return bug


def another(operation: str, sent: str, **params: str) -> Bug:
    """Return the bug that sends another operation of the same service in the place of a planned one."""

    def bug(call: BoundCall, planned: Params) -> tuple[BoundCall, Params]:
        return (replace(call, operation=sent), params) if call.operation == operation else (call, planned)

    return bug


BUGS: Mapping[str, Bug] = {
    "the batches go to another bucket": elsewhere("DeleteObjects"),
    "another deletion on the target": another("DeleteBucket", "DeleteBucketPolicy", Bucket=BUCKET),
    "a read becomes a deletion": another("GetBucketTagging", "DeleteBucket", Bucket=NEIGHBOUR),
}


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Plant a bug where requests are made, before the gate, for the length of a block."""
    sound = sender.GatedSender.send

    def send(self: sender.GatedSender, call: BoundCall, params: Params, tag: str = "") -> Reply:
        return sound(self, *bug(call, params), tag)

    def make_wrongly(place: Place, batch: Batch, *, with_md5: bool = False) -> Request:
        """Put the bug into a request of the engine, which makes them itself."""
        made = delete_request(place, batch, with_md5=with_md5)
        _, params = bug(batch.call, {"Bucket": BUCKET})
        return replace(made, url=made.url.replace(BUCKET, str(params["Bucket"])))

    with (
        mock.patch.object(sender.GatedSender, "send", send),
        mock.patch.object(deleting, "delete_request", make_wrongly),
    ):
        yield


def run(lab: Lab, bug: Bug) -> Ended:
    """Plan, and apply with the bug; what the plan reads is looked at with the bug too."""
    confirm = phrase(lab, lab.playbook())
    with planted(bug):
        return here(lab, "apply", str(lab.playbook()), "--confirm", confirm, code=lab.sandbox.code())


def assert_spared(lab: Lab) -> None:
    """Fail unless everything that no plan names is as it was."""
    assert contents(lab, NEIGHBOUR) == KEPT
    assert lab.client("s3").get_bucket_policy(Bucket=NEIGHBOUR)["Policy"]
    assert lab.bucket_exists()
    assert lab.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]


@pytest.mark.parametrize("name", BUGS)
def test_the_gate_stops_it(lab: Lab, name: str) -> None:
    """The call never leaves the process, and the run ends as a bug that is to be reported."""
    lab.world(open_world)
    ended = run(lab, BUGS[name])

    assert ended.code != 0
    assert "the write gate stopped s3:Delete" in ended.said + " ".join(ended.out.split())
    assert_spared(lab)


@pytest.mark.parametrize("name", BUGS)
def test_without_the_gate_aws_stops_it(lab: Lab, name: str) -> None:
    """With the gate gone, AWS refuses the call for the session policy, although role and bucket policy allow it."""
    lab.world(open_world)
    with mock.patch.object(sender, "permit", return_value=None), mock.patch.object(wire, "refusal", return_value=None):
        ended = run(lab, BUGS[name])

    assert ended.code != 0
    assert "explicit deny in a session policy" in ended.said + " ".join(ended.out.split())
    assert_spared(lab)
