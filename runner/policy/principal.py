"""Does a statement's principal name who asks? Three-valued: yes and how, no, or cannot tell.

How it matches decides what an Allow is worth (see ``runner.policy.convert``): AWS limits a grant to the role by
boundary and session policy, a grant to the session, to a user or to everybody not, and a grant to the account only
hands the decision to the account's own policies.

Source: IAM user guide, "AWS JSON policy elements: Principal", "… NotPrincipal" and "Policy evaluation logic".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TypeAlias

from runner.model.arn import Arn
from runner.policy.document import Principals, Statement

_ORIGIN_ACCESS = "arn:aws:iam::cloudfront:user/"
"""CloudFront's origin access identities: the one principal whose account is not a number."""

_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
"""IAM user guide, "IAM identifiers": ``AIDA…`` a user, ``AROA…`` a role."""


@dataclass(frozen=True)
class Role:
    """Hold the role that the steps are done with, and the name its session carries."""

    arn: str
    """With the role's path, as ``iam:GetRole`` answers it."""
    role_id: str
    """The unique id: ``AROA…``."""
    session_name: str

    @property
    def account(self) -> str:
        """The account the role lives in, 12 digits."""
        return Arn.parse(self.arn).account

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return Arn.parse(self.arn).name

    @property
    def session_arn(self) -> str:
        """The ARN of the role's session, which never holds the path."""
        role = Arn.parse(self.arn)
        return f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{self.session_name}"


@dataclass(frozen=True)
class User:
    """Hold an IAM user, who asks with an access key or with a session of ``GetSessionToken``."""

    arn: str
    """With the user's path."""
    user_id: str
    """The unique id: ``AIDA…``."""

    @property
    def account(self) -> str:
        """The account the user lives in, 12 digits."""
        return Arn.parse(self.arn).account


Caller: TypeAlias = Role | User


class Way(IntEnum):
    """Say how a principal names the caller, in the order of what an Allow to it is worth."""

    ACCOUNT = auto()
    ROLE = auto()
    SESSION = auto()
    USER = auto()
    ANYBODY = auto()


@dataclass(frozen=True)
class Match:
    """Say that the statement concerns the caller; ``way`` is the strongest of the ways it is named."""

    way: Way


@dataclass(frozen=True)
class NoMatch:
    """Say that the statement is about others."""


@dataclass(frozen=True)
class CannotTell:
    """Say why it is not certain whom the statement is about."""

    why: str


Answer: TypeAlias = Match | NoMatch | CannotTell


def match_principal(statement: Statement, caller: Caller, *, bounded: bool = True) -> Answer:
    """Return whether the statement of a resource policy concerns the caller.

    ``bounded`` says that a permissions boundary limits the caller, or may: then nobody is sure to be spared by
    ``NotPrincipal``.
    """
    principals = statement.principals
    if principals is None:
        return CannotTell("it names no principal, so it is no statement of a resource policy")
    if principals.negated:
        return _not_principal(statement, principals, caller, bounded=bounded)
    answers = tuple(_entry(kind, value, caller) for kind, value in principals.entries)
    ways = tuple(answer.way for answer in answers if isinstance(answer, Match))
    unsure = tuple(answer for answer in answers if isinstance(answer, CannotTell))
    if Way.ANYBODY in ways or (ways and (statement.effect == "Deny" or not unsure)):
        # One sure name is enough for a Deny; what an Allow is worth depends on every name.
        return Match(max(ways))
    return unsure[0] if unsure else NoMatch()


def _not_principal(statement: Statement, principals: Principals, caller: Caller, *, bounded: bool) -> Answer:
    """Decide only the plain cases: a Deny that spares nobody of our account, and one that names all that we are.

    To be spared, AWS wants account, role and session listed, and with a boundary nothing helps.
    """
    if statement.effect == "Deny":
        if all(_is_foreign(kind, value, caller) for kind, value in principals.entries):
            return Match(Way.ANYBODY)
        answers = (_entry(kind, value, caller) for kind, value in principals.entries)
        if not bounded and _identities(caller) <= {answer.way for answer in answers if isinstance(answer, Match)}:
            return NoMatch()
    return CannotTell("it uses NotPrincipal, which spares some and not others in ways that cannot be simulated")


def _identities(caller: Caller) -> frozenset[Way]:
    match caller:
        case Role():
            return frozenset({Way.ACCOUNT, Way.ROLE, Way.SESSION})
        case User():
            return frozenset({Way.ACCOUNT, Way.USER})


def _is_foreign(kind: str, value: str, caller: Caller) -> bool:
    if kind != "AWS":
        # A canonical id may be our own account's.
        return kind != "CanonicalUser"
    account = value if _ACCOUNT.fullmatch(value) else _account(value)
    return account not in {"", caller.account}


def _account(value: str) -> str:
    try:
        return Arn.parse(value).account
    except ValueError:
        return ""


def _entry(kind: str, value: str, caller: Caller) -> Answer:
    if kind != "AWS":
        # A session of AssumeRole by an IAM user is no service and no federated identity. A canonical id names an
        # account: an Allow to an account changes nothing, and a Deny left out can only make the simulation refuse.
        return NoMatch()
    if value == "*":
        return Match(Way.ANYBODY)
    if value == caller.account:
        return Match(Way.ACCOUNT)
    if (way := _by_unique_id(value, caller)) is not None:
        return Match(way)
    if value.startswith(_ORIGIN_ACCESS) or _ACCOUNT.fullmatch(value) or _UNIQUE_ID.fullmatch(value):
        # Another account's number, or the unique id of another (or deleted) identity; ids are never used twice.
        return NoMatch()
    return _arn(value, caller)


def _by_unique_id(value: str, caller: Caller) -> Way | None:
    match caller:
        case Role(role_id=own) if value == own:
            return Way.ROLE
        case User(user_id=own) if value == own:
            return Way.USER
        case _:
            return None


def _arn(value: str, caller: Caller) -> Answer:
    unknown = CannotTell(f"its principal {value!r} is of an unknown form")
    try:
        arn = Arn.parse(value)
    except ValueError:
        return unknown
    if "*" in value or "?" in value:
        return CannotTell(f"its principal {value!r} holds a wildcard, which AWS does not expand there")
    if arn.account != caller.account:
        return NoMatch()
    return _of_our_account(arn, caller) or unknown


def _of_our_account(arn: Arn, caller: Caller) -> Answer | None:
    match (arn.service, arn.resource.partition("/")[0]):
        case ("iam", "root"):
            return Match(Way.ACCOUNT)
        case ("iam", "role" | "user"):
            own = Way.ROLE if isinstance(caller, Role) else Way.USER
            return Match(own) if str(arn) == caller.arn else NoMatch()
        case ("sts", "federated-user"):
            return NoMatch()
        case ("sts", "assumed-role"):
            return _session(str(arn), caller) if isinstance(caller, Role) else NoMatch()
        case _:
            return None


def _session(value: str, role: Role) -> Answer:
    if value == role.session_arn:
        return Match(Way.SESSION)
    if value.rsplit("/", 1)[0] == role.session_arn.rsplit("/", 1)[0]:
        # Whoever assumes the role chooses the name, so the grant is open to everybody who may assume it.
        return CannotTell(f"its principal {value!r} is another session of the same role")
    return NoMatch()
