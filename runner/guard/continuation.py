"""What a resumed run goes on from: the world has to be what the interrupted run left, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from runner.guard.count_drift import difference
from runner.guard.drift import drift
from runner.model.plan import Plan, PlannedStep
from runner.model.target_state import Exists, Missing


def continuation(planned: Plan, done: frozenset[str], found: Plan) -> tuple[str, ...]:
    """Return what is not as an interrupted run may have left it, step by step, in words.

    ``done`` are the steps that the run saw gone. ``found`` is the plan as made now, from the same playbook.

    1. What was done, or absent before, has to be absent still. 2. What is absent now without being on record may have
    been the last thing that the run did. 3. What is there is as it was planned, and no more than was counted;
    ``limits.drift`` is allowed for.
    """
    now = {step.id: step for step in found.steps}
    drifts = {section.account.id: section.limits.drift for section in planned.sections}
    return tuple(
        f"step {step.id}: {why}"
        for step in planned.steps
        for why in (
            *_changed(step, now.get(step.id), step.id in done),
            *_more(step, now.get(step.id), drifts.get(step.account, planned.limits.drift)),
        )
    )


def _changed(planned: PlannedStep, found: PlannedStep | None, was_done: bool) -> Iterator[str]:
    if found is None:
        yield "it is not in the plan any more"
    elif isinstance(found.state, Exists) and (was_done or isinstance(planned.state, Missing)):  # 1
        yield "it was seen gone, and is there again" if was_done else "it was absent, and is there now"
    elif isinstance(found.state, Missing):  # 2
        return
    else:  # 3
        yield from drift(planned, found.state, found.evidence)


def _more(planned: PlannedStep, found: PlannedStep | None, most: int) -> Iterator[str]:
    counted, census = planned.census, None if found is None else found.census
    if counted is not None and census is not None and census.children > counted.children + most:
        yield f"{difference(counted, census)}, and limits.drift is {most:,}"
