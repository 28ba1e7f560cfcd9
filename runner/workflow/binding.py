"""A step bound to its target: every call it may need, reads and writes, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.catalog.aws import action_of
from runner.model.action import ActionType, Check
from runner.model.binding import Binding
from runner.model.bound import (
    BoundCall,
    BoundFact,
    BoundListing,
    BoundSample,
    BoundSweep,
    PlannedCall,
    calls_of,
    reads_of,
    writes_of,
)
from runner.model.call import Call
from runner.model.playbook import Playbook, Step
from runner.model.sighting import Sight

NOTHING_BLOCKS_IT = "nothing_blocks_it"
"""The check that everything is gone which has to be gone first; its unknown is never accepted."""


@dataclass(frozen=True)
class BoundFlag:
    """Hold a protection flag that the step may switch off, with the calls that do so and that undo it."""

    name: str
    is_off: Check
    lift: BoundCall
    rearm: BoundCall


@dataclass(frozen=True)
class BoundCopy:
    """Hold a copy that is kept of the target, under the name it will have."""

    key: str
    name: str
    probe: BoundCall
    sight: Sight


@dataclass(frozen=True)
class BoundBlocker:
    """Hold a listing of what has to be gone first, with the template of its ARNs."""

    listing: BoundListing
    arn: str
    check: str


@dataclass(frozen=True)
class BoundStep:
    """Hold a step, its action type, and the action's calls bound to the step's target."""

    step: Step
    action: ActionType
    target: str
    probe: BoundCall
    pin: BoundCall
    facts: Mapping[str, BoundFact]
    calls: tuple[PlannedCall, ...]
    """Everything that may be sent, in order; what switches a flag on again stands last."""
    cascade: tuple[BoundListing, ...]
    population: BoundListing | None
    flags: tuple[BoundFlag, ...] = ()
    """The flags that the step names in ``unprotect``."""
    copies: tuple[BoundCopy, ...] = ()
    """The copies that are kept."""
    blockers: tuple[BoundBlocker, ...] = ()
    pins: BoundCall | None = None
    """What reads the pins of many targets at once."""

    @property
    def reads(self) -> tuple[BoundCall, ...]:
        """Every read the step needs, before, during and after; each once."""
        listings = (*self.cascade, *(blocker.listing for blocker in self.blockers))
        every = listings if self.population is None else (*listings, self.population)
        listed = (call for listing in every for call in listing.calls)
        copies = (copy.probe for copy in self.copies)
        facts = (call for fact in self.facts.values() for call in calls_of(fact))
        pins = () if self.pins is None else (self.pins,)
        found: list[BoundCall] = []
        for call in (self.probe, self.pin, *facts, *reads_of(self.calls), *listed, *copies, *pins):
            if call not in found:
                found.append(call)
        return tuple(found)

    @property
    def rare_reads(self) -> tuple[BoundCall, ...]:
        """The reads that few targets need: they go under a session of their own where they would take the room."""
        samples = (fact for fact in self.facts.values() if isinstance(fact, BoundSample))
        return tuple(call for sample in samples for call in sample.each.values())

    @property
    def usual_reads(self) -> tuple[BoundCall, ...]:
        """The other ones."""
        rare = self.rare_reads
        return tuple(call for call in self.reads if call not in rare)

    @property
    def writes(self) -> tuple[BoundCall, ...]:
        """Every write the step may send."""
        return writes_of(self.calls)

    def groups(self, besides: tuple[BoundCall, ...]) -> tuple[tuple[BoundCall, ...], ...]:
        """Return what goes under sessions of the step, and what else goes with it; each group under one if it fits."""
        usual = (*self.usual_reads, *self.writes, *besides)
        return (usual, self.rare_reads) if self.rare_reads else (usual,)

    @property
    def sweeps(self) -> tuple[BoundSweep, ...]:
        """The sweeps among the calls."""
        return tuple(call for call in self.calls if isinstance(call, BoundSweep))


def bind_step(playbook: Playbook, step: Step, action: ActionType) -> BoundStep:
    """Bind an action type's templates to a step's target."""
    ambient = {"account": playbook.account.id, "region": step.region, "partition": playbook.partition}
    target = action.target.format_map({**step.target, **ambient})
    copies = copy_names(step, action)
    binding = Binding(
        params=step.target,
        account=playbook.account.id,
        region=step.region,
        partition=playbook.partition,
        target=target,
        copies=copies,
        role=playbook.role_arn,
    )
    flags = tuple(
        BoundFlag(flag.name, flag.is_off, binding.call(flag.lift), binding.call(flag.rearm))
        for flag in action.flags
        if flag.name in step.unprotect
    )
    sent = (call for call in action.calls if not (isinstance(call, Call) and call.keeps) or call.keeps in copies)
    return BoundStep(
        step=step,
        action=action,
        target=target,
        probe=binding.call(action.probe),
        pin=binding.call(action.pin.call),
        facts={name: binding.fact(call) for name, call in action.facts.items()},
        calls=(
            *(flag.lift for flag in flags),
            *(planned for call in sent for planned in binding.planned(call)),
            *(flag.rearm for flag in flags),
        ),
        cascade=tuple(binding.listing(listing) for listing in action.cascade),
        population=None if action.population is None else binding.listing(action.population),
        flags=flags,
        copies=tuple(
            BoundCopy(copy.name, copies[copy.name], binding.call(copy.probe), copy.sight)
            for copy in action.copies
            if copy.name in copies
        ),
        blockers=tuple(
            BoundBlocker(
                binding.listing(blocker.listing), binding.template(blocker.arn), blocker.check or NOTHING_BLOCKS_IT
            )
            for blocker in action.blockers
        ),
        pins=None if action.pin.listing is None else binding.call(action.pin.listing),
    )


def copy_names(step: Step, action: ActionType) -> dict[str, str]:
    """Return how the copies that are kept of a step's target are called, by their key under ``keep``."""
    named = {copy.name: step.keep.get(copy.name, copy.default.format_map(step.target)) for copy in action.copies}
    return {key: name for key, name in named.items() if name is not None}


def bind_steps(playbook: Playbook, catalog: Mapping[str, ActionType]) -> tuple[BoundStep, ...]:
    """Bind every step of a playbook, in its order."""
    return tuple(bind_step(playbook, step, action_of(step, catalog)) for step in playbook.steps)
