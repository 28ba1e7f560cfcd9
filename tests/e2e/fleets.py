"""Three accounts with a bucket for each region, and a playbook for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import Lab

FIRST, SECOND = "222222222222", "333333333333"
TOKYO, SEOUL = "ap-northeast-1", "ap-northeast-2"
BUCKETS = tuple(
    f"acme-fleet-{account}-{region}" for account, region in ((FIRST, TOKYO), (FIRST, SEOUL), (SECOND, TOKYO))
)
PLAYBOOK: Mapping[str, Any] = {
    "version": 1,
    "name": "retire-fleet",
    "description": "nothing reads these buckets any more",
    "owner": "team-orders@acme.example",
    "role_arn": "arn:aws:iam::{account}:role/Teardown",
    "targets": {
        "accounts": [
            {"id": FIRST, "alias": "acme-staging", "regions": [TOKYO, SEOUL]},
            {"id": SECOND, "regions": [TOKYO]},
        ],
    },
    "steps": [
        {
            "id": "empty",
            "action": "s3.empty_bucket",
            "target": {"bucket": "acme-fleet-{account}-{region}"},
            "irreversible": "exports are copies",
        },
        {
            "id": "bucket",
            "needs": ["empty"],
            "action": "s3.delete_bucket",
            "target": {"bucket": "acme-fleet-{account}-{region}"},
            "irreversible": "empty by then",
        },
    ],
}


def fleet_world(lab: Lab) -> None:
    """Set the sandbox to the default world with a third account, and a bucket for each account and region."""
    lab.world(_with_third_account)


def fleet_playbook(lab: Lab, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Path:
    """Write the playbook with a change, and return its path."""
    data = json.loads(json.dumps(PLAYBOOK))
    change(data)
    path = lab.directory / "fleet.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


def left(lab: Lab) -> tuple[str, ...]:
    """Return which of the buckets are still there."""
    there = [
        found["Name"]
        for profile in ("admin-prod", "admin-third")
        for found in lab.client("s3", profile).list_buckets()["Buckets"]
    ]
    return tuple(bucket for bucket in BUCKETS if bucket in there)


def _with_third_account(world: dict[str, Any]) -> None:
    first = world["accounts"][1]
    (example,) = first["buckets"]
    third = json.loads(json.dumps(first).replace(FIRST, SECOND))
    third["alias"] = "acme-third"
    third["users"][0].update(name="third-admin", profile="admin-third")
    for account, names in ((first, BUCKETS[:2]), (third, BUCKETS[2:])):
        account["buckets"] = [_bucket(example, name) for name in names]
    world["accounts"].append(third)
    alice = next(user for user in world["accounts"][0]["users"] if user["name"] == "alice")
    assume = alice["policies"]["operator"]["Statement"][0]
    assume["Resource"] = [f"arn:aws:iam::{account}:role/Teardown" for account in (FIRST, SECOND)]


def _bucket(example: Mapping[str, Any], name: str) -> dict[str, Any]:
    policy = json.loads(json.dumps(example["policy"]).replace(str(example["name"]), name))
    objects = [{"prefix": "part-", "count": 3, "size": 10}]
    return {"name": name, "region": name[len("acme-fleet-222222222222-") :], "policy": policy, "objects": objects}
