"""The steps of a plan as rows of a page: each in words, with its calls and the facts behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.cli.plan_words import cascades, holds, protection, undo
from runner.model.action import Recovery
from runner.model.bound import BoundCall, BoundSweep, PlannedCall
from runner.model.plan import PlannedStep
from runner.model.sealed import SealedPlan
from runner.model.target_state import Exists, Missing, NotSeen
from runner.model.verdict import Protection

_OPEN = 4
"""Calls of a step up to which its list stands open."""


@dataclass(frozen=True)
class CallRow:
    """Hold one planned call in words."""

    api: str
    effect: str
    resources: str


@dataclass(frozen=True)
class FactRow:
    """Hold one fact: its digest, and what was read where that is at hand."""

    name: str
    digest: str
    data: str


@dataclass(frozen=True)
class StepRow:
    """Hold one step in words."""

    number: int
    step: PlannedStep
    sealed: SealedPlan | None = None

    @property
    def holds(self) -> str:
        """What the target holds, or why there is nothing to do."""
        return holds(self.step)

    @property
    def cascades(self) -> tuple[str, ...]:
        """What dies with it."""
        return cascades(self.step)

    @property
    def undo(self) -> str:
        """Whether and how it can be undone."""
        return undo(self.step, self.sealed)

    @property
    def undo_style(self) -> str:
        """How that is shown."""
        return "bad" if self.step.recovery is Recovery.NONE else ""

    @property
    def refused(self) -> bool:
        """Whether a finding refuses the step."""
        return any(finding.blocks for finding in self.step.findings)

    @property
    def verdict(self) -> tuple[str, ...]:
        """The verdict in words."""
        return protection(self.step)

    @property
    def verdict_style(self) -> str:
        """How the verdict is shown."""
        if self.step.verdict is None:
            return "soft"
        return "good" if self.step.verdict.protection is Protection.PROTECTED else "bad"

    @property
    def state(self) -> str:
        """What was found."""
        match self.step.state:
            case Exists(pin):
                return f"there; the trait that tells it from a later one: {pin}"
            case Missing(why):
                return f"nothing to do: {why}"
            case NotSeen(why):
                return f"not readable: {why}"

    @property
    def calls(self) -> tuple[CallRow, ...]:
        """Every planned call."""
        return tuple(row for call in self.step.calls for row in _calls(call))

    @property
    def few(self) -> bool:
        """Whether the calls are few enough to stand open."""
        return len(self.calls) <= _OPEN

    @property
    def facts(self) -> tuple[FactRow, ...]:
        """Every fact, by name."""
        held = self.step.evidence
        return tuple(
            FactRow(name, digest, _pretty(held[name]) if name in held else "")
            for name, digest in sorted(self.step.facts.items())
        )


def _calls(call: PlannedCall) -> Iterator[CallRow]:
    match call:
        case BoundCall():
            yield CallRow(call.api, call.effect.value, ", ".join(call.resources))
        case BoundSweep():
            for one in call.writes:
                yield CallRow(one.api, f"delete {call.children}", ", ".join(one.resources))


def _pretty(data: object) -> str:
    held = next(iter(data.values())) if isinstance(data, Mapping) and len(data) == 1 else data
    return json.dumps(held, indent=2, ensure_ascii=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
