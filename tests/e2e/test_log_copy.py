"""The copy of the log in CloudWatch Logs: what is on disk and nothing else, and nobody waits for it or relies on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from runner.aws.log_group import EVENT_BYTES, MOST_BYTES, MOST_EVENTS, batches
from runner.cli import log_copy
from tests.conftest import Lab
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest

NAME, REGION = "/acme/runner", "ap-northeast-1"
GROUP = f"arn:aws:logs:{REGION}:111111111111:log-group:{NAME}"


def copied_to(lab: Lab, group: str) -> None:
    """Write guardrails that name a log group."""
    path = lab.directory / ".runner" / "guardrails.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 1, "audit": {"log_group": group}}), encoding="utf-8")


@pytest.fixture
def group(lab: Lab) -> Lab:
    """Return a lab with a log group that gets the copy."""
    lab.client("logs", "admin-auth").create_log_group(logGroupName=NAME)
    copied_to(lab, GROUP)
    return lab


def grant(lab: Lab, playbook: Path) -> None:
    """Give the operator what `runner permissions` says that he needs, and nothing more."""
    needed = here(lab, "permissions", str(playbook), "--output", "json").data["operator"]
    assert GROUP in json.dumps(needed)
    iam = lab.client("iam", "admin-auth")
    iam.put_user_policy(UserName="alice", PolicyName="operator", PolicyDocument=json.dumps(needed))


def test_what_is_on_disk_is_copied(group: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the run stands in a stream of its name, byte for byte and in order, however few go at a time."""
    monkeypatch.setattr(log_copy, "MANY", 3)
    playbook = group.playbook()
    grant(group, playbook)
    ended = apply(group, playbook)
    assert ended.code == 0, ended.err
    run = group.records()[-1]["run"]
    logs = group.client("logs", "admin-auth")
    events = logs.get_log_events(logGroupName=NAME, logStreamName=run, startFromHead=True)["events"]
    times = [event["timestamp"] for event in events]
    written = (group.ledger / "log" / "000000000000.jsonl").read_text("utf-8").splitlines()

    assert [event["message"] for event in events] == written
    assert times == sorted(times)
    assert "not copied" not in ended.err


@pytest.mark.parametrize(
    ("change", "why"), [(GROUP, "AccessDenied"), (GROUP.replace("runner", "elsewhere"), "ResourceNotFound")]
)
def test_a_copy_that_fails_holds_nothing_up(group: Lab, change: str, why: str) -> None:
    """Without the permission or the group, the run does its work, its log is whole, and what is missing is told."""
    playbook = group.playbook()
    if change != GROUP:
        grant(group, playbook)
        wide = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [wide]})
        group.client("iam", "admin-auth").put_user_policy(UserName="alice", PolicyName="x", PolicyDocument=document)
    copied_to(group, change)
    ended = apply(group, playbook)

    assert ended.code == 0, ended.err
    assert f"note: {len(group.records())} lines of the log not copied to {change}: {why}" in ended.said
    assert_honest(group)


def test_one_request_takes_so_much() -> None:
    """Events and bytes are counted as CloudWatch counts them; nothing is lost or put in another order."""
    small = tuple((number, "x") for number in range(MOST_EVENTS + 1))
    large = tuple((number, "é" * 100_000) for number in range(11))

    assert [len(batch) for batch in batches(small)] == [MOST_EVENTS, 1]
    assert [len(batch) for batch in batches(large)] == [5, 5, 1]
    for batch in batches(large):
        assert sum(len(text.encode()) + EVENT_BYTES for _, text in batch) <= MOST_BYTES
    assert tuple(event for batch in batches(large) for event in batch) == large
    assert tuple(batches(())) == ()
