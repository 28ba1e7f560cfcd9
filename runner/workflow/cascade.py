"""List what dies with a target although no step names it, and count what there is of its kind."""

from __future__ import annotations

from runner.errors import AwsCallFailed
from runner.guard.limits import SHARE_FROM, Share
from runner.model.action import Facts
from runner.model.bound import BoundListing
from runner.model.plan import Cascade, PlannedStep
from runner.model.ports import Crew, Sender
from runner.workflow.binding import BoundStep
from runner.workflow.listing import items_of


def list_cascade(sender: Sender, listings: tuple[BoundListing, ...], *, at_most: int) -> tuple[Cascade, ...]:
    """Return what the listings hold; listing stops on the page where ``at_most`` is exceeded.

    Raises:
        AwsCallFailed: when a listing fails; a listing that fails is never a shorter list.
    """
    found: list[Cascade] = []
    for listing in listings:
        members: set[str] = set()
        complete = True
        for item in items_of(sender, listing):
            if len(members) + sum(len(other.members) for other in found) > at_most:
                complete = False
                break
            members.add(str(item.get(listing.name)))
        found.append(Cascade(listing.what, tuple(sorted(members)), complete))
    return tuple(found)


def without(cascades: tuple[Cascade, ...], named: frozenset[str]) -> tuple[Cascade, ...]:
    """Return what is left when things that steps name are taken out; nothing is left of an empty list."""
    left = (
        Cascade(one.what, tuple(member for member in one.members if member not in named), one.complete)
        for one in cascades
    )
    return tuple(one for one in left if one.members)


def added(planned: tuple[Cascade, ...], found: tuple[Cascade, ...]) -> tuple[str, ...]:
    """Return what would die now and stands in no plan; what is gone meanwhile makes no difference."""
    known = {member for one in planned for member in one.members}
    return tuple(member for one in found for member in one.members if member not in known)


def count_shares(
    bound: tuple[BoundStep, ...], steps: tuple[PlannedStep, ...], sender: Sender, crew: Crew
) -> tuple[Share, ...]:
    """Return how many of each kind go, for kinds of which a share is judged."""
    groups: dict[str, list[int]] = {}
    for index, (one, step) in enumerate(zip(bound, steps, strict=True)):
        if one.population is not None and step.acts:
            groups.setdefault(str(one.population.call.to_data()), []).append(index)
    judged = (members for members in groups.values() if len(members) >= SHARE_FROM)
    return crew.map(lambda members: _share(tuple(bound[index] for index in members), sender), judged)


def _share(of_a_kind: tuple[BoundStep, ...], sender: Sender) -> Share:
    listing, going = of_a_kind[0].population, len({one.target for one in of_a_kind})
    assert listing is not None  # noqa: S101  # only such steps are grouped
    try:
        return Share(listing.what, going, sum(1 for _ in items_of(sender, listing)))
    except AwsCallFailed as error:
        return Share(listing.what, going, None, f"{error.answer.code}: {error.answer.message}")


def staying(bound: BoundStep, facts: Facts) -> frozenset[str]:
    """Return what the target's cascade lists and what stays all the same."""
    return frozenset() if bound.action.stays is None else bound.action.stays(facts)
