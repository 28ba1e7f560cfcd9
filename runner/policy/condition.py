"""Does a condition hold for a request? Three-valued: yes, no, or a doubt.

- All lines of a block must hold. Of several values of a line one must fit; for a negated operator none may.
- A missing key makes a line false, a negated one true. ``…IfExists`` makes it true, and ``Null`` asks for just that.
- ``ForAllValues:`` wants every value of the key to fit, and holds for no value at all. ``ForAnyValue:`` wants one.
- A key that may have several values wants one of these two; without them it is a doubt.
- An operator, a value or a variable that is not understood is a doubt, also beside values that fit. So is an operator
  of another kind than AWS documents for a global key, and a set operator on such a key with one value.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued
context keys".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from runner.policy.document import Condition
from runner.policy.operators import OPERATORS, Operator
from runner.policy.request import Absent, NotKnown, RequestContext, SomeValue, Values
from runner.policy.truth import Answer, Doubt, every, some
from runner.policy.variables import expand, has_variable
from runner.policy.wildcard import tokens

_NAME = re.compile(r"(?P<set>ForAllValues:|ForAnyValue:)?(?P<name>[A-Za-z]+?)(?P<optional>IfExists)?")
_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws:currenttime": ("Date",),
        "aws:epochtime": ("Date", "Numeric"),
        "aws:multifactorauthage": ("Numeric",),
        "aws:multifactorauthpresent": ("Bool",),
        "aws:principalisawsservice": ("Bool",),
        "aws:securetransport": ("Bool",),
        "aws:sourceip": ("IpAddress", "NotIpAddress"),
        "aws:tokenissuetime": ("Date",),
        "aws:viaawsservice": ("Bool",),
    }
)
"""How the operators begin that are for a global key with one value, which is no text; keys in lower case.

Source: IAM user guide, "AWS global condition context keys".
"""
_ALL, _ANY = "ForAllValues:", "ForAnyValue:"


@dataclass(frozen=True)
class _Form:
    """Hold an operator's name in its parts; ``quantifier`` is None for an operator on single values."""

    quantifier: str | None
    operator: Operator
    is_optional: bool

    @property
    def when_missing(self) -> bool:
        """Whether the line holds for a request without the key."""
        if self.is_optional:
            return True
        return self.quantifier == _ALL if self.quantifier else self.operator.negated


def all_hold(conditions: Iterable[Condition], context: RequestContext, version: str) -> Answer:
    """Return whether a whole condition block holds; ``version`` is the one of the policy document."""
    lines = tuple(conditions)
    answers = [holds(line, context, version) for line in lines]
    if len(lines) > 1 and len({(line.operator, line.key.lower()) for line in lines}) < len(lines):
        answers.append(Doubt("its condition names the same key twice, in other letters"))
    return every(answers)


def holds(line: Condition, context: RequestContext, version: str) -> Answer:
    """Return whether one line of a condition block holds."""
    if line.operator == "Null":
        return _null(line, context)
    form = _form(line)
    if isinstance(form, Doubt):
        return form
    is_fixed = not any(has_variable(value, version) for value in line.values)
    wanted = _read_fixed(line, version) if is_fixed else _read(line, form.operator, context, version)
    if isinstance(wanted, Doubt):
        return wanted
    match context.look_up(line.key):
        case Absent():
            return form.when_missing
        case NotKnown():
            return Doubt(f"it is not known whether the request has the key {line.key}, and with which value")
        case SomeValue():
            return Doubt(f"the value of the key {line.key} is not known")
        case Values() as found:
            return _compared(line, form, found, wanted)


@lru_cache(maxsize=256)
def _form(line: Condition) -> _Form | Doubt:
    found = _NAME.fullmatch(line.operator)
    if found is None or found["name"] not in OPERATORS:
        return Doubt(f"the condition operator {line.operator!r} is not known")
    if (kinds := _KINDS.get(line.key.lower())) and not line.operator.startswith(kinds):
        return Doubt(f"the condition operator {line.operator} is not for the key {line.key}")
    return _Form(found["set"], OPERATORS[found["name"]], found["optional"] is not None)


def _null(line: Condition, context: RequestContext) -> Answer:
    wanted = {value.lower() for value in line.values}
    if wanted not in ({"true"}, {"false"}):
        return Doubt(f"the value of Null for {line.key} is neither true nor false")
    asks_for_absence = "true" in wanted
    match context.look_up(line.key):
        case Absent():
            return asks_for_absence
        case SomeValue():
            return not asks_for_absence
        case Values(texts) if any(texts):
            return not asks_for_absence
        case Values():
            return Doubt(f"the key {line.key} is there, and empty")
        case NotKnown():
            return Doubt(f"it is not known whether the request has the key {line.key}")


def _read(line: Condition, operator: Operator, context: RequestContext, version: str) -> tuple[Any, ...] | Doubt:
    """Return the values of the line as the operator reads them, or the first doubt about one.

    A value that is not understood may make AWS drop the whole statement: another value that fits does not help.
    """
    read: list[Any] = []
    for value in line.values:
        literal = expand(value, version, context) if operator.variables else tokens(value)
        if isinstance(literal, Doubt):
            return literal
        try:
            read.append(operator.read(literal))
        except ValueError as error:
            return Doubt(f"{line.operator} of {line.key} is not understood: {error}")
    return tuple(read)


@lru_cache(maxsize=256)
def _read_fixed(line: Condition, version: str) -> tuple[Any, ...] | Doubt:
    """Return what `_read` returns for a line without variables: the same in every context."""
    form = _form(line)
    return form if isinstance(form, Doubt) else _read(line, form.operator, RequestContext(), version)


def _compared(line: Condition, form: _Form, found: Values, wanted: tuple[Any, ...]) -> Answer:
    if found.many and not form.quantifier:
        return Doubt(f"the key {line.key} may have several values, and {line.operator} is for one")
    if form.quantifier and not all(found.texts):
        # AWS's page takes an empty text for no value at all.
        return Doubt(f"the key {line.key} has an empty value")
    answers = [_fits_any(line, text, form.operator, wanted) for text in found.texts]
    return some(answers) if form.quantifier == _ANY else every(answers)


def _fits_any(line: Condition, text: str, operator: Operator, wanted: tuple[Any, ...]) -> Answer:
    try:
        fitting = [operator.compare(text, literal) for literal in wanted]
    except ValueError as error:
        return Doubt(f"{line.operator} of {line.key} cannot be told: {error}")
    return any(fitting) is not operator.negated
