"""Reads of one plan: sent once, whoever asks, and refused for all alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.catalog import BY_NAME
from runner.cli.threads import Threads
from runner.errors import AwsCallFailed
from runner.model.bound import BoundCall, Params
from runner.model.call import Effect
from runner.model.canonical import Json
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.playbook import Playbook
from runner.model.target_state import Exists
from runner.workflow.prepare import prepare
from runner.workflow.shared_reads import SharedReads
from tests.workflow.conftest import BUCKET, Sending, World, failed, step

READ = BoundCall("s3", "GetBucketPolicy", {"Bucket": "a"}, "eu-west-1", ("arn:aws:s3:::a",), Effect.READ)


def test_a_read_is_sent_once(world: World) -> None:
    """Many threads that want the same get the same answer; another target is another read."""
    shared = SharedReads(Sending(world))
    other = replace(READ, args={"Bucket": "b"})

    replies = Threads(4).map(lambda call: shared.send(call, call.params), [READ, other] * 10)

    assert len(set(map(id, replies))) == 2
    assert sorted(world.sent, key=str) == [
        ("s3:GetBucketPolicy", {"Bucket": "a"}),
        ("s3:GetBucketPolicy", {"Bucket": "b"}),
    ]


def test_a_refusal_is_everybodys(world: World) -> None:
    """A read that was refused is refused for each who asks, and not sent again."""
    asked: list[str] = []

    def refuse(call: BoundCall, params: Params) -> None:
        del params
        asked.append(call.api)
        raise failed("AccessDenied")

    world.fault = refuse
    shared = SharedReads(Sending(world))

    for _ in range(2):
        with pytest.raises(AwsCallFailed, match="AccessDenied"):
            shared.send(READ, READ.params)

    assert asked == ["s3:GetBucketPolicy"]


def test_steps_on_one_target_share_their_reads(world: World, playbook: Playbook) -> None:
    """Emptying and deleting a bucket ask for its policy, tags and versioning once."""
    prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)

    operations = [api for api, _ in world.sent]
    assert operations.count("s3:GetBucketPolicy") == 1
    assert operations.count("s3:HeadBucket") == 1


def test_the_pins_of_many_targets_are_one_listing(world: World, playbook: Playbook) -> None:
    """From five buckets on one ListBuckets reads all pins; a bucket that is not on its page is looked for by name."""
    names = [BUCKET, *(f"acme-{number}" for number in range(5))]
    known: list[Json] = [{"Name": name, "CreationDate": world.created} for name in names]
    listed = {False: known, True: known[:-1]}
    asked: list[Params] = []

    def answer(call: BoundCall, params: Params) -> None:
        if call.operation == "ListBuckets":
            asked.append(params)
            world.answers["ListBuckets"] = {"Buckets": listed["MaxBuckets" in params]}

    world.fault = answer
    steps = tuple(replace(step(f"s{at}", "s3.empty_bucket"), target={"bucket": name}) for at, name in enumerate(names))

    plan = prepare(replace(playbook, steps=steps), BY_NAME, world.services(), NO_GUARDRAILS).plan

    assert [planned.state for planned in plan.steps] == [Exists(world.created)] * 6
    assert asked == [{"MaxBuckets": 10_000}, {"Prefix": "acme-4"}]
