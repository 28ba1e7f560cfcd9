"""Match policy statements as AWS documents it, on top of ministack's operators.

- A condition operator that is unknown never lets a request through: in a Deny it counts as met, in an Allow as not met.
- ``${…}`` policy variables are replaced; one without a value makes its element match nothing.

Used for live requests and for simulations, so that both agree. Source: IAM user guide, "Policy variables".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runner.sandbox.insides import OPERATORS, action_matches, condition_value, conditions_met
from runner.sandbox.world import Document

_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+)(?:,\s*'(?P<default>[^']*)')?\}")
_LITERALS = frozenset({"*", "?", "$"})
"""``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves."""


@dataclass(frozen=True)
class SimulatedRequest:
    """Stand in for ministack's request context in simulations: only what is given exists."""

    action: str
    resource_arn: str
    principal_arn: str
    context: Mapping[str, Any]
    """Values of condition keys, by lower-case name."""


def statements_of(document: object) -> list[Any]:
    """Return the statements of a policy document (text or mapping) as they stand; none for what is no policy."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError:
            return []
    found = document.get("Statement", []) if isinstance(document, Mapping) else []
    return found if isinstance(found, list) else [found]


def fail_closed(statement: Document) -> Document | None:
    """Return a statement without the conditions nobody can judge, or None when it could only let requests through."""
    conditions = statement.get("Condition", {})
    pairs = conditions.items() if isinstance(conditions, Mapping) else ()
    known = {operator: block for operator, block in pairs if _is_known(operator) and isinstance(block, Mapping)}
    if known == conditions:
        return statement
    return {**statement, "Condition": known} if statement.get("Effect") == "Deny" else None


def first_match(request: Any, statements: Iterable[Any], effect: str) -> Any:
    """Return the first of ministack's parsed statements that applies to a request, or None."""
    return next((item for item in statements if item.effect == effect and applies(item, request)), None)


def applies(statement: Any, request: Any) -> bool:
    """Return whether a parsed statement's action, resource and conditions match a request."""
    return (
        action_matches(statement, request.action)
        and _resource_matches(statement, request)
        and conditions_met(statement.conditions, request)
    )


def with_variables(conditions: Document, request: Any) -> Document:
    """Return conditions with every policy variable replaced; a value whose variable has none is left out."""
    return {
        operator: {
            key: [text for value in _listed(values) for text in _replaced(str(value), request)]
            for key, values in block.items()
        }
        for operator, block in conditions.items()
    }


def _is_known(operator: str) -> bool:
    name = operator.lower().removeprefix("forallvalues:").removeprefix("foranyvalue:")
    return name == "null" or name.removesuffix("ifexists") in OPERATORS


def _resource_matches(statement: Any, request: Any) -> bool:
    found = [_glob(pattern, request) for pattern in statement.resources or statement.not_resources]
    if statement.resources:
        return any(item is not None and item.fullmatch(request.resource_arn) for item in found)
    return all(item is not None and not item.fullmatch(request.resource_arn) for item in found)


def _glob(pattern: str, request: Any) -> re.Pattern[str] | None:
    """Return a resource pattern as a regular expression; None when a variable has no value."""
    if "${" not in pattern:
        return _constant(pattern)
    parts: list[str] = []
    position = 0
    for variable in _VARIABLE.finditer(pattern):
        value = _value(variable, request)
        if value is None:
            return None
        parts += [_wildcards(pattern[position : variable.start()]), re.escape(value)]
        position = variable.end()
    return re.compile("".join([*parts, _wildcards(pattern[position:])]), re.DOTALL)


@lru_cache(maxsize=2048)
def _constant(pattern: str) -> re.Pattern[str]:
    """Return a pattern without variables as a regular expression: the same few are asked for with every request."""
    return re.compile(_wildcards(pattern), re.DOTALL)


def _wildcards(text: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)


def _value(variable: re.Match[str], request: Any) -> str | None:
    if variable["key"] in _LITERALS:
        return variable["key"]
    value = condition_value(variable["key"], request)
    return variable["default"] if value is None or isinstance(value, list) else str(value)


def _replaced(text: str, request: Any) -> list[str]:
    for variable in list(_VARIABLE.finditer(text)):
        value = _value(variable, request)
        if value is None:
            return []
        text = text.replace(variable[0], value)
    return [text]


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
