"""The comparisons of condition operators: one value of a request against one value of a policy.

Text that is no number, date, address … for an operator that wants one is a doubt, on either side: what AWS makes of it
depends on the service that stored the policy, and STS stores such text.

Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from runner.policy.truth import Answer, Doubt, every
from runner.policy.wildcard import ARN_SECTIONS, Pattern, Wildcard, covers, plain

Compare: TypeAlias = Callable[[str, Pattern], Answer]
_Order: TypeAlias = Callable[[Any, Any], bool]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = re.compile(r"\d{9,11}", re.ASCII)
"""Seconds since 1970, of a length that cannot be meant for a year or for milliseconds."""
_NETWORK = re.compile(r"[0-9a-fA-F:.]+(/\d{1,3})?", re.ASCII)
_TRUTHS = frozenset({"true", "false"})
_LAST_OF_ONE_UNIT = "\uffff"
"""AWS counts UTF-16 units: two question marks stand for a character beyond this one."""


@dataclass(frozen=True)
class Operator:
    """Hold how an operator compares; ``negated`` turns the answer around, ``variables`` says that AWS expands them."""

    compare: Compare
    negated: bool = False
    variables: bool = False


def fits(text: str, pattern: Pattern) -> Answer:
    """Return whether a text fits a pattern."""
    if Wildcard.ONE in pattern and max(text, default="") > _LAST_OF_ONE_UNIT:
        return Doubt(f"{text!r} holds characters of which AWS counts each as two")
    return covers(pattern, tuple(text))


def _equals(text: str, literal: Pattern) -> Answer:
    return text == plain(literal)


def _equals_ignoring_case(text: str, literal: Pattern) -> Answer:
    wanted = plain(literal)
    lower, folded = text.lower() == wanted.lower(), text.casefold() == wanted.casefold()
    return lower if lower is folded else Doubt(f"{text!r} and {wanted!r} differ by case in some alphabets only")


def _arn(text: str, literal: Pattern) -> Answer:
    """Compare section by section; a star reaches over no colon before the resource."""
    wanted, found = _sections(literal), _sections(tuple(text))
    if not len(wanted) == len(found) == ARN_SECTIONS:
        return Doubt(f"{text!r} or {plain(literal)!r} is not an ARN")
    return every(fits(plain(section), part) for part, section in zip(wanted, found, strict=True))


def _sections(pattern: Pattern) -> tuple[Pattern, ...]:
    found: list[Pattern] = []
    rest = pattern
    while ":" in rest and len(found) < ARN_SECTIONS - 1:
        colon = rest.index(":")
        found.append(rest[:colon])
        rest = rest[colon + 1 :]
    return (*found, rest)


def _typed(parse: Callable[[str], Any], what: str, order: _Order) -> Compare:
    def compare(text: str, literal: Pattern) -> Answer:
        values: list[Any] = []
        for side in (text, plain(literal)):
            try:
                values.append(parse(side))
            except ValueError:
                return Doubt(f"{side!r} is not {what}")
        return order(*values)

    return compare


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _moment(text: str) -> datetime:
    """Read a date with its time and zone, or seconds since 1970; AWS documents no meaning for a day alone."""
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(text)
    return text.lower() == "true"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _address(text: str, literal: Pattern) -> Answer:
    written = plain(literal)
    try:
        address = ipaddress.ip_address(text)
        network = ipaddress.ip_network(written, strict=":" in written)
    except ValueError:
        return Doubt(f"{text!r} is not an address, or {written!r} is not a range of addresses")
    if not _NETWORK.fullmatch(written) or "%" in text:
        return Doubt(f"{text!r} or {written!r} is written in a way that AWS does not document")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return Doubt(f"{text!r} holds an IPv4 address inside an IPv6 address")
    return address in network


_SIGNS: Mapping[str, _Order] = MappingProxyType(
    {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
)
_LIKE = Operator(fits, variables=True)
_ARN = Operator(_arn, variables=True)


def _with_negations() -> dict[str, Operator]:
    """Return every operator under its AWS name, of ``Null`` and of additions to names apart."""
    ordered = {
        f"{kind}{name}": Operator(_typed(parse, what, order))
        for kind, parse, what in (("Numeric", _number, "a number"), ("Date", _moment, "a date with time and zone"))
        for name, order in _SIGNS.items()
    }
    positive = {
        "StringEquals": Operator(_equals, variables=True),
        "StringEqualsIgnoreCase": Operator(_equals_ignoring_case, variables=True),
        "StringLike": _LIKE,
        **ordered,
        "ArnEquals": _ARN,
        "ArnLike": _ARN,
        "IpAddress": Operator(_address),
    }
    negated = {
        _negation(name): Operator(found.compare, negated=True, variables=found.variables)
        for name, found in positive.items()
        if "Than" not in name
    }
    return {
        **positive,
        **negated,
        "Bool": Operator(_typed(_truth, "true or false", operator.eq)),
        "BinaryEquals": Operator(_typed(_bytes, "base64", operator.eq)),
    }


def _negation(name: str) -> str:
    return "NotIpAddress" if name == "IpAddress" else name.replace("Equals", "NotEquals").replace("Like", "NotLike")


OPERATORS: Mapping[str, Operator] = MappingProxyType(_with_negations())
"""Operators by name; ``Null``, ``…IfExists`` and the set operators are in ``runner.policy.condition``."""
