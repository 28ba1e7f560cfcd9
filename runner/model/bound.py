"""Bound calls: what will be sent to AWS, with every argument known but those that a sweep's children give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.model.call import Args, Argument, Children, Dropped, Each, Effect, Kept, N, P, T
from runner.model.canonical import Json
from runner.model.key_span import KeySpan

Params: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True)
class BoundCall:
    """Hold one request with every argument known, or with `Each`/`Children` left when it belongs to a sweep."""

    service: str
    operation: str
    args: Args
    region: str
    resources: tuple[str, ...]
    """The ARNs that IAM evaluates; ``*`` for actions without resource-level permissions."""
    effect: Effect
    absent: tuple[str, ...] = ()
    query: str = ""
    keeps: str = ""
    nothing: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()
    """The IAM actions, where they are not derived."""
    keys: KeySpan | None = None
    """The keys that a write is held to, where these are some of a bucket's."""

    @property
    def api(self) -> str:
        """``service:Operation`` in botocore's spelling."""
        return f"{self.service}:{self.operation}"

    @property
    def is_write(self) -> bool:
        """Whether the call may change something."""
        return self.effect is not Effect.READ

    @property
    def needs_child(self) -> bool:
        """Whether an argument is a field of a thing that is listed first."""
        return any(isinstance(value, Each) for value in self.args.values())

    @property
    def params(self) -> Params:
        """The request parameters.

        Raises:
            ValueError: when the call is a sweep's template and still holds placeholders.
        """
        return fill(self.args, {})

    def to_data(self) -> dict[str, Json]:
        """Return the plain form that plans and journals hold."""
        return {
            "api": self.api,
            "args": _describe(self.args),
            "region": self.region,
            "resources": self.resources,
            "effect": self.effect.value,
        }


@dataclass(frozen=True)
class BoundSweep:
    """Hold a sweep whose calls are bound to one target; only the children are still unknown."""

    children: str
    list: BoundCall
    items: tuple[str, ...]
    each: BoundCall
    child: Args
    batch: BoundCall | None
    batch_size: int
    size_field: str

    @property
    def writes(self) -> tuple[BoundCall, ...]:
        """The calls that delete children."""
        return (self.each,) if self.batch is None else (self.batch, self.each)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form that plans and journals hold."""
        return {
            "sweep": self.children,
            "list": self.list.to_data(),
            "items": self.items,
            "calls": [call.to_data() for call in self.writes],
            "child": _describe(self.child),
            "batch_size": self.batch_size,
            "size_field": self.size_field,
        }


@dataclass(frozen=True)
class BoundWithin:
    """Hold a read of things about each of which a listing is made, bound to one target."""

    call: BoundCall
    items: str


@dataclass(frozen=True)
class BoundListing:
    """Hold a listing that is bound to one target."""

    what: str
    call: BoundCall
    items: str
    name: str
    within: tuple[BoundWithin, ...] = ()
    matching: tuple[str, str] | None = None

    @property
    def calls(self) -> tuple[BoundCall, ...]:
        """The reads that the listing takes."""
        return (*(place.call for place in self.within), self.call)


@dataclass(frozen=True)
class BoundSurvey:
    """Hold a survey that is bound to one target; only what it lists is still unknown."""

    list: BoundCall
    items: str
    each: BoundCall
    found: str = ""
    within: tuple[BoundWithin, ...] = ()

    @property
    def calls(self) -> tuple[BoundCall, ...]:
        """The reads that the survey takes."""
        return (*(place.call for place in self.within), self.list, self.each)


@dataclass(frozen=True)
class BoundSample:
    """Hold a sample that is bound to one target; of keys it is of those of the target alone."""

    list: BoundCall
    items: str
    each: Mapping[str, BoundCall]
    where: str
    most: int
    keys: KeySpan | None = None


PlannedCall: TypeAlias = BoundCall | BoundSweep
BoundFact: TypeAlias = BoundCall | BoundSurvey | BoundSample


def calls_of(fact: BoundFact) -> tuple[BoundCall, ...]:
    """Return the calls that a fact takes."""
    match fact:
        case BoundCall():
            return (fact,)
        case BoundSurvey():
            return fact.calls
        case BoundSample():
            return (fact.list, *fact.each.values())


def writes_of(calls: tuple[PlannedCall, ...]) -> tuple[BoundCall, ...]:
    """Return every write, those inside sweeps included, in order."""
    found: list[BoundCall] = []
    for call in calls:
        match call:
            case BoundCall():
                if call.is_write:
                    found.append(call)
            case BoundSweep():
                found.extend(call.writes)
    return tuple(found)


def reads_of(calls: tuple[PlannedCall, ...]) -> tuple[BoundCall, ...]:
    """Return every read, the sweeps' listings included, in order."""
    found: list[BoundCall] = []
    for call in calls:
        match call:
            case BoundCall():
                if not call.is_write:
                    found.append(call)
            case BoundSweep():
                found.append(call.list)
    return tuple(found)


def fill(args: Args, child: Mapping[str, Json], children: tuple[Json, ...] | None = None) -> Params:
    """Return plain parameters: `Each` becomes the child's field, `Children` the list.

    A field that the child lacks is left out of the request: objects of a bucket that never had versions have none.

    Raises:
        ValueError: when a placeholder has no value.
    """
    filled: dict[str, Json] = {}
    for name, value in args.items():
        if isinstance(value, Each) and value.field not in child and child:
            continue
        filled[name] = _filled(value, child, children)
    return filled


def _filled(value: Argument, child: Mapping[str, Json], children: tuple[Json, ...] | None) -> Json:
    match value:
        case P() | T() | N() | Kept() | Dropped():
            raise ValueError(f"{value} was never bound")
        case Each():
            if value.field not in child:
                raise ValueError(f"{value} has no child to read from")
            return child[value.field]
        case Children():
            if children is None:
                raise ValueError("this call needs a list of children")
            return children
        case tuple():
            return tuple(_filled(item, child, children) for item in value)
        case Mapping():
            return fill(value, child, children)
        case _:
            return value


def _describe(value: Argument) -> Json:
    match value:
        case Each():
            return f"<each {value.field}>"
        case Children():
            return "<children>"
        case P() | N() | Kept() | Dropped():
            return f"<{value.name}>"
        case T():
            return value.template
        case tuple():
            return tuple(_describe(item) for item in value)
        case Mapping():
            return {name: _describe(item) for name, item in value.items()}
        case _:
            return value
