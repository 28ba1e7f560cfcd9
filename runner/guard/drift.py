"""Drift: what a plan rests on is read again, for the whole plan before a run and for each step right before it.

Anything that is not as planned is named: which step, which fact, what was planned and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.guard.differences import NOTHING, Difference, differences
from runner.model.canonical import Json, digest
from runner.model.plan import Finding, Plan, PlannedStep
from runner.model.target_state import Exists, Missing, NotSeen, TargetState

_OWN_WAY = frozenset({"state", "facts", "findings"})
"""Parts of a step that are compared in a way of their own."""
_DIGITS = 12
"""How many digits of a digest are shown when there is nothing better."""


@dataclass(frozen=True)
class Change:
    """Hold one difference between two plans; ``step`` is empty for the plan as a whole."""

    step: str
    difference: Difference

    def __str__(self) -> str:
        return f"{f'step {self.step}' if self.step else 'plan'}: {self.difference}"

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"step": self.step, **self.difference.to_data()}


def drift(step: PlannedStep, state: TargetState, evidence: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what changed since the plan, in words; empty when nothing did.

    ``evidence`` are the facts as read now, without those that earlier steps are expected to change and those that
    could not be read.
    """
    changed: list[str] = []
    if state != step.state:
        changed.append(_state_change(step.state, state))
    if isinstance(state, Exists):
        found = {name: digest(data) for name, data in evidence.items()}
        facts = _fact_differences(step.facts, step.evidence, found, evidence)
        changed += [f"{it.where[0]} is not what it was: {_below(it)}" for it in facts]
    return tuple(changed)


def plan_changes(old: Plan, new: Plan) -> tuple[Change, ...]:
    """Return everything in which two plans differ; nothing when their digests are the same."""
    before, after = {step.id: step for step in old.steps}, {step.id: step for step in new.steps}
    return (*_of_the_whole(old, new), *_steps(before, after))


def _of_the_whole(old: Plan, new: Plan) -> Iterator[Change]:
    one, other = (
        {name: it for name, it in plan.to_data().items() if name not in {"steps", "findings"}} for plan in (old, new)
    )
    yield from (Change("", found) for found in differences(one, other))
    yield from (Change("", found) for found in _finding_differences(old.findings, new.findings))
    before, after = [step.id for step in old.steps], [step.id for step in new.steps]
    if before != after and sorted(before) == sorted(after):
        yield Change("", Difference(("order of steps",), ", ".join(before), ", ".join(after)))


def _steps(before: Mapping[str, PlannedStep], after: Mapping[str, PlannedStep]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(name, Difference(("step",), _named(before[name]), NOTHING))
        elif name not in before:
            yield Change(name, Difference(("step",), NOTHING, _named(after[name])))
        else:
            yield from (Change(name, found) for found in _step_differences(before[name], after[name]))


def _named(step: PlannedStep) -> str:
    return f"{step.action} {step.target}"


def _step_differences(old: PlannedStep, new: PlannedStep) -> Iterator[Difference]:
    if old.state != new.state:
        yield Difference(("target",), _state(old.state), _state(new.state) + _again(old.state, new.state))
    yield from _fact_differences(old.facts, old.evidence, new.facts, new.evidence)
    yield from _finding_differences(old.findings, new.findings)
    one, other = ({name: it for name, it in step.to_data().items() if name not in _OWN_WAY} for step in (old, new))
    yield from differences(one, other)


def _fact_differences(
    planned: Mapping[str, str], shown: Mapping[str, Json], found: Mapping[str, str], shows: Mapping[str, Json]
) -> Iterator[Difference]:
    """Compare facts by their digests, and show what differs where both sides have the data."""
    for name in dict.fromkeys((*planned, *found)):
        if planned.get(name) == found.get(name):
            continue
        told = differences(shown[name], shows[name]) if name in shown and name in shows else ()
        yield from (one.within(name) for one in told)
        if not told:
            yield Difference((name,), _digest(planned.get(name)), _digest(found.get(name)))


def _finding_differences(old: tuple[Finding, ...], new: tuple[Finding, ...]) -> Iterator[Difference]:
    """Compare findings by their check, in words; as data where the words are the same."""
    before, after = ({finding.check: _told(finding) for finding in findings} for findings in (old, new))
    told = differences(before, after)
    yield from told
    if not told:
        yield from (
            one.within("findings")
            for one in differences([item.to_data() for item in old], [item.to_data() for item in new])
        )


def _told(finding: Finding) -> str:
    if finding.accepted:
        return f"accepted: {finding.message} (because: {finding.accepted})"
    return f"{'refused' if finding.blocks else 'note'}: {finding.message}"


def _digest(sha256: str | None) -> str:
    return "not read" if sha256 is None else f"sha256 {sha256[:_DIGITS]}"


def _below(found: Difference) -> str:
    return str(Difference(found.where[1:], found.before, found.after))


def _state(target: TargetState) -> str:
    match target:
        case Exists(pin):
            return f"there ({pin})"
        case Missing(why):
            return f"not there: {why}"
        case NotSeen(why):
            return f"not readable: {why}"


def _again(before: TargetState, after: TargetState) -> str:
    return ": it was created again" if isinstance(before, Exists) and isinstance(after, Exists) else ""


def _state_change(planned: TargetState, found: TargetState) -> str:
    match planned, found:
        case Exists(before), Exists(after):
            return f"it was created again: planned {before}, found {after}"
        case _, Exists():
            return "it was absent and is there now"
        case _:
            return f"it is not readable as planned: {getattr(found, 'why', found)}"
