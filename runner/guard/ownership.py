"""Ownership: what somebody else made and will make again, or will miss, is deleted through its owner.

An owner is a CloudFormation stack (``aws:cloudformation:stack-name``), another AWS service (any other tag of the
``aws:`` namespace, which only AWS can set), a Terraform state that the guardrails name, or whoever a tag names that the
guardrails list. A step overrides it with a reason (``override: {ownership: "…"}``), unless the guardrails say never.

Source: CloudFormation user guide, "Resource tag"; AWS Billing user guide, "AWS-generated cost allocation tags".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from runner.model.action import Unreadable
from runner.model.guardrails import Guardrails
from runner.model.plan import Finding
from runner.policy.wildcard import matches

CHECK = "nobody_else_owns_the_target"
OVERRIDE = "ownership"
"""What a step says in ``override``."""

STACK = "aws:cloudformation:stack-name"
_STACKS = "aws:cloudformation:"
_RESERVED = "aws:"
_NO_OWNER = frozenset({"aws:createdby"})
"""Says who made it; nobody keeps it because of that."""

_SERVICES = {
    "autoscaling": "Auto Scaling",
    "backup": "AWS Backup",
    "ec2": "EC2",
    "ecs": "ECS",
    "eks": "EKS",
    "elasticmapreduce": "EMR",
    "rds": "RDS",
    "secretsmanager": "Secrets Manager",
    "servicecatalog": "Service Catalog",
}
"""How people call the services whose tags are known; others are called as the tag does."""


@dataclass(frozen=True)
class Target:
    """Hold what a target is known by: its ARN, the values that name it, and its tags."""

    arn: str
    names: tuple[str, ...]
    tags: Mapping[str, str] | Unreadable


def ownership_findings(target: Target, guardrails: Guardrails, reason: str | None) -> tuple[Finding, ...]:
    """Return a finding for each owner, and for what cannot be told; ``reason`` is the step's override.

    With a reason they are notes, unless the guardrails let no step override.
    """
    owners = (*_by_tags(target.tags, guardrails), *_by_state(target, guardrails))
    if reason is None or not guardrails.ownership.override:
        return owners
    # AWS's own words may differ at each call, and what a reviewer overrides must not.
    told = f"; the reviewers override this: {reason}"
    return tuple(
        replace(one, message=one.message + told, hint="", said="", blocks=False, unknown=False) for one in owners
    )


def _by_tags(tags: Mapping[str, str] | Unreadable, guardrails: Guardrails) -> Iterator[Finding]:
    if isinstance(tags, Unreadable):
        # Whoever lets nobody override an owner does not let one be guessed away either.
        acceptable = guardrails.ownership.override
        hint = f"let the tags be read, or name {CHECK} in accept_unknown" if acceptable else "let the tags be read"
        message = f"it cannot be told who owns it: {tags.why}"
        yield Finding(CHECK, message, hint, unknown=acceptable, said=tags.said)
        return
    if any(key.startswith(_STACKS) for key in tags):
        message = f"the CloudFormation stack {tags.get(STACK, '(without a name)')} owns it"
        yield Finding(CHECK, message, "delete the stack, or take it out of the stack first")
    for key, value in tags.items():
        if any(matches(pattern, key) for pattern in guardrails.ownership.tags):
            yield Finding(CHECK, f"the tag {key}={value} names another owner", "delete it through its owner")
        elif key.startswith(_RESERVED) and not key.startswith(_STACKS) and key.lower() not in _NO_OWNER:
            service = key.removeprefix(_RESERVED).partition(":")[0]
            named = _SERVICES.get(service, service)
            yield Finding(CHECK, f"{named} manages it (tag {key}={value})", f"delete it through {named}")


def _by_state(target: Target, guardrails: Guardrails) -> Iterator[Finding]:
    for state in guardrails.terraform_states:
        for name in dict.fromkeys((target.arn, *target.names)):
            if name in state.managed:
                message = f"Terraform manages it as {state.managed[name]} ({state.path})"
                yield Finding(CHECK, message, "delete it with Terraform, or `terraform state rm` it first")
                break
