"""The simulator's answers as XML, in the shape that IAM gives them since one result covers several resources.

At the top stand a template of the ARN's form, the most restrictive decision and unions; what holds for one resource
stands under ``ResourceSpecificResults``. Source: IAM API reference, EvaluationResult.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement

from runner.sandbox.policy_text import Position
from runner.sandbox.simulation import RESTRICTIVE, Match, Verdict


def results(found: Iterable[tuple[str, Sequence[Verdict]]], marker: str) -> Element:
    """Return the answer for one page: for each action its verdicts; ``marker`` is empty on the last page."""
    result = Element("Result")
    members = SubElement(result, "EvaluationResults")
    for action, verdicts in found:
        _add_action(SubElement(members, "member"), action, verdicts)
    _add_text(result, "IsTruncated", str(bool(marker)).lower())
    if marker:
        _add_text(result, "Marker", marker)
    return result


def key_names(keys: Iterable[str]) -> Element:
    """Return the answer of GetContextKeysFor…Policy."""
    result = Element("Result")
    _add_texts(result, "ContextKeyNames", keys)
    return result


def _add_action(member: Element, action: str, verdicts: Sequence[Verdict]) -> None:
    arns = [verdict.resource for verdict in verdicts]
    _add_text(member, "EvalActionName", action)
    _add_text(member, "EvalResourceName", _template(arns))
    _add_text(member, "EvalDecision", max((verdict.decision for verdict in verdicts), key=RESTRICTIVE.index))
    _add_matches(member, dict.fromkeys(match for verdict in verdicts for match in verdict.matches))
    _add_texts(member, "MissingContextValues", dict.fromkeys(key for verdict in verdicts for key in verdict.missing))
    limits = [verdict.within for verdict in verdicts if verdict.within is not None]
    _add_boundary(member, all(limits) if limits else None)
    let = [verdict.organization for verdict in verdicts if verdict.organization is not None]
    if let:
        # AWS says this for all resources together, and not for each.
        detail = SubElement(member, "OrganizationsDecisionDetail")
        _add_text(detail, "AllowedByOrganizations", str(all(let)).lower())
    if arns == ["*"]:
        return
    specific = SubElement(member, "ResourceSpecificResults")
    for verdict in verdicts:
        _add_resource(SubElement(specific, "member"), verdict)


def _add_resource(member: Element, verdict: Verdict) -> None:
    _add_text(member, "EvalResourceName", verdict.resource)
    _add_text(member, "EvalResourceDecision", verdict.decision)
    _add_matches(member, verdict.matches)
    _add_texts(member, "MissingContextValues", verdict.missing)
    _add_boundary(member, verdict.within)


def _template(arns: Sequence[str]) -> str:
    if not all(arn.startswith("arn:aws:s3:::") for arn in arns):
        return "*"
    return "arn:${Partition}:s3:::${BucketName}" + ("/${KeyName}" if any("/" in arn for arn in arns) else "")


def _add_matches(parent: Element, matches: Iterable[Match]) -> None:
    statements = SubElement(parent, "MatchedStatements")
    for match in matches:
        member = SubElement(statements, "member")
        _add_text(member, "SourcePolicyId", match.policy)
        _add_text(member, "SourcePolicyType", match.kind)
        _add_position(member, "StartPosition", match.start)
        _add_position(member, "EndPosition", match.end)


def _add_position(parent: Element, name: str, position: Position) -> None:
    place = SubElement(parent, name)
    _add_text(place, "Line", str(position.line))
    _add_text(place, "Column", str(position.column))


def _add_boundary(parent: Element, within: bool | None) -> None:
    if within is not None:
        detail = SubElement(parent, "PermissionsBoundaryDecisionDetail")
        _add_text(detail, "AllowedByPermissionsBoundary", str(within).lower())


def _add_texts(parent: Element, name: str, values: Iterable[str]) -> None:
    members = SubElement(parent, name)
    for value in values:
        _add_text(members, "member", value)


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
