"""``runner audit reconcile`` on a real run: the events are made from what went over the wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Lab, role
from tests.e2e.driving import apply, here
from tests.e2e.watching import of_kind
from tests.e2e.wire import Exchange, tapped

_NAMES = {"DELETE": "DeleteBucket", "POST": "DeleteObjects"}


def event(lab: Lab, exchange: Exchange, number: int) -> dict[str, Any]:
    """Return what CloudTrail would record of a request."""
    authorization = exchange.headers.get("Authorization", "")
    return {
        "userIdentity": {
            "accessKeyId": authorization.partition("Credential=")[2].partition("/")[0],
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        },
        "eventTime": of_kind(lab, "run.open")[0]["ts"],
        "eventSource": "s3.amazonaws.com",
        "eventName": "AbortMultipartUpload" if "uploadId" in exchange.path else _NAMES.get(exchange.method, "Get"),
        "userAgent": exchange.headers.get("User-Agent", ""),
        "eventID": f"e-{number}",
        "readOnly": exchange.method in {"GET", "HEAD"},
    }


@pytest.fixture
def trail(lab: Lab) -> Path:
    """Apply the example playbook and write what CloudTrail would have recorded."""
    with tapped(lab.sandbox.endpoint) as wire:
        ended = apply(lab, lab.playbook(), env={"AWS_ENDPOINT_URL": wire.endpoint})
    assert ended.code == 0, ended.err
    # S3's alone: what other services are asked has an Action in its form, or a target in its head.
    seen = [one for one in wire.exchanges if not (one.form.get("Action") or one.headers.get("X-Amz-Target"))]
    path = lab.directory / "trail.json"
    path.write_text(json.dumps({"Records": [event(lab, exchange, number) for number, exchange in enumerate(seen)]}))
    return path


def test_a_run_and_its_trail(lab: Lab, trail: Path) -> None:
    """Every call of the run is found in the trail by the tag that it carried, and nothing contradicts the log."""
    ended = here(lab, "audit", "reconcile", "--trail", str(trail))

    assert ended.code == 0, ended.out
    assert f"{len(of_kind(lab, 'call.intent'))} calls of the log found in CloudTrail" in ended.out
    assert "nothing contradicts the log" in ended.out


def test_a_deletion_beside_runner(lab: Lab, trail: Path) -> None:
    """Somebody who used the run's session for something else is found."""
    data = json.loads(trail.read_text())
    planted = next(event for event in data["Records"] if event["eventName"] == "DeleteBucket")
    data["Records"].append({**planted, "eventID": "planted", "userAgent": "curl/8"})
    trail.write_text(json.dumps(data))
    ended = here(lab, "audit", "reconcile", "--trail", str(trail), "--output", "json")

    assert ended.code == 3
    (finding,) = ended.data["findings"]
    assert finding["kind"] == "a call without an intent"
    assert "planted" in finding["on"]


def test_where_the_events_come_from(lab: Lab) -> None:
    """One of the two sources has to be named."""
    ended = here(lab, "audit", "reconcile")

    assert ended.code == 2
    assert "--trail PATH or --lookup ROLE_ARN" in ended.said


def test_cloudtrail_is_asked_through_a_role(lab: Lab, trail: Path) -> None:
    """With --lookup the role is assumed for that one read; when it may not, nothing is taken for granted."""
    del trail
    role = "arn:aws:iam::222222222222:role/Teardown"
    ended = here(lab, "audit", "reconcile", "--lookup", role, code=lab.sandbox.code())

    assert ended.code == 3, ended.err
    assert "CloudTrail did not say what happened" in ended.said
    assert "cloudtrail:LookupEvents" in ended.said


def test_cloudtrail_has_nothing_yet(lab: Lab) -> None:
    """A role that may look finds nothing right after the run: the events may still come, which is no finding."""

    def may_look(world: dict[str, Any]) -> None:
        allow = {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}
        role(world)["policies"]["teardown"]["Statement"].append(allow)

    lab.world(may_look)
    assert apply(lab, lab.playbook()).code == 0
    through = "arn:aws:iam::222222222222:role/Teardown"
    ended = here(lab, "audit", "reconcile", "--lookup", through, "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert (ended.data["matched"], ended.data["findings"]) == (0, [])
    assert [call.split()[0] for call in ended.data["not_yet"]] == ["s3:DeleteBucket"]
    assert len(ended.data["not_covered"]) == 2
