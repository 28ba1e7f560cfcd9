"""Read the answer of ``iam:SimulatePrincipalPolicy`` strictly into one value for each action and resource.

The per-resource results are read; the summary above them only where AWS gives none, because it is a union over
resources and its resource name may be a template. Organizations' part exists only in the summary.

Source: IAM API reference, ``EvaluationResult`` and ``ResourceSpecificResult``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from runner.model.canonical import Json
from runner.model.ports import Reply


class NotAsDocumented(ValueError):
    """Say what about AWS's answer is not as documented."""


class Effective(Enum):
    """Hold AWS's three decisions, in AWS's words."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, order=True)
class Matched:
    """Point at a statement that decided; ``line`` counts from 1, 0 when AWS does not say."""

    policy_id: str
    line: int


@dataclass(frozen=True)
class Result:
    """Hold what AWS says about one action on one resource; actions are in lower case, as IAM ignores their case.

    ``alone`` says that the summary, and with it the part of Organizations, is about this resource only.
    """

    action: str
    resource: str
    effective: Effective
    matched: tuple[Matched, ...]
    missing: frozenset[str]
    organizations_deny: bool
    boundary_denies: bool
    alone: bool


def results_of(replies: tuple[Reply, ...]) -> tuple[Result, ...]:
    """Return every result of every page.

    Raises:
        NotAsDocumented: when any part of an answer is not as AWS documents it.
    """
    found: list[Result] = []
    for reply in replies:
        for evaluation in _mappings(reply.data, "EvaluationResults"):
            found.extend(_evaluation(evaluation))
    return tuple(found)


def _evaluation(evaluation: Mapping[str, Json]) -> list[Result]:
    specific = _mappings(evaluation, "ResourceSpecificResults") if evaluation.get("ResourceSpecificResults") else ()
    alone = len(specific) <= 1
    if specific:
        return [_result(evaluation, result, "EvalResourceDecision", alone=alone) for result in specific]
    return [_result(evaluation, evaluation, "EvalDecision", alone=alone)]


def _result(evaluation: Mapping[str, Json], result: Mapping[str, Json], decision: str, *, alone: bool) -> Result:
    word = _text(result, decision)
    if word not in {known.value for known in Effective}:
        raise NotAsDocumented(f"the decision {word!r} is unknown")
    boundary = result.get("PermissionsBoundaryDecisionDetail")
    if boundary is None and alone:
        boundary = evaluation.get("PermissionsBoundaryDecisionDetail")
    missing = result.get("MissingContextValues") or ()
    if not isinstance(missing, list | tuple):
        raise NotAsDocumented("MissingContextValues is not a list")
    return Result(
        action=_text(evaluation, "EvalActionName").lower(),
        resource=_text(result, "EvalResourceName"),
        effective=Effective(word),
        matched=_matched(result),
        missing=frozenset(str(key) for key in missing),
        organizations_deny=_says_no(evaluation.get("OrganizationsDecisionDetail"), "AllowedByOrganizations"),
        boundary_denies=_says_no(boundary, "AllowedByPermissionsBoundary"),
        alone=alone,
    )


def _matched(result: Mapping[str, Json]) -> tuple[Matched, ...]:
    statements = _mappings(result, "MatchedStatements") if result.get("MatchedStatements") else ()
    return tuple(sorted({Matched(_text(found, "SourcePolicyId"), _line(found)) for found in statements}))


def _line(statement: Mapping[str, Json]) -> int:
    start = statement.get("StartPosition")
    line = start.get("Line") if isinstance(start, Mapping) else None
    return line if isinstance(line, int) else 0


def _says_no(detail: Json, name: str) -> bool:
    if detail is None:
        return False
    if not (isinstance(detail, Mapping) and isinstance(detail.get(name), bool)):
        raise NotAsDocumented(f"{name} is not a truth value")
    return detail[name] is False


def _mappings(data: Mapping[str, Json], name: str) -> tuple[Mapping[str, Json], ...]:
    listed = data.get(name)
    if not isinstance(listed, list | tuple):
        raise NotAsDocumented(f"{name} is not a list")
    items = tuple(item for item in listed if isinstance(item, Mapping))
    if len(items) != len(listed):
        raise NotAsDocumented(f"{name} holds something that is no object")
    return items


def _text(data: Mapping[str, Json], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise NotAsDocumented(f"{name} is missing")
    return value
