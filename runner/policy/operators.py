"""The comparisons of condition operators: one value of a request against one value of a policy.

Text that is no number, date, address … for an operator that wants one is a `ValueError`, on either side: what AWS makes
of it depends on the service that stored the policy, and STS stores such text.

Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from runner.policy.wildcard import ARN_SECTIONS, Pattern, Wildcard, covers, plain

_Order: TypeAlias = Callable[[Any, Any], bool]
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

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
    """Hold how an operator reads the value of a policy, and how it compares the value of a request with that.

    Both raise `ValueError` for text they cannot read. ``negated`` turns the answer around, ``variables`` says that AWS
    expands policy variables for this operator.
    """

    read: Callable[[Pattern], Any]
    compare: Callable[[str, Any], bool]
    negated: bool = False
    variables: bool = False


def fits(text: str, pattern: Pattern) -> bool:
    """Return whether a text fits a pattern.

    Raises:
        ValueError: when that depends on how characters are counted.
    """
    if Wildcard.ONE in pattern and max(text, default="") > _LAST_OF_ONE_UNIT:
        raise ValueError(f"{text!r} holds characters of which AWS counts each as two")
    return covers(pattern, tuple(text))


def _equals_ignoring_case(text: str, wanted: str) -> bool:
    lower, folded = text.lower() == wanted.lower(), text.casefold() == wanted.casefold()
    if lower is not folded:
        raise ValueError(f"{text!r} and {wanted!r} differ by case in some alphabets only")
    return lower


def _pattern(literal: Pattern) -> Pattern:
    return literal


def _arn(literal: Pattern) -> tuple[Pattern, ...]:
    """Cut an ARN into its six sections; only the resource may hold colons."""
    sections: list[Pattern] = []
    rest = literal
    while ":" in rest and len(sections) < ARN_SECTIONS - 1:
        colon = rest.index(":")
        sections.append(rest[:colon])
        rest = rest[colon + 1 :]
    if len(sections) < ARN_SECTIONS - 1:
        raise ValueError(f"{plain(literal)!r} is not an ARN")
    return (*sections, rest)


def _arn_fits(text: str, wanted: tuple[Pattern, ...]) -> bool:
    """Compare section by section; a star reaches over no colon before the resource."""
    sections = [fits(plain(section), part) for section, part in zip(_arn(tuple(text)), wanted, strict=True)]
    return all(sections)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text)


def _moment(text: str) -> datetime:
    """Read a date with its time and zone, or seconds since 1970; AWS documents no meaning for a day alone."""
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date with time and zone")
    return datetime.fromisoformat(text)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _network(literal: Pattern) -> _Network:
    written = plain(literal)
    if not _NETWORK.fullmatch(written):
        raise ValueError(f"{written!r} is not a range of addresses")
    # IPv4 ranges ignore the bits beyond their prefix, of IPv6 ranges AWS does not say.
    return ipaddress.ip_network(written, strict=":" in written)


def _is_in(text: str, network: _Network) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        raise ValueError(f"{text!r} is written in a way of which AWS does not say what it means")
    return address in network


def _typed(parse: Callable[[str], Any], order: _Order) -> Operator:
    return Operator(lambda literal: parse(plain(literal)), lambda text, wanted: order(parse(text), wanted))


_SIGNS: Mapping[str, _Order] = MappingProxyType(
    {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
)
_LIKE = Operator(_pattern, fits, variables=True)
_ARN = Operator(_arn, _arn_fits, variables=True)


def _with_negations() -> dict[str, Operator]:
    """Return every operator under its AWS name, of ``Null`` and of additions to names apart."""
    positive = {
        "StringEquals": Operator(plain, operator.eq, variables=True),
        "StringEqualsIgnoreCase": Operator(plain, _equals_ignoring_case, variables=True),
        "StringLike": _LIKE,
        **{f"Numeric{name}": _typed(_number, order) for name, order in _SIGNS.items()},
        **{f"Date{name}": _typed(_moment, order) for name, order in _SIGNS.items()},
        "ArnEquals": _ARN,
        "ArnLike": _ARN,
        "IpAddress": Operator(_network, _is_in),
    }
    negated = {_negation(name): replace(found, negated=True) for name, found in positive.items() if "Than" not in name}
    return {
        **positive,
        **negated,
        "Bool": _typed(_truth, operator.eq),
        "BinaryEquals": _typed(_bytes, operator.eq),
    }


def _negation(name: str) -> str:
    return "NotIpAddress" if name == "IpAddress" else name.replace("Equals", "NotEquals").replace("Like", "NotLike")


OPERATORS: Mapping[str, Operator] = MappingProxyType(_with_negations())
"""Operators by name; ``Null``, ``…IfExists`` and the set operators are in ``runner.policy.condition``."""
