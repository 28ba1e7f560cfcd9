"""What a statement's conditions about MFA say to each of the three ways in which a request can bear the MFA keys.

===========================  ==============================  =========================
who asks                     ``aws:MultiFactorAuthPresent``  ``aws:MultiFactorAuthAge``
===========================  ==============================  =========================
a long-term key              missing                         missing
a session without MFA        ``false``                       missing
a session with MFA           ``true``                        seconds since the code
===========================  ==============================  =========================

A missing key makes a condition false, one with ``IfExists`` true, a negated one true; ``Null`` asks for just that.
Three-valued: an operator or value that is not understood leaves the answer open, and so does an age.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "AWS global condition context keys".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from runner.model.canonical import Json
from runner.policy.document import Condition, EffectName

_PRESENT = "aws:multifactorauthpresent"
_AGE = "aws:multifactorauthage"
"""The keys in lower case: IAM ignores the case of keys."""
_PRESENT_NAME = "aws:MultiFactorAuthPresent"

WITH_MFA: Mapping[str, Mapping[str, str]] = MappingProxyType({"Bool": {_PRESENT_NAME: "true"}})
"""The condition of an Allow that lets nobody through without MFA."""
WITHOUT_MFA: Mapping[str, Mapping[str, str]] = MappingProxyType({"BoolIfExists": {_PRESENT_NAME: "false"}})
"""The condition of a Deny that stops whoever has no MFA; with ``IfExists`` long-term keys too, which lack the key."""

_OPERATOR = re.compile(r"(?P<name>Null|Bool|Numeric[A-Za-z]+?)(?P<optional>IfExists)?")
_COMPARISONS = frozenset(
    f"Numeric{name}"
    for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)

Truth: TypeAlias = "bool | None"
"""Whether a condition holds; None when that cannot be told."""


class Bearer(Enum):
    """Name who asks, by what the request says about MFA."""

    LONG_TERM_KEY = "a user's access key, which sends no MFA key at all"
    WITHOUT_MFA = "a session without MFA, which sends `false`"
    WITH_MFA = "a session with MFA"


def is_about_mfa(line: Condition) -> bool:
    """Return whether a line of a condition block tests one of the MFA keys."""
    return line.key.lower() in {_PRESENT, _AGE}


def holds(conditions: Iterable[Condition], bearer: Bearer) -> Truth:
    """Return whether all lines about MFA hold for a bearer; without any they always do. Other lines are not judged."""
    truths = {_holds(line, bearer) for line in conditions if is_about_mfa(line)}
    if False in truths:
        return False
    return None if None in truths else True


def corrected(effect: EffectName, conditions: Iterable[Condition]) -> str:
    """Return the condition block with sound lines about MFA, as compact JSON; other lines stay as they are."""
    block: dict[str, dict[str, Json]] = {}
    for line in conditions:
        better = _corrected(effect, line) if is_about_mfa(line) else line
        value: Json = better.values[0] if len(better.values) == 1 else better.values
        block.setdefault(better.operator, {})[better.key] = value
    return json.dumps(block, separators=(",", ":"))


def _holds(line: Condition, bearer: Bearer) -> Truth:
    found = _OPERATOR.fullmatch(line.operator)
    if found is None:
        return None
    key, optional = line.key.lower(), found["optional"] is not None
    missing = bearer is Bearer.LONG_TERM_KEY or (key == _AGE and bearer is Bearer.WITHOUT_MFA)
    match found["name"]:
        case "Null" if not optional:
            return _names(line, wanted=missing)
        case "Bool" if key == _PRESENT and _names(line, wanted=True) is not None:
            return optional if missing else _names(line, wanted=bearer is Bearer.WITH_MFA)
        case name if key == _AGE and missing and name in _COMPARISONS and _are_numbers(line):
            return optional or name == "NumericNotEquals"
        case _:
            return None


def _names(line: Condition, *, wanted: bool) -> Truth:
    """Return whether a truth value is among the line's values; None when one of them is none."""
    values = {text.lower() for text in line.values}
    return str(wanted).lower() in values if values <= {"true", "false"} else None


def _are_numbers(line: Condition) -> bool:
    return all(_NUMBER.fullmatch(value) for value in line.values)


def _corrected(effect: EffectName, line: Condition) -> Condition:
    found = _OPERATOR.fullmatch(line.operator)
    if line.key.lower() == _AGE and found is not None and found["name"] in _COMPARISONS:
        operator = found["name"] + ("IfExists" if effect == "Deny" else "")
        return Condition(operator, line.key, line.values)
    if effect == "Deny":
        return Condition("BoolIfExists", _PRESENT_NAME, ("false",))
    return Condition("Bool", _PRESENT_NAME, ("true",))
