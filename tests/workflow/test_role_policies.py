"""Reading the role's own policies: whatever is refused or strange leaves a gap, and the rest is read all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from runner.guard.context import RoleFacts
from runner.guard.role_policies import RolePolicies, scope_calls
from runner.model.bound import BoundCall, Params
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import Assume, Caller, Credentials, Secret, UserSession
from runner.policy.policies import Policy, Unreadable
from runner.policy.principal import Role
from runner.workflow.role_policies import read_role_policies
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from tests.workflow.conftest import ROLE, World, failed

LIMIT = "arn:aws:iam::222222222222:policy/Limit"
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
DOCUMENT: dict[str, Json] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
ANSWERS: Mapping[str, Mapping[str, Json]] = {
    "ListRolePolicies": {"PolicyNames": ["own"]},
    "ListAttachedRolePolicies": {"AttachedPolicies": [{"PolicyName": "SecurityAudit", "PolicyArn": AUDIT}]},
    "GetRolePolicy": {"PolicyDocument": DOCUMENT},
    "GetPolicy": {"Policy": {"DefaultVersionId": "v2"}},
    "GetPolicyVersion": {"PolicyVersion": {"Document": DOCUMENT}},
}


@dataclass(frozen=True)
class Policies:
    """Answer reads of policies, some of them otherwise than usual (port `Sender`)."""

    world: World
    instead: Mapping[str, Any]

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Answer one read."""
        del tag
        answer = self.instead.get(call.operation, ANSWERS[call.operation])
        if isinstance(answer, Exception):
            raise answer
        self.world.sent.append((call.api, params))
        return Reply(answer, "REQ", 200)

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Answer a listing in one page."""
        yield self.send(call, call.params if params is None else params)


def read(world: World, boundary: str | None = LIMIT, **instead: Any) -> RolePolicies:
    """Read the policies of the world's role."""
    world.sender = lambda *_: Policies(world, instead)  # type: ignore[assignment, method-assign]
    caller = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDA")
    user = UserSession(Credentials("ASIA", Secret("s")), caller, "", world.now, world.now + timedelta(hours=1), "REQ")
    route = Route(user, ROLE, (), assume=Assume(), playbook="p", region="eu-west-1")
    scope = Scope(world.services(), route, (scope_calls(ROLE, "eu-west-1"),), timedelta(minutes=15))
    return read_role_policies(RoleFacts(Role(ROLE, "AROA", "alice"), boundary, {}), "eu-west-1", scope, world)


def test_everything_is_read(world: World) -> None:
    """Inline policies, attached ones in their default version, and the boundary."""
    own = read(world)

    assert [(type(policy), policy.name) for policy in own.identity] == [(Policy, "own"), (Policy, "SecurityAudit")]
    assert isinstance(own.boundary, Policy)
    assert own.boundary.name == "Limit"
    assert own.unread == ()
    versions = [params for api, params in world.sent if api == "iam:GetPolicyVersion"]
    assert [(one["PolicyArn"], one["VersionId"]) for one in versions] == [(AUDIT, "v2"), (LIMIT, "v2")]


def test_a_role_without_a_boundary_has_none(world: World) -> None:
    """No boundary is read, and none is assumed."""
    own = read(world, boundary=None)

    assert (own.boundary, own.unread) == (None, ())


@pytest.mark.parametrize("listing", ["ListRolePolicies", "ListAttachedRolePolicies"])
@pytest.mark.parametrize("answer", [failed("AccessDenied"), {}])
def test_without_a_listing_nothing_is_known(world: World, listing: str, answer: Any) -> None:
    """What may exist cannot be ruled out, so identity policies and boundary are gaps."""
    own = read(world, **{listing: answer})

    assert all(isinstance(policy, Unreadable) for policy in (*own.identity, own.boundary))
    assert len(own.unread) == 1
    assert not [api for api, _ in world.sent if api.startswith("iam:Get")]


@pytest.mark.parametrize(
    ("operation", "answer", "gaps"),
    [
        ("GetRolePolicy", failed("AccessDenied"), ["own"]),
        ("GetRolePolicy", {}, ["own"]),
        ("GetPolicy", failed("AccessDenied"), [AUDIT, LIMIT]),
        ("GetPolicy", {}, [AUDIT, LIMIT]),
        ("GetPolicyVersion", failed("NoSuchEntity"), [AUDIT, LIMIT]),
        ("GetPolicyVersion", {}, ["SecurityAudit", "Limit"]),
    ],
)
def test_one_unread_policy_is_one_gap(world: World, operation: str, answer: Any, gaps: list[str]) -> None:
    """The others are read, and the gap has its reason."""
    own = read(world, **{operation: answer})

    found = [policy.name for policy in (*own.identity, own.boundary) if isinstance(policy, Unreadable)]
    assert found == gaps
    assert len(own.unread) == len(gaps)
