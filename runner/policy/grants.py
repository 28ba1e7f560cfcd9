"""What calls need of IAM, as pairs of action and resource, and how pairs are grouped without granting one more.

Resources end up in policies as they are, so a wildcard would widen a policy. ``BoundCall.resources`` has two deliberate
ones: ``*`` alone, for actions without resource-level permissions, and ``/*`` or ``:*`` at the end, for what is in a
bucket or a log group.
Both come from templates: no target parameter admits these characters. Any other wildcard or variable is refused. Keys
of objects may hold any character; what a policy cannot say is left out of their ARNs (``runner.model.key_span``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from runner.errors import RunnerError
from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.policy.names import iam_grants
from runner.policy.wildcard import covers, tokens

Grant: TypeAlias = tuple[str, str]
"""An IAM action and the resource it is needed on."""

Group: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Actions and resources of which every pair is a grant."""


def grants_of(calls: Iterable[BoundCall]) -> frozenset[Grant]:
    """Return every pair of action and resource that the calls need.

    Raises:
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    return frozenset((action, _said(call, resource)) for call in calls for action, resource in iam_grants(call))


def includes(held: frozenset[Grant], wanted: Iterable[Grant]) -> bool:
    """Return whether every wanted grant is one of those held, or on a resource that one of them reaches."""
    return all(
        any(action == own and covers(tokens(pattern), tokens(resource)) for own, pattern in held)
        for action, resource in wanted
    )


def grouped(grants: Iterable[Grant]) -> tuple[Group, ...]:
    """Group resources that need the same actions, sorted: the cross product of a group is exactly its grants."""
    wanted: dict[str, set[str]] = {}
    for action, resource in grants:
        wanted.setdefault(resource, set()).add(action)
    groups: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in sorted(wanted.items()):
        groups.setdefault(tuple(sorted(actions)), []).append(resource)
    return tuple((actions, tuple(resources)) for actions, resources in groups.items())


def in_words(*calls: BoundCall) -> str:
    """Return what the calls need, for a sentence: ``s3:ListBucket on arn:aws:s3:::a and s3:ListAllMyBuckets on *``."""
    groups = grouped(grant for call in calls for grant in iam_grants(call))
    return " and ".join(f"{', '.join(actions)} on {', '.join(resources)}" for actions, resources in groups)


def short(values: Iterable[str]) -> Json:
    """Return the values as a policy writes them: one alone, several as a list."""
    listed: list[Json] = list(values)
    return listed[0] if len(listed) == 1 else listed


def _said(call: BoundCall, resource: str) -> str:
    return _plain(resource) if call.keys is None else call.keys.pattern(resource)


def _plain(resource: str) -> str:
    literal = resource.removesuffix("*") if resource.endswith(("/*", ":*")) else resource
    if resource != "*" and any(mark in literal for mark in ("*", "?", "${")):
        raise RunnerError(
            "a resource holds a wildcard that no template put there",
            on=resource,
            hint="this is a bug in runner; please report it with the playbook",
        )
    return resource
