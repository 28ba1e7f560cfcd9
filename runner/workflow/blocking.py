"""What has to be gone before a target can be: listed when the plan is made, never discovered half-way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.errors import AwsCallFailed
from runner.model.action import GoneWhen
from runner.model.canonical import Json
from runner.model.plan import Finding
from runner.model.ports import Sender
from runner.policy.grants import in_words
from runner.policy.wildcard import matches
from runner.workflow.binding import BoundBlocker, BoundStep
from runner.workflow.listing import items_of


def blocking(sender: Sender, blockers: tuple[BoundBlocker, ...]) -> tuple[tuple[str, str], ...]:
    """Return what stands in the way: how its kind is called, and its ARN.

    Raises:
        AwsCallFailed: when a listing fails; a listing that fails is never a shorter list.
    """
    return tuple(
        (blocker.listing.what, _named(blocker, item))
        for blocker in blockers
        for item in items_of(sender, blocker.listing)
    )


def blocking_findings(sender: Sender, bound: BoundStep, earlier: tuple[BoundStep, ...]) -> tuple[Finding, ...]:
    """Return what refuses a step because it stands in its way, and notes about what earlier steps take away."""
    checks = dict.fromkeys(blocker.check for blocker in bound.blockers)
    return tuple(finding for check in checks for finding in _found(sender, bound, earlier, check))


def still_blocking(sender: Sender, bound: BoundStep, accepted: frozenset[str]) -> Iterator[str]:
    """Yield what is in the way right before the step, in words; that a listing fails may be ``accepted``, by check."""
    for blocker in bound.blockers:
        try:
            found = blocking(sender, (blocker,))
        except AwsCallFailed as error:
            if blocker.check not in accepted:
                yield f"what has to be gone first cannot be listed: {error.answer.code}: {error.answer.message}"
            continue
        yield from (f"{arn} has to be gone first" for _, arn in found)


def _found(sender: Sender, bound: BoundStep, earlier: tuple[BoundStep, ...], check: str) -> tuple[Finding, ...]:
    blockers = tuple(blocker for blocker in bound.blockers if blocker.check == check)
    try:
        found = blocking(sender, blockers)
    except AwsCallFailed as error:
        message = f"what has to be gone first cannot be listed: {error.answer.code}"
        listings = in_words(*(call for blocker in blockers for call in blocker.listing.calls))
        return (Finding(check, message, f"grant the role {listings}", unknown=True, said=error.answer.message),)
    needed = _all_needs(bound, earlier)
    taken = {other.target: other.step.id for other in earlier if other.step.id in needed and _deletes(other)}
    by = {arn: next((taken[target] for target in taken if matches(arn, target)), "") for _, arn in found}
    left = [(what, arn) for what, arn in found if not by[arn]]
    notes = tuple(
        Finding(check, f"{_told(arn)} is in the way until step {by[arn]}", blocks=False) for _, arn in found if by[arn]
    )
    if not left:
        return notes
    kinds = dict.fromkeys(what for what, _ in left)
    told = "; ".join(f"{what}: {', '.join(_told(arn) for kind, arn in left if kind == what)}" for what in kinds)
    hint = "add steps that delete them, and name those steps in `needs`"
    return (*notes, Finding(check, f"these have to be gone first: {told}", hint))


def _named(blocker: BoundBlocker, item: Mapping[str, Json]) -> str:
    """Return the ARN of something in the way: a field of what it is listed within stands in braces."""
    name = str(item.get(blocker.listing.name))
    fields = {"{item}": name, **{f"{{{field}}}": _last(str(value)) for field, value in item.items()}}
    arn = blocker.arn.replace("{last}", _last(name))
    for field, value in fields.items():
        arn = arn.replace(field, value)
    return arn


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _told(arn: str) -> str:
    """Return an ARN as it is told: a wildcard in it stands for what the listing does not say, most often nothing."""
    return arn.replace("*", "")


def _deletes(step: BoundStep) -> bool:
    """Return whether the target is gone when the step is done: not emptied, out of use or waiting for its day."""
    return step.action.gone_when is GoneWhen.TARGET_ABSENT


def _all_needs(bound: BoundStep, earlier: tuple[BoundStep, ...]) -> frozenset[str]:
    """Return the ids of all steps that have to be done before this one."""
    needs = {step.step.id: step.step.needs for step in earlier}
    found: set[str] = set()
    left = list(bound.step.needs)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(needs.get(name, ()))
    return frozenset(found)
