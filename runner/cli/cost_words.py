"""What the ways to empty a plan's buckets cost, in words: requests, hours and dollars, for the census of this plan."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from runner.catalog.s3_costs import AS_OF, PRICED_IN, RATE, Costs, Way, costs_of
from runner.cli.output import lasting
from runner.model.bulk import Counted, merged
from runner.model.canonical import Json
from runner.model.plan import Census, Plan

FEW = 10_000
"""Below so many objects every way costs less than a cent, and only `--output json` tells it."""
SOURCE = (
    f"List prices of {PRICED_IN} as of {AS_OF}; hours at the {RATE:,} deletions a second that S3 gives each partition "
    "of a bucket at least. Workers are those of a cluster (--engine dask=…): they are quicker only on partitions of "
    "their own, and their machines are not in the price."
)


def costs(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield what each way costs for everything in buckets that the plan deletes; nothing for a few objects."""
    census = _together(plan)
    if census is None or census.children < FEW:
        return
    found = costs_of(census)
    at_least = "" if census.complete else "at least "
    for way in found.ways:
        yield 0, "", f"{way.name}: {at_least}{_words(way)}"
    if found.early:
        yield (
            0,
            "",
            f"in any way: at most ${found.early:,.2f} more, for what AWS bills longer than it is there",
        )


def costs_data(plan: Plan) -> Json:
    """Return the plain form; None for a plan that deletes nothing in buckets."""
    census = _together(plan)
    return None if census is None else _data(costs_of(census))


def _data(found: Costs) -> Json:
    ways: list[Json] = [
        {"way": way.name, "requests": way.requests, "seconds": round(way.hours * 3600), "usd": f"{way.dollars:.4f}"}
        for way in found.ways
    ]
    return {"prices": f"{PRICED_IN} {AS_OF}", "ways": ways, "early_deletion_usd_at_most": f"{found.early:.2f}"}


def _words(way: Way) -> str:
    some = "1 request" if way.requests == 1 else f"{way.requests:,} requests"
    return f"{some}, {lasting(max(1, round(way.hours * 3600)))}, ${way.dollars:,.2f}"


def _together(plan: Plan) -> Census | None:
    counted = [step.census for step in plan.acting if step.action.startswith("s3.") and step.census is not None]
    if not counted:
        return None
    total = reduce(merged, (Counted(one.children, one.size, {}, one.classes, "", one.complete) for one in counted))
    return Census(total.children, total.size, {}, total.complete, total.classes)
