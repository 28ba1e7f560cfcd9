"""The engine behind the real command: throttled and cut off in mid-run, with a log that says so."""

from __future__ import annotations

from typing import Any
from unittest import mock

from tests.conftest import BUCKET, Lab
from tests.e2e.driving import apply
from tests.e2e.watching import assert_honest, of_kind
from tests.e2e.wire import LOST, Answer, is_batch, tapped

MANY = 1001
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please slow down.</Message><RequestId>S1</RequestId></Error>"


def crowded(world: dict[str, Any]) -> None:
    """Fill the bucket with one object more than a batch holds."""
    bucket = world["accounts"][1]["buckets"][0]
    bucket.update(objects=[{"prefix": "many/", "count": MANY, "size": 1}], uploads=[])


class Troubled:
    """Ask to slow down at the second deletion, with an answer 200 at the third, and lose the fourth (a `Fault`)."""

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, method: str, path: str, body: bytes) -> Answer | None:
        """Look at a request."""
        del body
        self._seen += is_batch(method, path)
        answers = {2: Answer(503, SLOW_DOWN), 3: Answer(200, SLOW_DOWN), 4: LOST}
        return answers.get(self._seen) if is_batch(method, path) else None


def test_a_troubled_wire(lab: Lab) -> None:
    """The bucket is gone in the end, and the log holds each attempt: two refused, one in doubt, the others done."""
    lab.world(crowded)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = Troubled()
        ended = apply(lab, lab.playbook(), env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)
    batches = {record["seq"] for record in of_kind(lab, "call.intent") if record["operation"] == "DeleteObjects"}
    outcomes = [record for record in of_kind(lab, "call.outcome") if record["intent_seq"] in batches]
    assert len(outcomes) == len(batches)
    assert [record["error_code"] for record in outcomes].count("SlowDown") == 2
    (doubtful,) = (record["intent_seq"] for record in outcomes if record["result"] == "unknown")
    assert of_kind(lab, "run.close")[0]["in_doubt"] == [doubtful]
    assert of_kind(lab, "step.close")[0]["children"] == MANY


class Lost:
    """Lose the first deletions (a `Fault`)."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, method: str, path: str, body: bytes) -> Answer | None:
        """Look at a request."""
        del body
        self._left -= is_batch(method, path)
        return LOST if is_batch(method, path) and self._left >= 0 else None


class Writer:
    """Write an object when the bucket is listed again after its first deletion (a `Fault`)."""

    def __init__(self, lab: Lab) -> None:
        self._s3 = lab.client("s3")
        self._deleted = self._written = False

    def __call__(self, method: str, path: str, body: bytes) -> None:
        """Look at a request."""
        del body
        self._deleted = self._deleted or is_batch(method, path)
        if self._deleted and not self._written and method == "GET" and "versions" in path:
            self._written = True
            self._s3.put_object(Bucket=BUCKET, Key="late/by-cron", Body=b"1")


def test_the_only_deletion_is_lost(lab: Lab) -> None:
    """Where nothing at all was answered, what is in doubt is looked at, and deleted when it is still there."""
    with tapped(lab.sandbox.endpoint) as wire, mock.patch("runner.workflow.sweep.PAUSE", 0.0):
        wire.fault = Lost(1)
        ended = apply(lab, lab.playbook(), env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)
    outcomes = [record["result"] for record in of_kind(lab, "call.outcome")]
    assert outcomes.count("unknown") == 1


def test_what_is_written_meanwhile_is_named_and_stays(lab: Lab) -> None:
    """An object that comes while the bucket is emptied is not chased: the step says its key."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = Writer(lab)
        ended = apply(lab, lab.playbook(), env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 7, ended.err
    assert [one["Key"] for one in lab.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]] == ["late/by-cron"]
    (why,) = (record["why"] for record in of_kind(lab, "step.close") if record["step"] == "empty")
    assert why.endswith("somebody is still writing there: 'late/by-cron'")
    assert_honest(lab)
