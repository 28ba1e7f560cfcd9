"""Sealing what was prepared, and preparing what was sealed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runner.catalog import BY_NAME
from runner.errors import ExitCode, GuardRefused
from runner.model.fleet import in_common
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.playbook import Limits, Playbook, Source, Window
from runner.model.sealed import SealedPlan, read_sealed
from runner.workflow.apply import apply
from runner.workflow.loading import load
from runner.workflow.plan_file import prepare_sealed, seal
from runner.workflow.prepare import prepare
from tests.workflow.conftest import BUCKET, ROLE, START

if TYPE_CHECKING:
    from tests.workflow.conftest import World

TEXT = f"""\
version: 1
name: retire
description: why
owner: team
account: {{id: "222222222222"}}
region: eu-west-1
role_arn: {ROLE}
steps:
  - {{id: empty, action: s3.empty_bucket, target: {{bucket: {BUCKET}}}, irreversible: fine}}
  - {{id: bucket, action: s3.delete_bucket, target: {{bucket: {BUCKET}}}, needs: [empty], irreversible: fine}}
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def loaded() -> Playbook:
    """Return the world's playbook, loaded from its text."""
    return in_common(load(TEXT.encode(), Source("t.yaml", hashlib.sha256(TEXT.encode()).hexdigest()), BY_NAME))


def sealed_by(world: World, playbook: Playbook, valid_for: timedelta | None = None) -> SealedPlan:
    """Prepare a playbook, seal its plan, and read it back from its bytes."""
    world.codes = ["123456", "234567"]
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)
    made = seal(prepared, now=world.now, nonce="ab" * 16, runner="1", valid_for=valid_for)
    return read_sealed(made.to_bytes(), "plan.json")


def test_what_was_sealed_is_applied(world: World, loaded: Playbook) -> None:
    """The plan that comes from the file is the one that was sealed, and the log names its nonce."""
    sealed = sealed_by(world, loaded)
    result = apply(prepare_sealed(sealed, BY_NAME, world.services(), NO_GUARDRAILS), world.services(), world)
    used = world.records[2].to_data()

    assert (result.exit_code, result.plan_digest) == (ExitCode.OK, sealed.digest)
    assert world.types()[:3] == ["run.open", "plan.kept", "plan.used"]
    assert (used["nonce"], used["seal_sha256"]) == (sealed.nonce, sealed.seal)


def test_another_world_is_refused(world: World, loaded: Playbook) -> None:
    """A policy that was edited since is shown as the statement that changed."""
    sealed = sealed_by(world, loaded)
    policy = json.loads(world.policy)
    policy["Statement"]["Sid"] = "Renamed"
    world.policy = json.dumps(policy)

    with pytest.raises(GuardRefused, match="the world is not as it was planned on 2026-12-01 12:00 UTC") as refused:
        prepare_sealed(sealed, BY_NAME, world.services(), NO_GUARDRAILS)

    assert "step empty: policy, Sid: DeleteOnlyWithMfa → Renamed" in refused.value.findings
    assert refused.value.on == "plan.json"


def test_an_expired_plan_is_refused_before_a_code_is_spent(world: World, loaded: Playbook) -> None:
    """A plan is good until its expiry and not a second longer."""
    sealed = sealed_by(world, loaded, HOUR)
    world.now = START + HOUR
    prepare_sealed(sealed, BY_NAME, world.services(), NO_GUARDRAILS)
    world.now += timedelta(seconds=1)

    with pytest.raises(GuardRefused, match="the plan expired at 2026-12-01 13:00:00 UTC"):
        prepare_sealed(sealed, BY_NAME, world.services(), NO_GUARDRAILS)
    assert world.codes == []


def test_a_plan_that_expires_while_the_question_stands(world: World, loaded: Playbook) -> None:
    """The expiry is looked at again after the confirmation; nothing is written then."""
    prepared = prepare_sealed(sealed_by(world, loaded, HOUR), BY_NAME, world.services(), NO_GUARDRAILS)
    world.now += 2 * HOUR

    with pytest.raises(GuardRefused, match="expired"):
        apply(prepared, world.services(), world)
    assert world.records == []


@pytest.mark.parametrize(
    ("ends", "valid_for", "expires"),
    [
        (None, None, None),
        (None, HOUR, START + HOUR),
        (START + 2 * HOUR, None, START + 2 * HOUR),
        (START + 2 * HOUR, HOUR, START + HOUR),
        (START + HOUR, 2 * HOUR, START + HOUR),
    ],
)
def test_the_sooner_end_counts(
    world: World, loaded: Playbook, ends: datetime | None, valid_for: timedelta | None, expires: datetime | None
) -> None:
    """A plan is not good for longer than its playbook's window."""
    prepared = prepare(loaded, BY_NAME, world.services(), NO_GUARDRAILS)
    (part,) = prepared.parts
    prepared = replace(prepared, parts=(replace(part, playbook=replace(loaded, valid=Window(end=ends))),))
    made = seal(prepared, now=START, nonce="ab" * 16, runner="1", valid_for=valid_for)

    assert made.expires == expires


def test_what_is_refused_is_not_sealed(world: World, loaded: Playbook) -> None:
    """A plan with a finding that blocks cannot be sealed."""
    prepared = prepare(replace(loaded, limits=Limits(objects=1)), BY_NAME, world.services(), NO_GUARDRAILS)

    with pytest.raises(GuardRefused, match="not sealed"):
        seal(prepared, now=START, nonce="ab" * 16, runner="1", valid_for=None)
