"""Does one statement of a policy apply to a request? Action, resource, principal and conditions, three-valued.

- Actions ignore the case of letters, resources do not.
- Identity policies, boundaries and session policies name no principal and always a resource, resource policies name
  both, trust policies name no resource: AWS stores nothing else, so anything else is a doubt.

Source: IAM user guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from runner.policy.condition import all_hold
from runner.policy.document import Element, Statement
from runner.policy.operators import fits
from runner.policy.principal import CannotTell, Match, NoMatch, Way, match_principal
from runner.policy.request import Request
from runner.policy.truth import Answer, Doubt, every, opposite, some
from runner.policy.variables import expand, has_variable, widest
from runner.policy.wildcard import ARN_SECTIONS, Pattern, Wildcard, covers, overlaps, plain, tokens

_CANONICAL = "CanonicalUser"


class Kind(Enum):
    """Name the kinds of policies, in the words of AWS's refusals where it has them."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    KEY = "key policy"
    TRUST = "trust policy"


ON_RESOURCES = frozenset({Kind.RESOURCE, Kind.KEY, Kind.TRUST})
"""The kinds that are attached to what is asked for, and name who may ask."""


@dataclass(frozen=True)
class Applies:
    """Say whether a statement applies, and for a resource policy in which way it names the caller."""

    answer: Answer
    way: Way | None = None


def applies(statement: Statement, kind: Kind, version: str, request: Request, *, bounded: bool) -> Applies:
    """Return whether the statement applies; ``version`` is its document's, ``bounded`` says there is a boundary."""
    named = _action(statement.action, request.action, version)
    if named is False:
        # Most statements are about other actions: the rest need not be looked at.
        return Applies(answer=False)
    whom = _principal(statement, kind, request, bounded=bounded)

    def answers() -> Iterator[Answer]:
        # One after the other: what a no makes needless is not looked at.
        yield named
        yield whom.answer
        yield _resource(statement.resource, kind, version, request)
        yield all_hold(statement.conditions, request.context, version)

    return Applies(every(answers()), whom.way)


def _action(element: Element, action: str, version: str) -> Answer:
    if any(has_variable(value, version) for value in element.values):
        return Doubt("it has a policy variable in its action")
    asked = tuple(action.lower())
    named = any(covers(tokens(value.lower()), asked) for value in element.values)
    return named is not element.negated


def _principal(statement: Statement, kind: Kind, request: Request, *, bounded: bool) -> Applies:
    if kind not in ON_RESOURCES:
        return Applies(True if statement.principals is None else Doubt(f"it names a principal in a {kind.value}"))
    match match_principal(statement, request.caller, bounded=bounded):
        case Match(way):
            return Applies(answer=True, way=way)
        case CannotTell(why):
            return Applies(Doubt(why))
        case NoMatch() if statement.effect == "Deny" and _names_canonical_user(statement):
            return Applies(Doubt("it denies a canonical user, who may be the caller's account"))
        case NoMatch():
            return Applies(answer=False)


def _names_canonical_user(statement: Statement) -> bool:
    return statement.principals is not None and any(kind == _CANONICAL for kind, _ in statement.principals.entries)


def _resource(element: Element | None, kind: Kind, version: str, request: Request) -> Answer:
    if kind is Kind.TRUST:
        return True if element is None else Doubt("it names a resource in a trust policy")
    if element is None:
        return Doubt("it names no resource")
    asked = _asked(request.resource)
    patterns = [_pattern(value, version, request) for value in element.values]
    doubt = next((pattern for pattern in patterns if isinstance(pattern, Doubt)), None)
    if doubt is None:
        named = some(_reaches(pattern, asked) for pattern in patterns if not isinstance(pattern, Doubt))
        return opposite(named) if element.negated else named
    # A variable without a value may make AWS drop the whole statement: another resource that fits does not help.
    may_name = element.negated or any(overlaps(widest(value), asked) for value in element.values)
    return doubt if may_name else False


def _asked(resource: str) -> Pattern:
    """Return what is asked for as a pattern; ``*`` alone is no pattern, it says that the action has no resource."""
    return tuple(resource) if resource == "*" else tokens(resource)


def _pattern(value: str, version: str, request: Request) -> Pattern | Doubt:
    if has_variable(":".join(value.split(":")[: ARN_SECTIONS - 1]), version):
        return Doubt(f"the resource {value!r} has a policy variable before its last section")
    return expand(value, version, request.context)


@lru_cache(maxsize=4096)
def _reaches(pattern: Pattern, asked: Pattern) -> Answer:
    if not any(isinstance(token, Wildcard) for token in asked):
        try:
            return fits(plain(asked), pattern)
        except ValueError as error:
            return Doubt(str(error))
    if covers(pattern, asked):
        return True
    return Doubt(f"{plain(pattern)!r} reaches a part of {plain(asked)}") if overlaps(pattern, asked) else False
