"""Spread calls over as few sessions as their session policies allow, when one policy cannot hold them all.

A policy is factored first (``runner.policy.factoring``) and never widened. What belongs together stays together where
that fits; otherwise calls go to different sessions, each of which AWS limits to its own calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from runner.model.bound import BoundCall
from runner.policy.grants import Grant, grants_of
from runner.policy.session import MAX_SIZE, PolicyTooLarge, written, written_actions

_LONGEST_AGE = timedelta(days=9)
"""Longer than any run: a policy written with it is as long as one can get. The end has the same length at any time."""
_SOME_END = datetime(2000, 1, 1, tzinfo=UTC)


def pack(groups: tuple[tuple[BoundCall, ...], ...]) -> tuple[tuple[BoundCall, ...], ...]:
    """Return the calls of few sessions, the first group's first; each fits into one session policy at any time.

    Each group goes whole into the first session that has room, in order. The calls of a group that no policy can hold
    are spread one by one; a call is never split.

    Raises:
        PolicyTooLarge: when a single call does not fit.
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    packs: list[_Pack] = []
    for group in groups:
        whole = _Pack.of(group)
        for unit in (whole,) if whole.fits else tuple(_Pack.of((call,)) for call in group):
            _put(packs, unit)
    return tuple(packed.calls for packed in packs)


@dataclass(frozen=True)
class _Pack:
    """Hold calls and what they need."""

    calls: tuple[BoundCall, ...]
    grants: frozenset[Grant]
    writes: frozenset[str]

    @classmethod
    def of(cls, calls: tuple[BoundCall, ...]) -> _Pack:
        return cls(calls, grants_of(calls), written_actions(calls))

    def with_(self, other: _Pack) -> _Pack:
        return _Pack((*self.calls, *other.calls), self.grants | other.grants, self.writes | other.writes)

    @cached_property
    def size(self) -> int:
        return len(written(self.grants, self.writes, until=_SOME_END, max_age=_LONGEST_AGE))

    @property
    def fits(self) -> bool:
        return self.size <= MAX_SIZE

    def has_room(self, other: _Pack) -> bool:
        """Return False when the other's resources alone, which have to be named, are too many characters."""
        named = {resource for _, resource in self.grants}
        more = sum(len(resource) for resource in {resource for _, resource in other.grants} - named)
        return self.size + more <= MAX_SIZE


def _put(packs: list[_Pack], unit: _Pack) -> None:
    for place, packed in enumerate(packs):
        if not packed.has_room(unit):
            continue
        together = packed.with_(unit)
        if together.fits:
            packs[place] = together
            return
    if not unit.fits:
        raise PolicyTooLarge(unit.size)
    packs.append(unit)
