"""Drift: what a step rests on is read again right before it, and has to be what the plan says."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model.plan import PlannedStep
from runner.model.target_state import Exists, TargetState


def drift(step: PlannedStep, state: TargetState, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return what changed since the plan, in words; empty when nothing did.

    ``facts`` are the digests of the facts as read now, without those that earlier steps are expected to change.
    """
    changed: list[str] = []
    if state != step.state:
        changed.append(_state_change(step.state, state))
    changed += [f"{name} is not what it was" for name, found in facts.items() if step.facts.get(name) != found]
    return tuple(changed)


def _state_change(planned: TargetState, found: TargetState) -> str:
    match planned, found:
        case Exists(before), Exists(after):
            return f"it was created again: planned {before}, found {after}"
        case _, Exists():
            return "it was absent and is there now"
        case _:
            return f"it is not readable as planned: {getattr(found, 'why', found)}"
