"""Sessions in mid-run: time before a step, one question between two, nothing sent again once AWS says it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runner.catalog import BY_NAME
from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused, ExitCode, NoCode
from runner.model.bound import BoundCall, Params
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.outcome import NotAttempted, StillThere
from runner.model.playbook import Playbook
from runner.model.session import Caller, Credentials, ReadySession, RoleRequest, RoleSession, Secret, UserSession
from runner.workflow.apply import apply
from runner.workflow.prepare import prepare
from runner.workflow.run_result import RunResult
from tests.workflow.conftest import IDENTITY, World

EXPIRED = AwsAnswer("s3:X", "ExpiredToken", "The provided token has expired.", "REQ-9", 400)


def run(world: World, playbook: Playbook, before: Callable[[], None] = lambda: None) -> RunResult:
    """Prepare and apply a playbook; ``before`` happens between the two."""
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)
    before()
    return apply(prepared, world.services(), world)


def expiring(operation: str, sent: list[str]) -> Callable[[BoundCall, Params], None]:
    """Return a fault that answers an operation with ExpiredToken, and notes each time that it is sent."""

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == operation:
            sent.append(call.operation)
            raise AwsCallFailed(EXPIRED)

    return fault


@pytest.mark.parametrize("operation", ["DeleteObjects", "DeleteBucket"])
def test_a_deletion_that_aws_calls_expired_is_not_sent_again(world: World, playbook: Playbook, operation: str) -> None:
    """The run ends with the exit code of a session that is over, nobody is asked in mid-step; apply again finishes."""
    sent: list[str] = []
    world.codes = ["123456", "654321"]
    world.fault = expiring(operation, sent)
    result = run(world, playbook)

    assert (result.exit_code, sent) == (ExitCode.SESSION_ENDED, [operation])
    assert world.codes == ["654321"]
    assert world.types().count("call.intent") == world.types().count("call.outcome")
    last = next(found.outcome for found in result.results if isinstance(found.outcome, StillThere))
    assert last.aws == EXPIRED
    world.fault = World().fault
    world.session = None
    again = run(world, playbook)
    assert (again.exit_code, world.bucket, world.codes) == (ExitCode.OK, False, [])


LOOKING = 2
"""How many role sessions the plan of these two steps takes: its reads do not fit into one session policy."""


class Ending(World):
    """Be a world in which AWS takes the user's session no more after so many role sessions."""

    role_sessions: int = 0

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Make a role session while the user's session lasts."""
        if len(self.requests) >= self.role_sessions:
            raise CredentialsRefused("the session is over", aws=replace(EXPIRED, operation="sts:AssumeRole"))
        return super().role_session(source, request)


def test_a_session_that_ends_within_a_step_is_told_as_such(playbook: Playbook) -> None:
    """When the role session of a long sweep cannot be renewed, what was deleted is told, and apply again finishes."""
    world = Ending()
    world.role_sessions = LOOKING + 1

    def slow(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.now += timedelta(minutes=14)

    world.fault = slow
    result = run(world, replace(playbook, max_age=timedelta(hours=12)))
    first = result.results[0].outcome

    assert result.exit_code == ExitCode.SESSION_ENDED
    assert isinstance(first, StillThere)
    assert first.children == 2
    assert "the session is over" in first.why


def test_a_session_that_ends_before_anything_was_touched_is_refused_credentials(playbook: Playbook) -> None:
    """The operator took long to confirm: nothing was touched, so the code says credentials."""
    world = Ending()
    world.role_sessions = LOOKING + 0
    result = run(world, playbook)
    first = result.results[0].outcome

    assert result.exit_code == ExitCode.CREDENTIALS
    assert isinstance(first, NotAttempted)


def test_a9_a_session_that_ends_between_two_steps_is_told_as_such(playbook: Playbook) -> None:
    """The first step is done, the second cannot begin: AWS's clock is ahead of ours."""
    world = Ending()
    world.role_sessions = LOOKING + 1
    result = run(world, playbook)

    assert (result.exit_code, world.keys, world.bucket) == (ExitCode.SESSION_ENDED, [], True)


def test_a_deletion_without_an_answer_counts_as_sent(playbook: Playbook) -> None:
    """When the session ends before anybody could look, nobody says that the deletion was not attempted."""
    world = Ending()
    world.role_sessions = LOOKING + 2

    def lost(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteBucket":
            world.now += timedelta(minutes=14)
            raise AwsCallFailed(replace(EXPIRED, code="<ReadTimeout>"), in_doubt=True)

    world.fault = lost
    result = run(world, replace(playbook, max_age=timedelta(hours=12)))

    assert result.exit_code == ExitCode.SESSION_ENDED
    assert isinstance(result.results[1].outcome, StillThere)


def test_a_clock_far_ahead_does_not_list_for_ever(playbook: Playbook) -> None:
    """Each role session is about to end as soon as it is made: every page makes progress, and an empty one ends it."""
    world = Skewed()
    result = run(world, replace(playbook, max_age=timedelta(hours=12)))

    assert (result.exit_code, world.keys, world.bucket) == (ExitCode.OK, [], False)


class Skewed(World):
    """Be a world whose role sessions are over in two minutes by our clock."""

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Make a role session that is about to end."""
        return replace(super().role_session(source, request), expires=self.now + timedelta(minutes=1))


def test_a_step_needs_time_for_a_role_session(world: World, playbook: Playbook) -> None:
    """The age is allowed, but the session ends within 15 minutes: one code is asked for, before the step."""
    world.codes = ["123456", "654321", "unused"]
    result = run(world, replace(playbook, max_age=timedelta(hours=12)), lambda: world.sleep(46 * 60))

    assert (result.exit_code, world.codes) == (ExitCode.OK, ["unused"])


def test_enough_time_asks_nobody(world: World, playbook: Playbook) -> None:
    """44 minutes later a session of an hour still has room for a step."""
    world.codes = ["123456", "unused"]
    result = run(world, replace(playbook, max_age=timedelta(hours=12)), lambda: world.sleep(44 * 60))

    assert (result.exit_code, world.codes) == (ExitCode.OK, ["unused"])


def test_a_run_on_a_kept_session_can_be_given_a_code_later(world: World, playbook: Playbook) -> None:
    """Whoever was not asked at the start, because a session was kept, is asked when it is too old."""
    run(world, playbook)
    world.bucket, world.keys = True, ["k1"]
    world.codes = ["654321"]
    result = run(world, playbook, lambda: world.sleep(16 * 60))

    assert (result.exit_code, world.codes) == (ExitCode.OK, [])


def test_nobody_to_ask_between_two_steps(world: World, playbook: Playbook) -> None:
    """What is done stays done, the rest is not attempted, the reason is told; apply again finishes without a repeat."""

    def slow(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.now += timedelta(minutes=6)

    world.fault = slow
    result = run(world, playbook)
    last = result.results[1].outcome

    assert (result.exit_code, world.keys, world.bucket) == (ExitCode.SESSION_ENDED, [], True)
    assert isinstance(last, NotAttempted)
    assert last.why == "the MFA session is too old: nobody can give a code"
    world.codes.append("654321")
    batches = [api for api, _ in world.sent].count("s3:DeleteObjects")
    again = run(world, playbook)
    assert (again.exit_code, world.bucket) == (ExitCode.OK, False)
    assert [api for api, _ in world.sent].count("s3:DeleteObjects") == batches


def test_nobody_to_ask_at_the_start(world: World, playbook: Playbook) -> None:
    """Before a run that is an error of its own: nothing was begun that could be resumed."""
    world.codes = []
    with pytest.raises(NoCode):
        run(world, playbook)


@pytest.mark.parametrize(
    "caller",
    [
        Caller("999999999999", "arn:aws:iam::999999999999:user/alice", "AIDAALICE"),
        Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDACREATEDAGAIN"),
    ],
    ids=["another account", "another user of the same name"],
)
def test_a_new_session_of_somebody_else_ends_the_run(world: World, playbook: Playbook, caller: Caller) -> None:
    """Account and user id count, not the name."""
    world.codes = ["123456", "654321"]

    def change() -> None:
        world.sleep(16 * 60)
        world.who = replace(IDENTITY, caller=caller)

    result = run(world, playbook, change)

    assert result.exit_code == ExitCode.CREDENTIALS
    assert world.bucket
    assert "the run was begun by" in str(result.results[0].outcome)


def ages(world: World) -> list[str]:
    """Return the age of the MFA code that each session policy allows, in seconds."""
    denies = [
        statement
        for request in world.requests
        for statement in json.loads(request.policy)["Statement"]
        if statement.get("Sid") == "OldMfa"
    ]
    assert all(statement["Effect"] == "Deny" for statement in denies)
    return [statement["Condition"]["NumericGreaterThanIfExists"]["aws:MultiFactorAuthAge"] for statement in denies]


def test_aws_is_told_how_old_the_code_may_be(world: World, playbook: Playbook) -> None:
    """The guard may look for a quarter of an hour longer; a step that began in time may go on for as long."""
    run(world, playbook)

    assert ages(world) == ["1800", "1800", "1800", "1800"]


def test_a_renewal_lets_a_step_go_on(world: World, playbook: Playbook) -> None:
    """Each renewal within a step adds the lifetime of a role session, because no code is asked for in mid-step."""

    def slow(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.now += timedelta(minutes=14)

    world.fault = slow
    world.codes.append("654321")
    run(world, playbook)

    assert ages(world)[:5] == ["1800", "1800", "1800", "2700", "3600"]


def test_a_ready_made_session_gets_no_extra(world: World, playbook: Playbook) -> None:
    """Nobody here knows how old its code is, so AWS holds it to exactly what the playbook says while looking."""
    ready = Credentials("ASIA", Secret("s"), Secret("t"))
    world.who = ReadySession(ready, IDENTITY.caller, "the environment")
    run(world, replace(playbook, max_age=timedelta(minutes=5)))

    assert ages(world)[0] == "300"


def test_what_a_fault_says_is_kept(world: World, playbook: Playbook) -> None:
    """AWS's own words and request id of the end stand in the result."""
    world.fault = expiring("DeleteBucket", [])
    data: Any = run(world, playbook).to_data()

    assert data["exit_code"] == int(ExitCode.SESSION_ENDED)
    assert "ExpiredToken: The provided token has expired." in data["steps"][1]["why"]
    assert data["steps"][1]["request_id"] == "REQ-9"
