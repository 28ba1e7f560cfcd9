"""When AWS itself tries a step, and when there is no session without MFA to try it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runner.catalog import BY_NAME
from runner.errors import CredentialsRefused
from runner.guard.dry_run import Trials, Tried
from runner.model.bound import BoundCall, Params
from runner.model.playbook import Expectation, Playbook, Step
from runner.model.session import LongTermIdentity, ReadySession, UserSession
from runner.workflow.binding import BoundStep, bind_steps
from runner.workflow.guarded_session import Guarded, Proof
from runner.workflow.route import Route
from runner.workflow.trials import try_steps
from tests.workflow.conftest import IDENTITY, World, failed

SNAPSHOT = Step(
    "old",
    "ec2.delete_snapshot",
    {"snapshot": "snap-0123456789abcdef0"},
    (),
    "eu-west-1",
    Expectation({}),
    "stale",
    mfa_protected=True,
    line=1,
)


class Weak:
    """Make sessions without MFA, or refuse to (port ``WeakSts``)."""

    def __init__(self, world: World, refused: bool = False) -> None:
        self.world = world
        self.refused = refused

    def user_session_without_code(self, identity: LongTermIdentity) -> UserSession:
        """Make a user session that carries no MFA."""
        if self.refused:
            raise CredentialsRefused("no session")
        return replace(_user(self.world), caller=identity.caller, serial="")


def _user(world: World) -> UserSession:
    return world.user_session(IDENTITY, world.code(IDENTITY))


def _tried(world: World, playbook: Playbook, weak: Weak | None, *steps: BoundStep) -> Any:
    route = Route.of(playbook, _user(world))
    guarded: Any = Guarded(None, None, Proof("", "", ""), {}, route)  # type: ignore[arg-type]
    return try_steps(playbook, steps, guarded, replace(world.services(), weak=weak))


@pytest.fixture
def snapshots(playbook: Playbook) -> Playbook:
    """Return a playbook that deletes a snapshot."""
    return replace(playbook, steps=(SNAPSHOT,))


def _answers(*codes: str) -> Callable[[BoundCall, Params], None]:
    """Return a fault that answers one dry run after the other with a code."""
    left = list(codes)

    def fault(call: BoundCall, params: Params) -> None:
        assert params["DryRun"] is True, call
        raise failed(left.pop(0))

    return fault


def test_both_sessions_are_tried(world: World, snapshots: Playbook) -> None:
    """One role session is held to MFA by its policy, the other may do just the step's call without."""
    world.codes = ["1", "2"]
    world.fault = _answers("DryRunOperation", "UnauthorizedOperation")

    found = _tried(world, snapshots, Weak(world), *bind_steps(snapshots, BY_NAME))

    assert found == {"old": Trials(Tried.PASSED, Tried.REFUSED)}
    with_mfa, without = sorted((request.policy for request in world.requests), key=len, reverse=True)
    assert "MultiFactorAuthPresent" in with_mfa
    assert "MultiFactorAuth" not in without
    assert without.count('"ec2:DeleteSnapshot"') == 1
    assert "snapshot/snap-0123456789abcdef0" in without


@pytest.mark.parametrize("case", ["no adapter", "refused", "a ready session", "a hop on the way"])
def test_without_such_a_session_only_mfa_is_tried(world: World, snapshots: Playbook, case: str) -> None:
    """What could not be tried is undecided, and no error."""
    world.codes = ["1", "2"]
    world.fault = _answers("DryRunOperation")
    if case == "a ready session":
        world.who = ReadySession(IDENTITY.credentials, IDENTITY.caller, "the environment")
    hop = ("arn:aws:iam::222222222222:role/Hop",) if case == "a hop on the way" else ()
    weak = None if case == "no adapter" else Weak(world, refused=case == "refused")

    found = _tried(world, replace(snapshots, via=hop), weak, *bind_steps(snapshots, BY_NAME))

    assert found == {"old": Trials(Tried.PASSED, Tried.UNDECIDED)}


def test_a_role_that_opens_with_mfa_only(world: World, snapshots: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS refuses the role to the session without MFA: nothing is tried with it."""
    world.codes = ["1", "2"]
    world.fault = _answers("DryRunOperation")
    made = world.role_session

    def only_with_mfa(source: Any, request: Any) -> Any:
        if not source.serial:
            raise CredentialsRefused("not without MFA")
        return made(source, request)

    monkeypatch.setattr(world, "role_session", only_with_mfa)

    found = _tried(world, snapshots, Weak(world), *bind_steps(snapshots, BY_NAME))

    assert found == {"old": Trials(Tried.PASSED, Tried.UNDECIDED)}


def test_steps_without_dry_runs_open_no_session(world: World, playbook: Playbook) -> None:
    """Buckets cannot be tried: nobody is asked for anything."""
    assert _tried(world, playbook, Weak(world), *bind_steps(playbook, BY_NAME)) == {}
    assert world.requests == []
