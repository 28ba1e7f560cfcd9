"""The policies of a user, group or role as the simulator sees them: texts with the names it gives them.

A managed policy goes by its name, an inline one by ``role_Teardown_inline-name`` (seen in IAM's answers).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.sandbox.insides import GROUP_POLICIES, GROUPS, ROLES, USER_POLICIES, USERS, Store, managed_policy
from runner.sandbox.simulation import InvalidInput, SourcePolicy

_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):(?P<kind>user|group|role)/(?:.*/)?(?P<name>[^/]+)")


class NoSuchEntity(Exception):
    """Carry IAM's words for an entity that does not exist."""


@dataclass(frozen=True)
class Entity:
    """Hold an entity's ARN, its policies (a user's groups included) and its permissions boundary."""

    arn: str
    policies: tuple[SourcePolicy, ...]
    boundary: SourcePolicy | None


def entity_of(arn: str, account: str) -> Entity:
    """Return the entity of this account that an ARN names.

    Raises:
        InvalidInput: when the ARN names no user, group or role (a session's ARN, for example).
        NoSuchEntity: when there is none with this name and path.
    """
    found = _ENTITY.fullmatch(arn)
    if found is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    kind, name = found["kind"], found["name"]
    record = _store(kind).get_scoped(account, None, name)
    if record is None or record["Arn"] != arn:
        raise NoSuchEntity(f"The {kind} with name {name} cannot be found.")
    policies = _inline(kind, name, record) + _attached(record, account)
    if kind == "user":
        for group, members in GROUPS.items():
            if name in members["Users"]:
                policies += _inline("group", group, members) + _attached(members, account)
    boundary = record.get("PermissionsBoundary")
    return Entity(arn, policies, _managed(boundary, account) if boundary else None)


def _store(kind: str) -> Store:
    return {"user": USERS, "group": GROUPS, "role": ROLES}[kind]


def _inline(kind: str, name: str, record: Mapping[str, Any]) -> tuple[SourcePolicy, ...]:
    stores = {"user": USER_POLICIES, "group": GROUP_POLICIES}
    documents = record["InlinePolicies"] if kind == "role" else stores[kind].get(name) or {}
    return tuple(SourcePolicy(f"{kind}_{name}_{policy}", _text(document)) for policy, document in documents.items())


def _attached(record: Mapping[str, Any], account: str) -> tuple[SourcePolicy, ...]:
    return tuple(_managed(arn, account) for arn in record["AttachedPolicies"])


def _managed(arn: str, account: str) -> SourcePolicy:
    return SourcePolicy(arn.rsplit("/", 1)[-1], _text(managed_policy(arn, account)))


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)
