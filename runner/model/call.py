"""Calls are data: what will be sent to AWS, written down before anything is sent.

A catalogue entry holds *templates* (`Call`, `Sweep`) whose arguments are placeholders. Binding a template to a target
gives *bound* calls (`BoundCall`, `BoundSweep`): the values that planning, simulation, the session policy, the write
gate, the journal and the one sending function all read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from string import Formatter
from types import MappingProxyType
from typing import TypeAlias

from runner.model.canonical import Json


@dataclass(frozen=True)
class P:
    """Stand for the whole value of a target parameter or of ``account``, ``region``, ``partition``."""

    name: str


@dataclass(frozen=True)
class T:
    """Stand for a text that is made of what `P` may name, as an ARN is: ``https://…/{account}/{queue}``.

    Every such value has matched its parameter's pattern, so that a text means what its template says.
    """

    template: str


@dataclass(frozen=True)
class N:
    """Stand for the whole number that `P` would be the digits of; the parameter's pattern lets nothing else through."""

    name: str


@dataclass(frozen=True)
class Each:
    """Stand for a field of the child that a sweep is at."""

    field: str


@dataclass(frozen=True)
class Children:
    """Stand for the list of children in a sweep's batch call."""


@dataclass(frozen=True)
class Kept:
    """Stand for the name of a copy that is kept; the argument is left out when the playbook drops the copy."""

    name: str


@dataclass(frozen=True)
class Dropped:
    """Stand for whether the playbook drops a copy: true or false."""

    name: str


Scalar: TypeAlias = "bool | int | str | None"
Argument: TypeAlias = (
    "Scalar | P | T | N | Each | Children | Kept | Dropped | tuple[Argument, ...] | Mapping[str, Argument]"
)
Args: TypeAlias = Mapping[str, Argument]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

DNS_SUFFIXES: Mapping[str, str] = MappingProxyType({"aws-cn": "amazonaws.com.cn"})
"""How the names of AWS's endpoints end, by partition, where it is not ``amazonaws.com``."""

TARGET = "{target}"
"""The resource template that means: the ARN of the step's target."""


class Effect(Enum):
    """Say what a call is for; everything but ``READ`` is a write and passes the write gate."""

    READ = "read"
    PREPARE = "prepare"
    KEEP = "keep"
    UNPROTECT = "unprotect"
    DELETE = "delete"
    REARM = "rearm"
    RESTORE = "restore"


@dataclass(frozen=True)
class Call:
    """Describe one API request.

    ``api`` is ``service:Operation`` in botocore's spelling. ``absent`` names the error codes that mean "there is no
    such thing", so that absence and failure never mix. ``resource`` is the ARN template that IAM sees; the default is
    the step's target. ``iam`` is derived (``runner.policy.names``), but for ``aws.call``. ``query`` is the JMESPath
    expression of what matters in a read's answer, a mapping; empty means all of it. ``keeps`` names the copy that a
    call makes: it is not sent when the playbook drops that. ``also`` are templates of further ARNs that IAM evaluates;
    those that name a copy which is dropped fall away.
    """

    api: str
    args: Args = field(default_factory=lambda: MappingProxyType({}))
    absent: tuple[str, ...] = ()
    effect: Effect = Effect.READ
    resource: str = TARGET
    query: str = ""
    keeps: str = ""
    also: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sweep:
    """Describe how to list children and delete them in batches.

    ``list`` is a read with a botocore paginator; ``items`` are the JMESPath expressions of the children in a page, most
    often the fields that hold them; ``{name}`` in one stands for a parameter, inside quotes. ``each``
    deletes one child; ``batch`` (optional) deletes up to ``batch_size`` at once: its arguments hold `Children`, filled
    with ``child`` of every child, and its per-child failures stand in the answer's ``Errors``.
    """

    children: str
    """What the children are called, in the plural: ``object versions``."""
    list: Call
    items: tuple[str, ...]
    each: Call
    child: Args = field(default_factory=lambda: MappingProxyType({}))
    batch: Call | None = None
    batch_size: int = 1
    size_field: str = ""
    """The child's field that holds its size in bytes, when it has one."""


@dataclass(frozen=True)
class Survey:
    """Describe a read of each thing that a listing holds: the documents of a role's inline policies.

    ``list`` is a read with a botocore paginator, ``items`` the JMESPath expression of what it lists, as in a `Sweep`.
    ``each`` reads one of them; its arguments name it by `Each`. The fact is ``{"Items": [{"item": …, "answer": …}]}``,
    in the listing's order; an answer is None where there is no such thing.
    """

    list: Call
    items: str
    each: Call


@dataclass(frozen=True)
class Listing:
    """Describe a read that lists things which are counted, and not touched by a call of ours.

    ``items`` is the JMESPath expression of them in a page of the answer, most often one field, as in a `Sweep`;
    ``name`` is the field of each that tells it from the others: its ARN, when it has one.
    """

    what: str
    """What they are called, in the plural: ``access points``."""
    call: Call
    items: str
    name: str


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
class BoundListing:
    """Hold a listing that is bound to one target."""

    what: str
    call: BoundCall
    items: str
    name: str


@dataclass(frozen=True)
class BoundSurvey:
    """Hold a survey that is bound to one target; only what it lists is still unknown."""

    list: BoundCall
    items: str
    each: BoundCall


PlannedCall: TypeAlias = BoundCall | BoundSweep
BoundFact: TypeAlias = BoundCall | BoundSurvey


def calls_of(fact: BoundFact) -> tuple[BoundCall, ...]:
    """Return the calls that a fact takes."""
    return (fact,) if isinstance(fact, BoundCall) else (fact.list, fact.each)


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


@dataclass(frozen=True)
class Binding:
    """Hold what templates are bound to: the target's parameters and where it lives."""

    params: Mapping[str, str]
    account: str
    region: str
    partition: str
    target: str
    """The target's ARN."""
    copies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The names of the copies that are kept, by the key they have under ``keep``."""

    def values(self) -> dict[str, str]:
        """Return every name a placeholder may use."""
        ambient = {
            "account": self.account,
            "region": self.region,
            "partition": self.partition,
            "target": self.target,
            "dns_suffix": DNS_SUFFIXES.get(self.partition, "amazonaws.com"),
        }
        return {**self.params, **self.copies, **ambient}

    def call(self, template: Call) -> BoundCall:
        """Bind a call; `Each` and `Children` stay."""
        service, operation = template.api.split(":", 1)
        values = self.values()
        return BoundCall(
            service=service,
            operation=operation,
            args=_bind(template.args, values),
            region=self.region,
            resources=(template.resource.format_map(values), *_arns(template.also, values)),
            effect=template.effect,
            absent=template.absent,
            query=_expression(template.query, values),
            keeps=template.keeps,
            nothing=template.nothing,
            iam=template.iam,
        )

    def template(self, arn: str) -> str:
        """Bind an ARN template but for ``{item}`` and ``{last}``, which stand for a thing in a listing."""
        return arn.format_map({**self.values(), "item": "{item}", "last": "{last}"})

    def sweep(self, template: Sweep) -> BoundSweep:
        """Bind a sweep's listing and its deletions."""
        return BoundSweep(
            children=template.children,
            list=self.call(template.list),
            items=tuple(_expression(items, self.values()) for items in template.items),
            each=self.call(template.each),
            child=_bind(template.child, self.values()),
            batch=None if template.batch is None else self.call(template.batch),
            batch_size=template.batch_size,
            size_field=template.size_field,
        )

    def listing(self, template: Listing) -> BoundListing:
        """Bind a listing."""
        items = _expression(template.items, self.values())
        return BoundListing(template.what, self.call(template.call), items, template.name)

    def fact(self, template: Call | Survey) -> BoundFact:
        """Bind a fact."""
        if isinstance(template, Call):
            return self.call(template)
        items = _expression(template.items, self.values())
        return BoundSurvey(self.call(template.list), items, self.call(template.each))

    def planned(self, template: Call | Sweep) -> PlannedCall:
        """Bind either kind of template."""
        match template:
            case Call():
                return self.call(template)
            case Sweep():
                return self.sweep(template)


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


def _arns(templates: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    named = ((template, {name for _, name, _, _ in Formatter().parse(template) if name}) for template in templates)
    return tuple(template.format_map(values) for template, names in named if names <= values.keys())


def _expression(template: str, values: Mapping[str, str]) -> str:
    """Fill in the values; JMESPath knows no ``{name}`` of its own, and no value ends the quotes around it."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]].replace("\\", "\\\\").replace("'", "\\'"), template)


def _bind(args: Args, values: Mapping[str, str]) -> Args:
    known = {name: value for name, value in args.items() if not (isinstance(value, Kept) and value.name not in values)}
    return MappingProxyType({name: _bound(value, values) for name, value in known.items()})


def _bound(value: Argument, values: Mapping[str, str]) -> Argument:
    match value:
        case P() | Kept():
            return values[value.name]
        case T():
            return value.template.format_map(values)
        case N():
            held = values[value.name]
            # The reference binds parameters to their own names, in braces.
            return int(held) if held.isdecimal() else held
        case Dropped():
            return value.name not in values
        case tuple():
            return tuple(_bound(item, values) for item in value)
        case Mapping():
            return _bind(value, values)
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
