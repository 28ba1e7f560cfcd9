"""The policies that a playbook asks for: of the operator, of every role on the way, of the targets. Pure, offline.

They are written from the very calls that `runner.workflow.guarded_session`, `runner.workflow.binding` and
`runner.workflow.route` declare before they send any, so what is granted here and what is sent later cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.guard.role_policies import scope_calls
from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.model.playbook import Playbook
from runner.model.session import Assume
from runner.policy.grants import Grant, grants_of
from runner.policy.mfa_condition import WITH_MFA
from runner.policy.permissions import (
    Needed,
    Purpose,
    deny_without_mfa,
    document,
    identity_policies,
    trust_policy,
)
from runner.workflow.binding import BoundStep
from runner.workflow.guarded_session import own_calls
from runner.workflow.route import assume_calls


@dataclass(frozen=True)
class RolePermissions:
    """Hold a role's identity policies and its trust policy; no trust policy when nobody said whom to trust.

    ``optional`` is what runs do without: with it AWS's simulator is checked, and can be done without. None for a role
    that only leads to the next one.
    """

    role_arn: str
    policies: tuple[Json, ...]
    trust: Json
    optional: Json = None

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"role_arn": self.role_arn, "policies": self.policies, "optional": self.optional, "trust": self.trust}


@dataclass(frozen=True)
class Permissions:
    """Hold what has to be allowed for a playbook: to the operator, and to each role on the way, the last one acts."""

    operator: Json
    """The identity policy of the operator's user."""
    roles: tuple[RolePermissions, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        roles = tuple(role.to_data() for role in self.roles)
        return {"format": "runner-permissions/1", "operator": self.operator, "roles": roles}


@dataclass(frozen=True)
class Snippet:
    """Hold the statements that protect one target in its own policy."""

    target: str
    statements: tuple[Json, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"target": self.target, "statements": self.statements}


def permissions_for(
    each: tuple[tuple[Playbook, tuple[BoundStep, ...]], ...], operators: tuple[str, ...], log_group: str = ""
) -> Permissions:
    """Return the least policies for a playbook, one for each account, with its steps.

    ``operators`` are ARNs of users and accounts, empty when they are not known; ``log_group`` is the ARN of the one
    that gets a copy of the audit log, empty when there is none. A role that leads to the roles of
    several accounts is told once.

    Raises:
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    leads = _leads(tuple(playbook for playbook, _ in each), operators)
    entry = tuple(call for lead in leads.values() if lead.is_entry for call in lead.ways_in)
    (operator,) = identity_policies(Needed(writes=entry, purpose=Purpose.ASSUME))
    roles = [_leading(role, lead) for role, lead in leads.items() if not lead.acts]
    for playbook, bound in each:
        lead = leads[playbook.role_arn]
        policies = identity_policies(_acting(playbook, bound))
        roles.append(RolePermissions(playbook.role_arn, policies, _trust(lead), _optional(playbook)))
    return Permissions(_copying(operator, log_group), tuple(roles))


def _copying(policy: Json, log_group: str) -> Json:
    """Return the operator's policy with what the copy of the audit log needs."""
    statements = policy["Statement"] if isinstance(policy, Mapping) else None
    if not log_group or not isinstance(statements, tuple):
        return policy
    statement: Json = {
        "Sid": "CopyTheAuditLogWithMfa",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group}:*",
        "Condition": dict(WITH_MFA),
    }
    return document((*statements, statement))


@dataclass
class _Lead:
    """Hold how a role is reached and what it leads to."""

    assume: Assume
    ways_in: tuple[BoundCall, ...]
    trusts: tuple[str, ...]
    is_entry: bool
    acts: bool
    onward: tuple[BoundCall, ...] = ()


def _leads(playbooks: tuple[Playbook, ...], operators: tuple[str, ...]) -> dict[str, _Lead]:
    """Return every role on the ways, in the order in which they are assumed."""
    leads: dict[str, _Lead] = {}
    for playbook in playbooks:
        before: _Lead | None = None
        whom = operators
        for role in (*playbook.via, playbook.role_arn):
            acts = role == playbook.role_arn
            ways_in = assume_calls(playbook.assume, role, playbook.region, acts=acts)
            lead = leads.setdefault(role, _Lead(playbook.assume, ways_in, whom, before is None, acts))
            if before is not None and ways_in[0] not in before.onward:
                before.onward = (*before.onward, *ways_in)
            before, whom = lead, (role,)
    return leads


def _leading(role: str, lead: _Lead) -> RolePermissions:
    return RolePermissions(role, identity_policies(Needed(writes=lead.onward, purpose=Purpose.ASSUME)), _trust(lead))


def snippets_for(bound: tuple[BoundStep, ...]) -> tuple[Snippet, ...]:
    """Return the statements that protect each target which can have a policy of its own, from everybody without MFA."""
    found: dict[str, frozenset[Grant]] = {}
    for step in bound:
        if step.action.resource_policy in step.facts:
            own = (grant for grant in grants_of(step.writes) if _is_in(grant[1], step.target))
            found[step.target] = found.get(step.target, frozenset()).union(own)
    return tuple(Snippet(target, deny_without_mfa(grants)) for target, grants in found.items())


def _acting(playbook: Playbook, bound: tuple[BoundStep, ...]) -> Needed:
    return Needed(
        guard=own_calls(playbook),
        reads=tuple(call for step in bound for call in step.reads),
        writes=tuple(call for step in bound for call in step.writes),
    )


def _optional(playbook: Playbook) -> Json:
    (policy,) = identity_policies(Needed(checks=scope_calls(playbook.role_arn, playbook.region)))
    return policy


def _trust(lead: _Lead) -> Json:
    if not lead.trusts:
        return None
    return trust_policy(lead.trusts, lead.ways_in, lead.assume.external_id if lead.acts else "")


def _is_in(resource: str, target: str) -> bool:
    """Return whether a resource is the target or lies in it; a policy of the target says nothing about others."""
    return resource == target or resource.startswith(f"{target}/")
