"""The policies that bear on a request, and what can come out of asking them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from runner.model.canonical import Json
from runner.policy.document import Document, Undecidable, parse
from runner.policy.statement import Kind
from runner.policy.variables import keys_of


@dataclass(frozen=True)
class Policy:
    """Hold a policy that was read; ``name`` is what a reader knows it by."""

    name: str
    document: Document

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key that its statements look at, in lower case."""
        return frozenset(key for statement in self.document.statements for key in keys_of(statement))


@dataclass(frozen=True)
class Unreadable:
    """Stand for a policy that is there and not understood: it may allow and deny anything."""

    name: str
    why: str


AnyPolicy: TypeAlias = Policy | Unreadable


def read_policy(name: str, policy: str | Mapping[str, Json]) -> AnyPolicy:
    """Read a policy under a name; one that is not understood as a whole is kept as `Unreadable`."""
    try:
        return Policy(name, parse(policy))
    except Undecidable as error:
        return Unreadable(name, str(error))


@dataclass(frozen=True)
class Policies:
    """Hold every policy that bears on a request.

    ``boundary`` and ``resource`` are None when there is none, ``session`` is empty when the session was made without.
    ``kind`` says what ``resource`` is: a policy of a resource such as a bucket, of a KMS key, or a role's trust policy.
    """

    identity: tuple[AnyPolicy, ...] = ()
    boundary: AnyPolicy | None = None
    session: tuple[AnyPolicy, ...] = ()
    resource: AnyPolicy | None = None
    kind: Kind = Kind.RESOURCE


@dataclass(frozen=True)
class Decider:
    """Name the statement that decided, and the policy it stands in."""

    kind: Kind
    policy: str
    statement: str


@dataclass(frozen=True)
class Allowed:
    """Say that AWS allows the request, and by which statements: one of every policy whose word was needed."""

    by: tuple[Decider, ...]


@dataclass(frozen=True)
class ExplicitlyDenied:
    """Say that AWS denies the request, and by which statement."""

    by: Decider


@dataclass(frozen=True)
class ImplicitlyDenied:
    """Say that AWS denies the request because no policy of a kind allows it.

    With ``doubts`` there may be an explicit Deny besides; denied it is either way.
    """

    kind: Kind
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """Say why it cannot be told whether AWS allows the request; each doubt is a sentence."""

    doubts: tuple[str, ...]


Decision: TypeAlias = Allowed | ExplicitlyDenied | ImplicitlyDenied | Unknown
