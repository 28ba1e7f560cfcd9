"""Binding: templates become bound calls, with the values of one target."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from string import Formatter
from types import MappingProxyType

import jmespath

from runner.model.bound import (
    BoundCall,
    BoundFact,
    BoundListing,
    BoundSample,
    BoundSurvey,
    BoundSweep,
    BoundWithin,
    PlannedCall,
)
from runner.model.call import (
    DNS_SUFFIXES,
    Args,
    Argument,
    Call,
    Dropped,
    Kept,
    Listing,
    N,
    P,
    Repeat,
    Sample,
    Survey,
    Sweep,
    T,
    Within,
)
from runner.model.canonical import Json
from runner.model.key_span import KeySpan

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
    role: str = ""
    """The ARN of the role that acts."""

    def values(self) -> dict[str, str]:
        """Return every name a placeholder may use."""
        ambient = {
            "account": self.account,
            "region": self.region,
            "partition": self.partition,
            "target": self.target,
            "acting_role": self.role,
            "dns_suffix": DNS_SUFFIXES.get(self.partition, "amazonaws.com"),
        }
        return {**self.params, **self.copies, **ambient}

    def call(self, template: Call) -> BoundCall:
        """Bind a call; `Each` and `Children` stay."""
        service, operation = template.api.split(":", 1)
        values = self.values()
        bound = BoundCall(
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
        if not template.of_keys:
            return bound
        span = KeySpan.of(self.params)
        if not bound.is_write:
            return replace(bound, args=MappingProxyType({**bound.args, "Prefix": span.begins}))
        return replace(bound, resources=span.arns(bound.resources[0]), keys=span)

    def template(self, arn: str) -> str:
        """Bind an ARN template but for ``{item}``, ``{last}`` and ``{{Field}}``: they stand for a listed thing."""
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
        return BoundListing(
            template.what,
            self.call(template.call),
            _expression(template.items, self.values()),
            template.name,
            tuple(
                BoundWithin(self.call(place.call), _expression(place.items, self.values())) for place in template.within
            ),
            template.matching,
        )

    def fact(self, template: Call | Survey | Sample) -> BoundFact:
        """Bind a fact."""
        match template:
            case Call():
                return self.call(template)
            case Survey():
                items = _expression(template.items, self.values())
                found = _expression(template.found, self.values())
                within = self._within(template.within)
                return BoundSurvey(self.call(template.list), items, self.call(template.each), found, within)
            case Sample(listing, items, each, where, most):
                span = KeySpan.of(self.params) if listing.of_keys else None
                reads = MappingProxyType({name: self.call(call) for name, call in each.items()})
                return BoundSample(self.call(listing), items, reads, where, most, span)

    def _within(self, places: tuple[Within, ...]) -> tuple[BoundWithin, ...]:
        return tuple(BoundWithin(self.call(place.call), _expression(place.items, self.values())) for place in places)

    def planned(self, template: Call | Sweep | Repeat) -> tuple[PlannedCall, ...]:
        """Bind any kind of template; what repeats becomes as many calls as there are things."""
        match template:
            case Call():
                return (self.call(template),)
            case Sweep():
                return (self.sweep(template),)
            case Repeat(param, each, call):
                bound, things = self.call(call), _things(self.params[param], each)
                return tuple(replace(bound, args=MappingProxyType({**bound.args, **args})) for args in things)


def _things(written: str, each: str) -> tuple[Args, ...]:
    """Return the arguments that each thing in a parameter's JSON gives; one without any where it is no JSON."""
    try:
        found = jmespath.search(each, json.loads(written, parse_float=str))
    except ValueError:
        return ({},)
    things = found if isinstance(found, list) else ()
    return tuple(
        {name: _frozen(value) for name, value in thing.items() if value is not None}
        for thing in things
        if isinstance(thing, dict)
    )


def _frozen(value: Json) -> Argument:
    match value:
        case list() | tuple():
            return tuple(_frozen(item) for item in value)
        case Mapping():
            return MappingProxyType({name: _frozen(item) for name, item in value.items()})
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
