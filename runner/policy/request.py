"""What a policy is asked: who does what to which resource, and what is known of the request's context.

A context key is in one of four states, and they decide differently:

- it has a value, or several (a key that may have several stays such a key with only one);
- it is there, with a value that is not known;
- it is certainly absent;
- nothing is known of it. That is the state of every key that is not named.

IAM ignores the case of key names. Source: IAM user guide, "IAM JSON policy elements: Condition" and "Single-valued vs.
multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from runner.policy.principal import Caller

EVERYTHING_ELSE = "*"
"""As an absent key: no key exists but the ones that are named."""


@dataclass(frozen=True)
class Values:
    """Hold the values of a key; ``many`` says that the key may have several, whatever their number."""

    texts: tuple[str, ...]
    many: bool


@dataclass(frozen=True)
class SomeValue:
    """Say that a key has a value, which is not known."""


@dataclass(frozen=True)
class Absent:
    """Say that the request certainly has no such key."""


@dataclass(frozen=True)
class NotKnown:
    """Say that nothing is known about a key."""


Entry: TypeAlias = Values | SomeValue | Absent | NotKnown


@dataclass(frozen=True)
class RequestContext:
    """Hold what is known of a request's condition keys.

    ``values`` has a text for a key with one value and a tuple for one that may have several. ``present`` names keys
    whose value is not known. ``absent`` names keys that are certainly not there; ``aws:PrincipalTag/*`` stands for
    every tag that has no value here, and ``*`` alone for every other key.
    """

    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def look_up(self, key: str) -> Entry:
        """Return what is known of a key."""
        wanted = key.lower()
        value = self._known.get(wanted)
        if value is not None:
            return Values((value,), many=False) if isinstance(value, str) else Values(value, many=True)
        if wanted in self._present:
            return SomeValue()
        return Absent() if self._is_absent(wanted) else NotKnown()

    def _is_absent(self, wanted: str) -> bool:
        family = wanted.partition("/")[0] + "/*"
        return not self._absent.isdisjoint((wanted, family, EVERYTHING_ELSE))

    @cached_property
    def _known(self) -> Mapping[str, str | tuple[str, ...]]:
        """The values by key in lower case; of two spellings of a key the first counts."""
        return {name.lower(): self.values[name] for name in reversed(tuple(self.values))}

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(map(str.lower, self.present))

    @cached_property
    def _absent(self) -> frozenset[str]:
        return frozenset(map(str.lower, self.absent))


@dataclass(frozen=True)
class Request:
    """Hold one request to AWS, as policies see it.

    ``resource`` is an ARN, ``*`` for an action that names no resource, or an ARN with wildcards for all that fit it:
    then only what holds for every one of them is certain. ``owner`` is the account that the resource belongs to.
    """

    caller: Caller
    action: str
    resource: str
    owner: str
    context: RequestContext
