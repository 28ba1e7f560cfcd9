"""Who decided about a pair, in words, and on which level a denial lives.

The level says for whom a denial holds (`runner.model.plan.Level`). A Deny of the target's own policy that AWS names as
decisive denies whatever the role's policies are, so it would deny with "everything allowed" in their place too. Without
an explicit Deny no statement of the resource policy denied: then it is the role's policies that do not allow. Where AWS
does not name which of several denied, the weaker level counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.guard.evaluation import Effective, Matched, Result
from runner.model.verdict import Level
from runner.policy.convert import Origin
from runner.policy.principal import Way

NO_ALLOW = "no statement allows it"
SCP = "an SCP"
SCP_OR_NO_ALLOW = f"{SCP}, or {NO_ALLOW}"
BOUNDARY = "the permissions boundary"


@dataclass(frozen=True)
class Policies:
    """Hold what is known about the policies that a result came from.

    ``origins`` are the resource policy's statements, by the name that AWS gives them; ``boundary`` is the ARN of the
    role's permissions boundary.
    """

    origins: Mapping[str, Origin]
    boundary: str | None


def matched_origins(result: Result, policies: Policies) -> tuple[Origin, ...]:
    """Return the resource policy's statements among those that AWS names as decisive."""
    named = {statement.policy_id for statement in result.matched}
    return tuple(origin for policy_id, origin in policies.origins.items() if policy_id in named)


def names(result: Result, policies: Policies) -> str:
    """Name the statements that AWS names as decisive."""
    return " and ".join(dict.fromkeys(_name(statement, policies) for statement in result.matched))


def stopped_by(result: Result, policies: Policies) -> str:
    """Name everything that stops a pair, the most specific first."""
    found: list[str] = []
    if result.effective is Effective.EXPLICIT_DENY and result.matched:
        found.append(names(result, policies))
    if result.boundary_denies and BOUNDARY not in found:
        found.append(BOUNDARY)
    if result.organizations_deny and result.alone:
        found.append(SCP)
    if found:
        return " and ".join(found)
    if result.organizations_deny:
        # AWS says so about all resources together; which of them it is about, only a simulation of its own tells.
        return SCP_OR_NO_ALLOW
    return NO_ALLOW if result.effective is Effective.IMPLICIT_DENY else "a Deny that AWS does not name"


def level_of(result: Result, policies: Policies) -> Level:
    """Return where a denial lives."""
    denied = result.effective is Effective.EXPLICIT_DENY
    if denied and any(origin.statement.effect == "Deny" for origin in matched_origins(result, policies)):
        return Level.RESOURCE
    return Level.ORGANIZATION if result.organizations_deny and result.alone else Level.ROLE


def _name(statement: Matched, policies: Policies) -> str:
    origin = policies.origins.get(statement.policy_id)
    if origin is not None:
        return origin.name + _about(origin)
    boundary = policies.boundary
    if boundary is not None and statement.policy_id in {boundary, boundary.rpartition("/")[2]}:
        return BOUNDARY
    place = f" at line {statement.line}" if statement.line else ""
    return f"the statement{place} of the role's policy {statement.policy_id}"


def _about(origin: Origin) -> str:
    match origin.way:
        case Way.ANYBODY:
            return ""
        case Way.ACCOUNT:
            return " (about this account only)"
        case Way.ROLE | Way.SESSION | Way.USER:  # our caller is a role, so none of them is a user
            return " (about this role only)"
