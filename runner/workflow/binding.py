"""A step bound to its target: every call it may need, reads and writes, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.model.action import ActionType
from runner.model.call import Binding, BoundCall, BoundListing, BoundSweep, PlannedCall, reads_of, writes_of
from runner.model.playbook import Playbook, Step


@dataclass(frozen=True)
class BoundStep:
    """Hold a step, its action type, and the action's calls bound to the step's target."""

    step: Step
    action: ActionType
    target: str
    probe: BoundCall
    pin: BoundCall
    facts: Mapping[str, BoundCall]
    calls: tuple[PlannedCall, ...]
    cascade: tuple[BoundListing, ...]
    population: BoundListing | None

    @property
    def reads(self) -> tuple[BoundCall, ...]:
        """Every read the step needs, before, during and after."""
        listings = self.cascade if self.population is None else (*self.cascade, self.population)
        listed = (listing.call for listing in listings)
        return (self.probe, self.pin, *self.facts.values(), *reads_of(self.calls), *listed)

    @property
    def writes(self) -> tuple[BoundCall, ...]:
        """Every write the step may send."""
        return writes_of(self.calls)

    @property
    def sweeps(self) -> tuple[BoundSweep, ...]:
        """The sweeps among the calls."""
        return tuple(call for call in self.calls if isinstance(call, BoundSweep))


def bind_step(playbook: Playbook, step: Step, action: ActionType) -> BoundStep:
    """Bind an action type's templates to a step's target."""
    ambient = {"account": playbook.account.id, "region": step.region, "partition": playbook.partition}
    target = action.target.format_map({**step.target, **ambient})
    binding = Binding(
        params=step.target,
        account=playbook.account.id,
        region=step.region,
        partition=playbook.partition,
        target=target,
    )
    return BoundStep(
        step=step,
        action=action,
        target=target,
        probe=binding.call(action.probe),
        pin=binding.call(action.pin.call),
        facts={name: binding.call(call) for name, call in action.facts.items()},
        calls=tuple(binding.planned(call) for call in action.calls),
        cascade=tuple(binding.listing(listing) for listing in action.cascade),
        population=None if action.population is None else binding.listing(action.population),
    )


def bind_steps(playbook: Playbook, catalog: Mapping[str, ActionType]) -> tuple[BoundStep, ...]:
    """Bind every step of a playbook, in its order."""
    return tuple(bind_step(playbook, step, catalog[step.action]) for step in playbook.steps)
