"""Protect rules: what no step may touch, over the target, every write's resource and everything that dies with it.

A rule that cannot be evaluated refuses: tags that could not be read, an action that reads none, things that die with
the target and whose tags nobody reads. Other tools have deleted what such a rule was meant to protect.

Keys and values of tags are compared without regard to case, because a rule that misses ``environment: Prod`` by its
spelling protects nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from runner.guard.floor import Origin, Protection
from runner.model.action import Unreadable
from runner.model.plan import Finding
from runner.model.playbook import ProtectedArn, ProtectedTags
from runner.policy.coverage import Coverage, reach
from runner.policy.wildcard import matches

CHECK = "nothing_protected_is_touched"


@dataclass(frozen=True)
class Touched:
    """Hold what a step touches: its target with its tags, what its writes reach, and what dies with the target."""

    target: str
    resources: tuple[str, ...]
    tags: Mapping[str, str] | Unreadable
    cascade: tuple[str, ...] = ()

    @property
    def arns(self) -> tuple[str, ...]:
        """Every ARN, each once; ``*`` says only that IAM knows no resource for a call."""
        return tuple(arn for arn in dict.fromkeys((self.target, *self.resources, *self.cascade)) if arn != "*")


def protect_findings(protect: tuple[Protection, ...], touched: Touched) -> tuple[Finding, ...]:
    """Return a finding for each rule that protects something the step touches, or that cannot be evaluated."""
    return tuple(finding for one in protect for finding in _judge(one, touched))


def describe(rule: ProtectedArn | ProtectedTags) -> str:
    """Return a rule in words: ``arn arn:aws:s3:::*-tfstate``, ``tag Environment=prod``."""
    match rule:
        case ProtectedArn(pattern):
            return f"arn {pattern}"
        case ProtectedTags(tags):
            return "tag " + ", ".join(f"{key}={value}" for key, value in tags.items())


def _judge(one: Protection, touched: Touched) -> Iterator[Finding]:
    match one.rule:
        case ProtectedArn(pattern):
            hit = tuple(arn for arn in touched.arns if _reaches(pattern, arn))
            # What is inside of something protected is not told apart.
            for arn in (arn for arn in hit if not any(arn.startswith(f"{other}/") for other in hit)):
                yield _finding(one, f"{'it' if arn == touched.target else arn} is protected")
        case ProtectedTags(tags):
            yield from _judge_tags(one, tags, touched)


def _reaches(pattern: str, arn: str) -> bool:
    """Return whether a pattern reaches an ARN, or a part of all below one that ends in ``/*``.

    Without a slash it is about buckets and reaches no single objects: ``*-tfstate`` would reach into every bucket.
    """
    whole = arn.removesuffix("/*") if "/" not in pattern else arn
    return reach(pattern, whole) is not Coverage.NONE


def _judge_tags(one: Protection, wanted: Mapping[str, str], touched: Touched) -> Iterator[Finding]:
    if isinstance(touched.tags, Unreadable):
        message = f"it cannot be told whether it is protected: {touched.tags.why}"
        yield replace(_finding(one, message), said=touched.tags.said)
    elif _has_all(touched.tags, wanted):
        yield _finding(one, "it is protected")
    if touched.cascade:
        count = len(touched.cascade)
        yield _finding(one, f"it cannot be told whether what dies with it is protected: {count} without known tags")


def _has_all(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    # Two tags may differ in case only; either is enough.
    return all(
        any(
            key.casefold() == name.casefold() and matches(value.casefold(), found.casefold())
            for name, found in tags.items()
        )
        for key, value in wanted.items()
    )


def _finding(one: Protection, message: str) -> Finding:
    if one.origin is Origin.GUARDRAILS:
        hint = "take the step out; who owns the guardrails decides what they protect"
    else:
        hint = "take the step out, or have the playbook's own rule reviewed"
    return Finding(CHECK, f"{message} ({one.origin.value}: {describe(one.rule)})", hint)
