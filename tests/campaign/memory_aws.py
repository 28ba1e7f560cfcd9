"""An AWS of a few buckets in memory, whose truth outlives the process that is killed.

What it carried out goes through a pipe, whole or not at all; whoever reads the pipe knows what happened.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.catalog import BY_NAME
from runner.cli.threads import Threads
from runner.model.bound import BoundCall, Params
from runner.model.fleet import in_common
from runner.model.playbook import Playbook, Source
from runner.model.ports import Reply
from runner.model.session import RoleSession
from runner.workflow.loading import load
from runner.workflow.services import Services
from tests.campaign.dying import Death
from tests.workflow.conftest import BUCKET, POLICY, ROLE, Sending, World

KEYS = 2500
"""Objects in a bucket; a batch takes a thousand, and its keys go to a blob."""
LASTS = 0.004
"""Seconds that a write takes in AWS, so that those of steps side by side overlap."""
_tell = os.write
"""The system's own, of which no part of a line is missing."""


@dataclass
class Bucket:
    """Hold what is really left of one bucket."""

    keys: list[str] = field(default_factory=lambda: [f"k{number}" for number in range(KEYS)])
    exists: bool = True

    def happened(self, act: Mapping[str, Any]) -> None:
        """Take note of what was carried out; nothing may be carried out twice, nor too early."""
        if act["api"] == "s3:DeleteBucket":
            assert self.exists, "it was repeated"
            assert not self.keys, "it came too early"
            self.exists = False
        deleted = {f"k{number}" for number in range(act["first"], act["last"] + 1)}
        assert deleted <= set(self.keys), "objects were deleted again"
        self.keys = [key for key in self.keys if key not in deleted]


@dataclass(frozen=True)
class _Told:
    """Send to the bucket that is meant, and tell the outside what was carried out."""

    world: MortalWorld

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Carry out a request; a write is carried out when it stands in the pipe."""
        if not call.is_write:
            return self._to(params).send(call, params, tag)
        time.sleep(LASTS)
        reply: Reply = self.world.death.around(self._write)(call, params, tag)
        time.sleep(LASTS)
        return reply

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Answer a listing."""
        asked = call.params if params is None else params
        return self._to(asked).pages(call, asked)

    def _to(self, params: Params) -> Sending:
        return Sending(self.world.buckets.get(str(params.get("Bucket")), self.world))

    def _write(self, call: BoundCall, params: Params, tag: str) -> Reply:
        reply = self._to(params).send(call, params, tag)
        batch: Any = params.get("Delete", {"Objects": ()})
        numbers = sorted(int(item["Key"].removeprefix("k")) for item in batch["Objects"])
        first, last = (numbers[0], numbers[-1]) if numbers else (0, -1)
        assert numbers == list(range(first, last + 1)), "a batch is what a listing had in a row"
        told = {"api": call.api, "bucket": params["Bucket"], "first": first, "last": last, "tag": tag}
        _tell(self.world.pipe, json.dumps(told).encode() + b"\n")
        return reply


class MortalWorld(World):
    """Be the world of one process that may be killed."""

    pipe: int
    death: Death
    buckets: dict[str, World]

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Any:
        """Open a sender that tells."""
        del session, allowed
        return _Told(self)

    def services(self) -> Services:
        """Return the ports; steps go on side by side in threads, as with the real command."""
        return Services(self, self, self, self, self, self.clock(), self, self, self, Threads())


def mortal_world(buckets: Mapping[str, Bucket], pipe: int, death: Death) -> MortalWorld:
    """Return a world as it is now, for one process."""
    made = MortalWorld()
    made.pipe, made.death = pipe, death
    listed = {"Buckets": [{"Name": name, "CreationDate": made.created} for name in buckets]}
    made.answers["ListBuckets"] = listed  # type: ignore[assignment]  # a list is no list of Json to mypy
    made.buckets = {
        name: World(
            keys=list(bucket.keys),
            bucket=bucket.exists,
            page=1000,
            policy=POLICY.replace(BUCKET, name),
            answers=made.answers,
        )
        for name, bucket in buckets.items()
    }
    return made


def teardown(buckets: Mapping[str, Bucket]) -> Playbook:
    """Return a playbook that empties and deletes every bucket; one bucket's steps wait for no other's."""
    steps = [
        step
        for name in buckets
        for step in (
            {"id": f"empty-{name}", "action": "s3.empty_bucket", "target": {"bucket": name}, "irreversible": "fine"},
            {
                "id": f"bucket-{name}",
                "action": "s3.delete_bucket",
                "target": {"bucket": name},
                "needs": [f"empty-{name}"],
                "irreversible": "fine",
            },
        )
    ]
    content = {
        "version": 1,
        "name": "retire",
        "description": "why",
        "owner": "team",
        "account": {"id": "222222222222"},
        "region": "eu-west-1",
        "role_arn": ROLE,
        "limits": {"share": "100%"},
        "steps": steps,
    }
    text = json.dumps(content).encode()
    return in_common(load(text, Source("t.yaml", hashlib.sha256(text).hexdigest()), BY_NAME))
