"""A plan for several accounts: one session, a part for each account, and what a failure in one means for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runner.catalog import BY_NAME
from runner.errors import ExitCode, GuardRefused
from runner.guard.approval_statement import Subject
from runner.guard.confirmation import phrase
from runner.model.fleet import Fleet
from runner.model.guardrails import NO_GUARDRAILS, Guardrails
from runner.model.playbook import Source, StatedLimits
from runner.model.sealed import read_sealed
from runner.workflow.apply import apply
from runner.workflow.loading import load
from runner.workflow.plan_file import seal
from runner.workflow.prepare import Prepared, prepare
from tests.workflow.conftest import START, failed

if TYPE_CHECKING:
    from runner.model.bound import BoundCall, Params
    from tests.workflow.conftest import World

ACCOUNTS = ("222222222222", "333333333333", "444444444444")
TEXT = """\
version: 1
name: fleet
description: why
owner: team
role_arn: arn:aws:iam::{account}:role/Teardown
targets:
  accounts:
    - {id: "222222222222", regions: [eu-west-1]}
    - {id: "333333333333", regions: [eu-west-1]}
    - {id: "444444444444", regions: [eu-west-1]}
steps:
  - {id: bucket, action: s3.delete_bucket, target: {bucket: "acme-{account}"}, irreversible: old}
  - {id: second, needs: [bucket], action: s3.delete_bucket, target: {bucket: "acme-{account}-b"}, irreversible: old}
"""


def fleet(*changes: tuple[str, str]) -> Fleet:
    """Return the fleet with changes of its text."""
    text = TEXT
    for written, instead in changes:
        text = text.replace(written, instead)
    found = load(text.encode(), Source("fleet.yaml", "0" * 64), BY_NAME)
    assert isinstance(found, Fleet)
    return found


def prepared(world: World, book: Fleet, guardrails: Guardrails = NO_GUARDRAILS) -> Prepared:
    """Plan in a world that has every bucket."""
    names = [name for account in ACCOUNTS for name in (f"acme-{account}", f"acme-{account}-b")]
    world.account, world.keys = "", []
    world.answers["ListBuckets"] = {"Buckets": [{"Name": name, "CreationDate": world.created} for name in names]}
    world.fault = partial(_know_every_role, world)
    return prepare(book, BY_NAME, world.services(), guardrails)


def _know_every_role(world: World, call: BoundCall, params: Params) -> None:
    del params
    if call.operation == "GetRole":
        world.answers["GetRole"] = {"Role": {"Arn": call.resources[0], "RoleId": "AROATEARDOWN12345678"}}


def refusing(world: World, bucket: str) -> Callable[[BoundCall, Params], None]:
    """Return a fault that refuses one deletion, and lets the world remember the others."""
    gone: set[object] = set()

    def fault(call: BoundCall, params: Params) -> None:
        world.bucket = params.get("Bucket") not in gone
        if call.operation == "DeleteBucket":
            if params["Bucket"] == bucket:
                raise failed("AccessDenied")
            gone.add(params["Bucket"])

    return fault


@pytest.mark.parametrize(
    ("on_failure", "outcomes"),
    [
        ("stop", ["Gone", "Gone", "StillThere", "NotAttempted", "NotAttempted", "NotAttempted"]),
        ("continue", ["Gone", "Gone", "StillThere", "NotAttempted", "Gone", "Gone"]),
    ],
)
def test_what_a_failure_means_for_the_other_accounts(world: World, on_failure: str, outcomes: list[str]) -> None:
    """The first failure stops the line; where the playbook says so, the other accounts are done. Both are partial."""
    ready = prepared(world, fleet(("targets:\n", f"targets:\n  on_failure: {on_failure}\n")))
    world.fault = refusing(world, "acme-333333333333")

    result = apply(ready, world.services(), world)

    assert [type(row.outcome).__name__ for row in result.results] == outcomes
    assert result.exit_code is ExitCode.PARTIAL


def test_an_interrupt_ends_it_in_every_account(world: World) -> None:
    """Going on with the others is for failures, not for an operator who wants it to end."""
    ready = prepared(world, fleet(("targets:\n", "targets:\n  on_failure: continue\n")))
    world.fault, world.stop_after = refusing(world, ""), 1

    result = apply(ready, world.services(), world)

    assert [type(row.outcome).__name__ for row in result.results] == ["Gone"] + ["NotAttempted"] * 5
    assert result.exit_code is ExitCode.INTERRUPTED


def test_one_code_and_a_session_of_its_own_account_for_each_step(world: World) -> None:
    """The one code makes the session that every account's role is assumed from."""
    ready = prepared(world, fleet())
    world.fault = refusing(world, "")
    world.requests.clear()

    result = apply(ready, world.services(), world)

    assert result.exit_code is ExitCode.OK
    assert world.codes == []
    assert [request.role_arn.split(":")[4] for request in world.requests] == [one for one in ACCOUNTS for _ in range(2)]


def test_an_account_that_is_another_one_refuses_the_plan(world: World) -> None:
    """Each account is pinned for itself: all sessions in the first account's are wrong for the second."""
    with pytest.raises(GuardRefused, match="333333333333"):
        prepare(fleet(), BY_NAME, world.services(), NO_GUARDRAILS)


def test_limits_hold_for_each_account_and_for_all(world: World) -> None:
    """Top-level limits are for each account, those under ``targets`` for the sum; the guardrails bound both."""
    book = fleet(("targets:\n", "limits: {steps: 1}\ntargets:\n  limits: {steps: 5}\n"))

    told = [finding.message for finding in prepared(world, book).plan.findings]
    floor = replace(NO_GUARDRAILS, limits=StatedLimits(steps=4))
    world.codes.append("123456")
    floored = [finding.message for finding in prepared(world, fleet(), floor).plan.findings]

    assert told == [
        *(f"account {account}: the plan has 2 steps, the limit is 1" for account in ACCOUNTS),
        "all accounts: the plan has 6 steps, the limit is 5",
    ]
    assert floored == ["all accounts: the plan has 6 steps, the limit is 4 (guardrails)"]


def test_a_sealed_fleet_is_one_plan(world: World) -> None:
    """Its file comes back as it was; phrase and approval are for all accounts, and know which target is where."""
    ready = prepared(world, fleet())
    sealed = seal(ready, now=START, nonce="ab" * 16, runner="1", valid_for=None)
    sealed = replace(sealed, playbook="", plan=replace(sealed.plan, source=Source("p", _sha256_of_nothing())))

    read = read_sealed(sealed.to_bytes(), "plan.json")
    subject = Subject.of(read)
    moved = replace(sealed.plan.steps[0], account="444444444444")
    other = replace(sealed, plan=replace(sealed.plan, steps=(moved, *sealed.plan.steps[1:])))

    assert read.plan.sections == sealed.plan.sections
    assert [step.account for step in read.plan.steps] == [one for one in ACCOUNTS for _ in range(2)]
    assert phrase(read.plan) == f"delete 6 in 3 accounts {read.digest[:6]}"
    assert subject.accounts == ACCOUNTS
    assert Subject.of(other).resources_sha256 != subject.resources_sha256
    assert other.digest != sealed.digest


def _sha256_of_nothing() -> str:
    return "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
