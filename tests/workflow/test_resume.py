"""Who may go on with a run, and with what."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from runner.catalog import BY_NAME
from runner.errors import ExitCode, GuardRefused
from runner.model.fleet import in_common
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.interrupted import InterruptedRun
from runner.model.playbook import Playbook, Source
from runner.model.ports import Receipt
from runner.workflow.apply import apply
from runner.workflow.loading import load
from runner.workflow.resume import prepare_rest
from tests.workflow.conftest import IDENTITY
from tests.workflow.test_plan_file import TEXT, sealed_by

if TYPE_CHECKING:
    from tests.workflow.conftest import World

ALICE = IDENTITY.caller.arn


@pytest.fixture
def loaded() -> Playbook:
    """Return a playbook, loaded from its text."""
    return in_common(load(TEXT.encode(), Source("t.yaml", hashlib.sha256(TEXT.encode()).hexdigest()), BY_NAME))


def test_the_same_operator_goes_on_with_an_approved_plan(world: World, loaded: Playbook) -> None:
    """Approvals hold for the rest; the log says how many there were, and that what was in doubt was looked at."""
    before = InterruptedRun("01OLD", sealed_by(world, loaded), frozenset(), (Receipt(7, "a" * 64),), ALICE, 2)
    result = apply(prepare_rest(before, BY_NAME, world.services(), NO_GUARDRAILS), world.services(), world)

    assert result.exit_code is ExitCode.OK
    opened, _, needed, looked = (record.to_data() for record in world.records[:4])
    assert (opened["resume_of"], needed["needed"]) == ("01OLD", 2)
    assert (looked["intent_seq"], looked["result"]) == (7, "unknown")


def test_an_approver_does_not_go_on(world: World, loaded: Playbook) -> None:
    """What was approved for somebody else to carry out is refused: whoever resumes may be one of the approvers."""
    other = "arn:aws:iam::111111111111:user/bob"
    before = InterruptedRun("01OLD", sealed_by(world, loaded), frozenset(), (), other, 1)

    with pytest.raises(GuardRefused, match=f"approved for {other} to carry out"):
        prepare_rest(before, BY_NAME, world.services(), NO_GUARDRAILS)


def test_without_approvals_anybody_goes_on(world: World, loaded: Playbook) -> None:
    """A colleague with the right to do it may finish a run that nobody had to approve."""
    before = InterruptedRun("01OLD", sealed_by(world, loaded), frozenset(), (), "arn:aws:iam::111111111111:user/bob")

    assert prepare_rest(before, BY_NAME, world.services(), NO_GUARDRAILS).plan.acting
