"""What a statement's conditions about MFA say to each of the three ways in which a request can bear the MFA keys.

===========================  ==============================  =========================
who asks                     ``aws:MultiFactorAuthPresent``  ``aws:MultiFactorAuthAge``
===========================  ==============================  =========================
a long-term key              missing                         missing
a session without MFA        ``false``                       missing
a session with MFA           ``true``                        seconds since the code
===========================  ==============================  =========================

What a condition makes of them says ``runner.policy.condition``; the age of a code is not known here.

Source: IAM user guide, "AWS global condition context keys".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from runner.model.canonical import Json
from runner.policy import condition
from runner.policy.document import Condition, EffectName
from runner.policy.operators import OPERATORS
from runner.policy.request import RequestContext
from runner.policy.truth import Doubt, every

_PRESENT = "aws:multifactorauthpresent"
_AGE = "aws:multifactorauthage"
"""The keys in lower case: IAM ignores the case of keys."""
_PRESENT_NAME = "aws:MultiFactorAuthPresent"

WITH_MFA: Mapping[str, Mapping[str, str]] = MappingProxyType({"Bool": {_PRESENT_NAME: "true"}})
"""The condition of an Allow that lets nobody through without MFA."""
WITHOUT_MFA: Mapping[str, Mapping[str, str]] = MappingProxyType({"BoolIfExists": {_PRESENT_NAME: "false"}})
"""The condition of a Deny that stops whoever has no MFA; with ``IfExists`` long-term keys too, which lack the key."""

_VERSION = "2012-10-17"
"""The version does not matter: no operator for these keys expands policy variables."""

Truth: TypeAlias = "bool | None"
"""Whether a condition holds; None when that cannot be told."""


class Bearer(Enum):
    """Name who asks, by what the request says about MFA."""

    LONG_TERM_KEY = "a user's access key, which sends no MFA key at all"
    WITHOUT_MFA = "a session without MFA, which sends `false`"
    WITH_MFA = "a session with MFA"


_CONTEXTS: Mapping[Bearer, RequestContext] = MappingProxyType(
    {
        Bearer.LONG_TERM_KEY: RequestContext(absent=frozenset({_PRESENT, _AGE})),
        Bearer.WITHOUT_MFA: RequestContext({_PRESENT: "false"}, absent=frozenset({_AGE})),
        Bearer.WITH_MFA: RequestContext({_PRESENT: "true"}, present=frozenset({_AGE})),
    }
)


def is_about_mfa(line: Condition) -> bool:
    """Return whether a line of a condition block tests one of the MFA keys."""
    return line.key.lower() in {_PRESENT, _AGE}


def holds(conditions: Iterable[Condition], bearer: Bearer) -> Truth:
    """Return whether all lines about MFA hold for a bearer; without any they always do. Other lines are not judged."""
    lines = (line for line in conditions if is_about_mfa(line))
    answer = every(condition.holds(line, _CONTEXTS[bearer], _VERSION) for line in lines)
    return None if isinstance(answer, Doubt) else answer


def corrected(effect: EffectName, conditions: Iterable[Condition]) -> str:
    """Return the condition block with sound lines about MFA, as compact JSON; other lines stay as they are."""
    block: dict[str, dict[str, Json]] = {}
    for line in conditions:
        better = _corrected(effect, line) if is_about_mfa(line) else line
        value: Json = better.values[0] if len(better.values) == 1 else better.values
        block.setdefault(better.operator, {})[better.key] = value
    return json.dumps(block, separators=(",", ":"))


def _corrected(effect: EffectName, line: Condition) -> Condition:
    comparison = line.operator.removesuffix("IfExists")
    if line.key.lower() == _AGE and comparison.startswith("Numeric") and comparison in OPERATORS:
        return Condition(comparison + ("IfExists" if effect == "Deny" else ""), line.key, line.values)
    if effect == "Deny":
        return Condition("BoolIfExists", _PRESENT_NAME, ("false",))
    return Condition("Bool", _PRESENT_NAME, ("true",))
