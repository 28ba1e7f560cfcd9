"""The simulator's requests: parameters of the query protocol, checked.

What the sandbox cannot simulate is refused, never ignored. Source: IAM API reference, SimulatePrincipalPolicy; error
texts as seen in public issues.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.sandbox.simulation import Context, InvalidInput, SourcePolicy

Params: TypeAlias = Mapping[str, Any]

NOT_A_USER = "Invalid caller - Caller must be an IAM user in this context"
UNSUPPORTED = ("PolicyExclusionList", "OrderedOrganizationPolicyInputList", "ResourceHandlingOption")
PAGE = 100
"""Results per page when ``MaxItems`` is absent."""

_USER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/.+")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Question:
    """Hold what is asked: actions on resources (none: on ``*``), and which page of the answers."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    first: int
    last: int


def question(params: Params) -> Question:
    """Return the actions, resources and page that a request asks for.

    Raises:
        InvalidInput: for wildcards, malformed names, and parameters that the sandbox does not simulate.
    """
    for name in UNSUPPORTED:
        if any(key.split(".")[0] == name for key in params):
            raise InvalidInput(f"the sandbox does not simulate {name}")
    actions, resources = many(params, "ActionNames"), many(params, "ResourceArns")
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise InvalidInput(f"Invalid action: {action}")
    for resource in resources:
        if resource != "*" and not _ARN.fullmatch(resource):
            raise InvalidInput(f"ResourceNames are not in a valid ARN format: {resource}.")
    first, size = one(params, "Marker") or "0", one(params, "MaxItems") or str(PAGE)
    if not (first.isdecimal() and size.isdecimal() and int(size)):
        raise InvalidInput("Invalid Marker or MaxItems")
    return Question(actions, resources, int(first), int(first) + int(size))


def resource_policy(params: Params, caller: str) -> SourcePolicy | None:
    """Return the resource policy of a request, or None.

    Raises:
        InvalidInput: when there is one and the caller is no user: IAM does not simulate them for roles.
    """
    text = one(params, "ResourcePolicy")
    if text and not _USER.fullmatch(caller):
        raise InvalidInput(NOT_A_USER)
    return SourcePolicy("ResourcePolicy", text, "Resource Policy") if text else None


def policies(params: Params, name: str) -> tuple[SourcePolicy, ...]:
    """Return the policies of a list parameter, named as the simulator names them: ``PolicyInputList.1``."""
    return tuple(SourcePolicy(f"{name}.{index}", text) for index, text in enumerate(many(params, name), 1))


def context(params: Params) -> Context:
    """Return the condition keys that a request supplies, by lower-case name.

    Raises:
        InvalidInput: when a value does not fit its type.
    """
    found: dict[str, Any] = {}
    index = 1
    while name := one(params, f"ContextEntries.member.{index}.ContextKeyName"):
        kind = one(params, f"ContextEntries.member.{index}.ContextKeyType")
        values = many(params, f"ContextEntries.member.{index}.ContextKeyValues")
        fits = _FITS.get(kind.removesuffix("List"))
        if fits is None or not values or not all(fits(value) for value in values):
            raise InvalidInput(f"Invalid values of {name} for the type {kind}: {', '.join(values)}")
        found[name.lower()] = values[0] if len(values) == 1 else list(values)
        index += 1
    return found


def one(params: Params, name: str) -> str:
    """Return a parameter's text, empty when it is absent."""
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def many(params: Params, name: str) -> tuple[str, ...]:
    """Return the texts of a list parameter in order."""
    found: list[str] = []
    while value := one(params, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return tuple(found)


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return fits


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _is_date(value: str) -> bool:
    return _is_number(value) or _parses(dt.datetime.fromisoformat)(value)


_FITS: Mapping[str, Callable[[str], bool]] = {
    "string": lambda _: True,
    "binary": lambda _: True,
    "boolean": lambda value: value.lower() in ("true", "false"),
    "numeric": _is_number,
    "ip": _parses(lambda value: ipaddress.ip_network(value, strict=False)),
    "date": _is_date,
}
"""Whether a value fits a type of ContextKeyTypeEnum."""
