"""Calls under role sessions: each goes under the session that AWS limits to it, and each session is renewed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from runner.cli.threads import Threads
from runner.model.bound import BoundCall, Params
from runner.model.call import Effect
from runner.model.ports import Reply
from runner.model.session import Assume, RoleSession
from runner.policy.evaluate import evaluate
from runner.policy.grants import grants_of
from runner.policy.policies import Allowed, Policies, read_policy
from runner.policy.principal import Role
from runner.policy.request import Request, RequestContext
from runner.workflow.authenticate import authenticate
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from tests.workflow.conftest import ROLE, World

EVERYTHING = read_policy("role", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
AGE = timedelta(minutes=30)


@dataclass
class Switchboard:
    """Hand out senders and remember which session sent what; it refuses what the session was not opened for."""

    sent: list[tuple[str, BoundCall]] = field(default_factory=list)

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Line:
        """Open a sender (port `Aws`)."""
        return Line(self, session, allowed)


@dataclass(frozen=True)
class Line:
    """Answer every call that was declared with nothing."""

    board: Switchboard
    session: RoleSession
    allowed: tuple[BoundCall, ...]

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Answer one request (port `Sender`)."""
        del params, tag
        assert call in self.allowed, "the write gate"
        self.board.sent.append((self.session.credentials.access_key, call))
        return Reply({}, "REQ", 200)

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Answer a listing of one page (port `Sender`)."""
        yield self.send(call, params or {})


def call(number: int, effect: Effect = Effect.DELETE) -> BoundCall:
    """Return a deletion of a bucket with a long name, or another call of its own kind."""
    name = f"bucket-{number:050}"
    return BoundCall("s3", "DeleteBucket", {"Bucket": name}, "eu-west-1", (f"arn:aws:s3:::{name}",), effect)


MANY = tuple(call(number) for number in range(30))
"""More than one session policy can hold."""


@pytest.fixture
def board() -> Switchboard:
    """Return a switchboard that nobody has used."""
    return Switchboard()


@pytest.fixture
def make(world: World, board: Switchboard) -> Callable[..., Scope]:
    """Return a maker of scopes in the world, whose requests go through the switchboard."""
    services = replace(world.services(), aws=board)
    route = Route(authenticate(services, AGE), ROLE, (), Assume(), "retire", "eu-west-1")

    def scope(*groups: tuple[BoundCall, ...]) -> Scope:
        return Scope(services, route, groups, AGE)

    return scope


def _is_allowed(policy: str, action: str, resource: str) -> bool:
    values = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0", "aws:CurrentTime": "1700000000"}
    role = Role(ROLE, "AROATEARDOWN12345678", "alice")
    request = Request(role, action, resource, role.account, RequestContext(values, absent=frozenset({"*"})))
    return isinstance(evaluate(request, Policies((EVERYTHING,), session=(read_policy("session", policy),))), Allowed)


def test_each_call_goes_under_a_session_that_is_limited_to_it(
    world: World, board: Switchboard, make: Callable[..., Scope]
) -> None:
    """Many calls take several sessions; each session's policy allows the calls sent under it and no other session's."""
    scope = make(MANY)
    for each in MANY:
        scope.send(each, each.params)

    policies = {f"ASIAROLE{number}": request.policy for number, request in enumerate(world.requests, start=1)}
    assert len(policies) > 1
    assert [sent for _, sent in board.sent] == list(MANY)
    for key, sent in board.sent:
        ((action, resource),) = grants_of((sent,))
        assert [name for name, policy in policies.items() if _is_allowed(policy, action, resource)] == [key]


def test_threads_that_need_a_session_make_one(world: World, board: Switchboard, make: Callable[..., Scope]) -> None:
    """However many threads ask at the same time, each session is made once."""
    scope = make(MANY)
    Threads(8).map(lambda each: scope.send(each, each.params), MANY * 5)

    assert len(board.sent) == len(MANY) * 5
    assert len(world.requests) == len({key for key, _ in board.sent})


def test_sessions_are_made_when_they_are_needed(world: World, make: Callable[..., Scope]) -> None:
    """A scope that is not used assumes no role, and a call opens the session that it goes under and no other."""
    scope = make(MANY)
    unused = len(world.requests)
    scope.send(MANY[-1], {})

    assert (unused, len(world.requests)) == (0, 1)


def test_each_session_is_renewed_alone(world: World, board: Switchboard, make: Callable[..., Scope]) -> None:
    """What goes under a session that is ending goes under a new one; the other session is as good as it was."""
    first, last = MANY[0], MANY[-1]
    scope = make(MANY)
    scope.send(first, {})
    world.now += timedelta(minutes=10)
    scope.send(last, {})
    world.now += timedelta(minutes=4)
    ending = scope.is_ending(first), scope.is_ending(last)
    scope.send(first, {})
    scope.send(last, {})

    assert ending == (True, False)
    assert not scope.is_ending(first)
    assert [key for key, _ in board.sent] == ["ASIAROLE1", "ASIAROLE2", "ASIAROLE3", "ASIAROLE2"]


def test_a_group_stays_under_one_session(board: Switchboard, make: Callable[..., Scope]) -> None:
    """The reads of one step are under one session, whatever else the scope is for."""
    groups = tuple(MANY[start : start + 5] for start in range(0, 30, 5))
    scope = make(*groups)
    for group in groups:
        for each in group:
            list(scope.pages(each))

    keys = dict(zip((id(sent) for _, sent in board.sent), (key for key, _ in board.sent), strict=True))
    assert len(set(keys.values())) > 1
    assert all(len({keys[id(each)] for each in group}) == 1 for group in groups)


def test_what_was_never_declared_reaches_the_write_gate(make: Callable[..., Scope]) -> None:
    """A call that no session is for is not quietly left out: it is sent where the gate refuses it."""
    with pytest.raises(AssertionError, match="the write gate"):
        make(MANY).send(call(99), {})
