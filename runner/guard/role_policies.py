"""The role's own policies, as far as they can be read: which reads that takes, and what the answers mean.

These reads are optional. With them every answer of AWS's simulator is checked against ``runner.policy.evaluate``,
without them only what the target's policy decides alone. What could not be read stands as `Unreadable` in its place: it
may allow and deny anything, so that nothing is ever concluded from its absence.

Source: IAM API reference; IAM decodes no policy document, botocore does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.guard.context import RoleFacts
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.canonical import Json
from runner.policy.policies import AnyPolicy, Unreadable, read_policy

READS = (
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
)
"""What the reads need, for hints."""


@dataclass(frozen=True)
class RolePolicies:
    """Hold the role's identity policies and its boundary; ``unread`` says what could not be read, in sentences."""

    identity: tuple[AnyPolicy, ...]
    boundary: AnyPolicy | None
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, identity: tuple[AnyPolicy, ...], boundary: AnyPolicy | None) -> RolePolicies:
        """Return policies that were all looked for; those that are not understood are unread too."""
        looked_for = (*identity, boundary)
        unread = tuple(f"{policy.name}: {policy.why}" for policy in looked_for if isinstance(policy, Unreadable))
        return cls(identity, boundary, unread)

    @classmethod
    def unknown(cls, facts: RoleFacts, why: str) -> RolePolicies:
        """Return policies of which nothing is known but whether there is a boundary."""
        boundary = None if facts.boundary is None else Unreadable(facts.boundary, why)
        return cls((Unreadable("of the role", why),), boundary, (why,))


def scope_calls(role_arn: str, region: str) -> tuple[BoundCall, ...]:
    """Return the declaration that lets a session read them; which policies there are is known only later."""
    role = Arn.parse(role_arn)
    managed = (f"arn:{role.partition}:iam::{role.account}:policy/*", f"arn:{role.partition}:iam::aws:policy/*")
    return (
        list_inline(role_arn, region),
        list_attached(role_arn, region),
        BoundCall("iam", "GetRolePolicy", {}, region, (role_arn,), Effect.READ),
        BoundCall("iam", "GetPolicy", {}, region, managed, Effect.READ),
        BoundCall("iam", "GetPolicyVersion", {}, region, managed, Effect.READ),
    )


def list_inline(role_arn: str, region: str) -> BoundCall:
    """Return the listing of the names of inline policies."""
    return _of_role("ListRolePolicies", role_arn, region)


def list_attached(role_arn: str, region: str) -> BoundCall:
    """Return the listing of attached managed policies."""
    return _of_role("ListAttachedRolePolicies", role_arn, region)


def get_inline(role_arn: str, name: str, region: str) -> BoundCall:
    """Return the read of one inline policy."""
    return _of_role("GetRolePolicy", role_arn, region, PolicyName=name)


def get_managed(arn: str, region: str) -> BoundCall:
    """Return the read that tells which version of a managed policy counts."""
    return BoundCall("iam", "GetPolicy", {"PolicyArn": arn}, region, (arn,), Effect.READ)


def get_version(arn: str, version: str, region: str) -> BoundCall:
    """Return the read of one version of a managed policy."""
    args = {"PolicyArn": arn, "VersionId": version}
    return BoundCall("iam", "GetPolicyVersion", args, region, (arn,), Effect.READ)


def inline_names(data: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the names on one page of the listing of inline policies.

    Raises:
        ValueError: when the answer is not as documented.
    """
    return tuple(_text(name, "PolicyNames") for name in _list(data, "PolicyNames"))


def attached_arns(data: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the ARNs on one page of the listing of attached policies.

    Raises:
        ValueError: when the answer is not as documented.
    """
    return tuple(
        _text(item.get("PolicyArn") if isinstance(item, Mapping) else None, "PolicyArn")
        for item in _list(data, "AttachedPolicies")
    )


def default_version(data: Mapping[str, Json]) -> str:
    """Return which version of a managed policy counts.

    Raises:
        ValueError: when the answer is not as documented.
    """
    policy = data.get("Policy")
    return _text(policy.get("DefaultVersionId") if isinstance(policy, Mapping) else None, "DefaultVersionId")


def inline_policy(name: str, data: Mapping[str, Json]) -> AnyPolicy:
    """Return an inline policy from the answer to its read."""
    return _policy(name, data.get("PolicyDocument"))


def managed_policy(arn: str, data: Mapping[str, Json]) -> AnyPolicy:
    """Return a managed policy, under its name, from the answer to the read of its version."""
    version = data.get("PolicyVersion")
    return _policy(arn.rpartition("/")[2], version.get("Document") if isinstance(version, Mapping) else None)


def _of_role(operation: str, role_arn: str, region: str, **more: str) -> BoundCall:
    args = {"RoleName": Arn.parse(role_arn).name, **more}
    return BoundCall("iam", operation, args, region, (role_arn,), Effect.READ)


def _policy(name: str, document: Json) -> AnyPolicy:
    if isinstance(document, str | Mapping):
        return read_policy(name, document)
    return Unreadable(name, "AWS's answer holds no document")


def _list(data: Mapping[str, Json], name: str) -> tuple[Json, ...]:
    listed = data.get(name)
    if not isinstance(listed, list | tuple):
        raise ValueError(f"AWS's answer holds no {name}")  # noqa: TRY004  # an answer that is not as documented
    return tuple(listed)


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"AWS's answer holds no {name}")  # noqa: TRY004  # same
    return value
