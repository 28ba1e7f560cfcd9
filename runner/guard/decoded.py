"""Read an authorization message that ``sts:DecodeAuthorizationMessage`` opened: what decided, and what MFA said. Pure.

Source: IAM user guide, the example of ``decode-authorization-message``. AWS documents what the message holds and no
schema, so a part that is not there is left out, and the whole message is never taken for more than it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from runner.model.canonical import Json

_MFA = ("aws:multifactorauthpresent", "aws:multifactorauthage")


def read_decoded(message: str) -> tuple[str, ...]:
    """Return the message in lines: the decision, the statements that matched, and the MFA keys of the request."""
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping):
        return (f"the decoded message is not understood: {message}",)
    context = data.get("context")
    known = context if isinstance(context, Mapping) else {}
    return (*_decision(data), *_statements(data), *_request(known), *_mfa(known))


def _decision(data: Mapping[str, Json]) -> Iterator[str]:
    match data.get("allowed"), data.get("explicitDeny"):
        case True, _:
            yield "decision: allowed"
        case _, True:
            yield "decision: an explicit Deny"
        case _, False:
            yield "decision: no statement allows it"
        case _:
            yield "decision: not said"


def _statements(data: Mapping[str, Json]) -> Iterator[str]:
    for statement in _items(data.get("matchedStatements")):
        name = statement.get("statementId") or "without a name"
        whose = statement.get("sourcePolicyId")
        yield f"statement: {name} ({statement.get('effect') or 'effect not said'})" + (f" of {whose}" if whose else "")


def _request(context: Mapping[str, Json]) -> Iterator[str]:
    principal = context.get("principal")
    parts = {
        "principal": principal.get("arn") if isinstance(principal, Mapping) else None,
        "action": context.get("action"),
        "resource": context.get("resource"),
    }
    yield from (f"{name}: {value}" for name, value in parts.items() if isinstance(value, str) and value)


def _mfa(context: Mapping[str, Json]) -> Iterator[str]:
    """Say what the request carried of MFA; that a key is missing is an answer too."""
    if not isinstance(context.get("conditions"), Mapping):
        return
    keys = {str(item.get("key")).lower(): item for item in _items(context.get("conditions"))}
    for name in _MFA:
        if name in keys:
            values = ", ".join(str(item.get("value")) for item in _items(keys[name].get("values")))
            yield f"{keys[name]['key']}: {values}"
    if _MFA[0] not in keys:
        yield "aws:MultiFactorAuthPresent: not in the request, as with a long-term key"


def _items(value: Json) -> tuple[Mapping[str, Json], ...]:
    items = value.get("items") if isinstance(value, Mapping) else None
    return tuple(item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
