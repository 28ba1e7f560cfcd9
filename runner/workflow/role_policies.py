"""Read the role's own policies, where the role may: a policy that cannot be read is `Unreadable`, never none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from runner.errors import AwsCallFailed
from runner.guard.context import RoleFacts
from runner.guard.role_policies import (
    RolePolicies,
    attached_arns,
    default_version,
    get_inline,
    get_managed,
    get_version,
    inline_names,
    inline_policy,
    list_attached,
    list_inline,
    managed_policy,
)
from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.model.ports import Crew
from runner.policy.policies import AnyPolicy, Unreadable
from runner.workflow.scope import Scope

_Answers: TypeAlias = Mapping[str, Mapping[str, Json] | Unreadable]
"""What was read, by the policy's name or ARN."""


def read_role_policies(facts: RoleFacts, region: str, scope: Scope, crew: Crew) -> RolePolicies:
    """Return the role's identity policies and its boundary, with what could not be read."""
    arn = facts.role.arn
    listings = ((list_inline(arn, region), inline_names), (list_attached(arn, region), attached_arns))
    inline, attached = crew.map(lambda listing: _listed(scope, *listing), listings)
    if isinstance(inline, Unreadable) or isinstance(attached, Unreadable):
        return RolePolicies.unknown(facts, "; ".join(it.why for it in (inline, attached) if isinstance(it, Unreadable)))
    managed = (*attached, *(() if facts.boundary is None else (facts.boundary,)))
    reads = {name: get_inline(arn, name, region) for name in inline}
    found = _sent(scope, {**reads, **{policy: get_managed(policy, region) for policy in managed}}, crew)
    versions = {policy: _version(policy, found) for policy in managed}
    wanted = {policy: get_version(policy, it, region) for policy, it in versions.items() if isinstance(it, str)}
    documents = {**versions, **_sent(scope, wanted, crew)}
    identity = (
        *(_policy(name, found[name], inline_policy) for name in inline),
        *(_policy(policy, documents[policy], managed_policy) for policy in attached),
    )
    boundary = None if facts.boundary is None else _policy(facts.boundary, documents[facts.boundary], managed_policy)
    return RolePolicies.of(identity, boundary)


def _listed(
    scope: Scope, call: BoundCall, names: Callable[[Mapping[str, Json]], tuple[str, ...]]
) -> tuple[str, ...] | Unreadable:
    try:
        return tuple(name for page in scope.pages(call) for name in names(page.data))
    except AwsCallFailed as error:
        return _refused(call.operation, error)
    except ValueError as error:
        return Unreadable(call.operation, str(error))


def _sent(scope: Scope, reads: Mapping[str, BoundCall], crew: Crew) -> _Answers:
    if not reads:
        return {}
    sender = scope.sender(tuple(reads.values()))

    def send(name: str) -> Mapping[str, Json] | Unreadable:
        try:
            return sender.send(reads[name], reads[name].params).data
        except AwsCallFailed as error:
            return _refused(name, error)

    return dict(zip(reads, crew.map(send, reads), strict=True))


def _version(policy: str, found: _Answers) -> str | Unreadable:
    data = found[policy]
    try:
        return data if isinstance(data, Unreadable) else default_version(data)
    except ValueError as error:
        return Unreadable(policy, str(error))


def _policy(name: str, read: object, understand: Callable[[str, Mapping[str, Json]], AnyPolicy]) -> AnyPolicy:
    if isinstance(read, Mapping):
        return understand(name, read)
    return read if isinstance(read, Unreadable) else Unreadable(name, "it was not read")


def _refused(name: str, error: AwsCallFailed) -> Unreadable:
    return Unreadable(name, f"{error.answer.operation}: {error.answer.code}")
