"""The playbooks for a leaked access key and for log groups, run as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.cli.wiring import SystemClock
from tests.conftest import Ended, Lab
from tests.e2e.catalogue import ALICE
from tests.e2e.driving import here

PLAYBOOKS = Path(__file__).parent.parent.parent / "playbooks"


def run(lab: Lab, name: str, key: str = "") -> Ended:
    """Give the role what the playbook needs, plan it, and apply it; the example key becomes the one that exists."""
    path = lab.directory / name
    text = (PLAYBOOKS / name).read_text(encoding="utf-8")
    path.write_text(text.replace("AKIAEXAMPLE000000001", key or "AKIAEXAMPLE000000001"), encoding="utf-8")
    printed = here(lab, "permissions", str(path), "--operator", ALICE, "--output", "json")
    for number, document in enumerate(printed.data["roles"][0]["policies"]):
        lab.client("iam").put_role_policy(
            RoleName="Teardown", PolicyName=f"printed-{number}", PolicyDocument=json.dumps(document)
        )
    planned = here(lab, "plan", str(path), "--output", "json", code=lab.sandbox.code())
    assert planned.code == 0, planned.err
    lab.sandbox.advance(60)
    confirm = ("--confirm", planned.data["confirm"])
    return here(lab, "apply", str(path), "--output", "json", *confirm, code=lab.sandbox.code())


def test_a_leaked_key_is_put_out_of_use_and_its_deletion_waits(lab: Lab) -> None:
    """The key is inactive at once and still there; the deletion says from when on a resumption does it."""
    iam = lab.client("iam")
    iam.create_user(UserName="ci-deploy")
    key = iam.create_access_key(UserName="ci-deploy")["AccessKey"]["AccessKeyId"]
    ended = run(lab, "leaked-access-key.yaml", key)
    states = {one["id"]: one["state"] for one in ended.data["steps"]}

    assert states == {"deactivate": "quarantined", "delete": "not attempted"}
    assert "then `runner resume` goes on" in json.dumps(ended.data)
    assert [one["Status"] for one in iam.list_access_keys(UserName="ci-deploy")["AccessKeyMetadata"]] == ["Inactive"]


def test_log_groups_are_deleted_and_seen_to_stay_gone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both groups go, and are looked at once more half a minute later."""
    slept: list[float] = []
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: slept.append(seconds))
    logs = lab.client("logs")
    for name in ("/aws/lambda/orders-importer", "/aws/lambda/orders-importer-retries"):
        logs.create_log_group(logGroupName=name)
    ended = run(lab, "log-groups.yaml")

    assert ended.code == 0, ended.err
    assert slept == [30, 30]
    assert logs.describe_log_groups()["logGroups"] == []
