"""Blast-radius limits: counted over the whole plan, before anything is touched. Each is on by default.

A share is judged from `SHARE_FROM` targets of a kind on: of two buckets, one is half of them and still one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from runner.guard.floor import Bound, Origin, Rules
from runner.model.plan import Finding, PlannedStep

SHARE_FROM = 5

_KEYS = {"steps": "steps", "objects": "objects", "size": "bytes", "cascade": "cascade"}
"""The fields of `Limits` as files spell them."""
_UNNAMED = "things that die although no step names them"


@dataclass(frozen=True)
class Share:
    """Hold how many of a kind go, out of how many there are; ``total`` is None when they could not be listed."""

    kind: str
    """What they are called, in the plural."""
    going: int
    total: int | None
    why: str = ""
    """Why they could not be listed."""


def limit_findings(rules: Rules, steps: tuple[PlannedStep, ...], shares: tuple[Share, ...] = ()) -> tuple[Finding, ...]:
    """Return a finding for each limit that the plan exceeds, and for each that cannot be judged."""
    return (*_totals(rules, steps), *_actions(rules, steps), *_shares(rules, shares))


def _totals(rules: Rules, steps: tuple[PlannedStep, ...]) -> Iterator[Finding]:
    censuses = tuple(step.census for step in steps if step.census is not None)
    cascades = tuple(cascade for step in steps for cascade in step.cascade)
    all_counted = all(census.complete for census in censuses)
    all_listed = all(cascade.complete for cascade in cascades)
    measured = (
        ("steps", "steps", len(steps), True),
        ("objects", "objects", sum(census.children for census in censuses), all_counted),
        ("size", "bytes", sum(census.size for census in censuses), all_counted),
        ("cascade", _UNNAMED, sum(len(cascade.members) for cascade in cascades), all_listed),
    )
    for name, things, count, complete in measured:
        bound = rules.bounds[name]
        if count > bound.most:
            at_least = "" if complete else "at least "
            yield _over(_KEYS[name], bound, f"the plan has {at_least}{count:,} {things}")


def _actions(rules: Rules, steps: tuple[PlannedStep, ...]) -> Iterator[Finding]:
    for action, count in sorted(Counter(step.action for step in steps).items()):
        bound = rules.bounds.get(f"actions.{action}")
        if bound is not None and count > bound.most:
            yield _over(f"actions.{action}", bound, f"the plan has {count:,} steps of {action}")


def _shares(rules: Rules, shares: tuple[Share, ...]) -> Iterator[Finding]:
    bound = rules.bounds["share"]
    for share in shares:
        if share.total is None:
            message = f"it cannot be told which share of all {share.kind} would go: {share.why}"
            yield Finding(_check("share"), message, "grant the role this listing")
        elif share.going * 100 > bound.most * share.total:
            message = f"{share.going:,} of all {share.total:,} {share.kind} would go"
            yield Finding(_check("share"), f"{message}, the limit is {bound.most}%{_by(bound)}", _raise("share", bound))


def _over(key: str, bound: Bound, message: str) -> Finding:
    return Finding(_check(key), f"{message}, the limit is {bound.most:,}{_by(bound)}", _raise(key, bound))


def _check(key: str) -> str:
    name = key.partition(".")[0]
    return f"{name}_are_within_the_limit" if name.endswith("s") else f"{name}_is_within_the_limit"


def _by(bound: Bound) -> str:
    return " (guardrails)" if bound.origin is Origin.GUARDRAILS else ""


def _raise(key: str, bound: Bound) -> str:
    if bound.origin is Origin.GUARDRAILS:
        return "split the playbook, or ask who owns the guardrails"
    return f"if the reviewers agree to that many, raise limits.{key} in the playbook"
