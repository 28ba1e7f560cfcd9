"""Read what listings hold, one within another: the records of every zone, the resources of every stack of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import jmespath

from runner.model.bound import BoundCall, BoundListing, BoundWithin, fill
from runner.model.canonical import Json
from runner.model.ports import Reply, Sender


def items_of(sender: Sender, listing: BoundListing) -> Iterator[Mapping[str, Json]]:
    """Yield what a listing holds, page after page; with the fields of what it is listed within.

    Raises:
        AwsCallFailed: when a page fails.
    """
    for place, found in listed(sender, listing.within, listing.call, listing.items):
        item = found if isinstance(found, Mapping) else {}
        if listing.matching is None or _named(item.get(listing.matching[0]), place.get(listing.matching[1])):
            yield {**place, **item}


def listed(
    sender: Sender, within: tuple[BoundWithin, ...], call: BoundCall, items: str
) -> Iterator[tuple[Mapping[str, Json], Json]]:
    """Yield each thing that a call lists, beside the place that it is listed within.

    Raises:
        AwsCallFailed: when a page fails.
    """
    for place in _places(sender, within, {}):
        for item in in_pages(sender, call, items, place):
            yield place, item


def in_pages(sender: Sender, call: BoundCall, items: str, place: Mapping[str, Json]) -> Iterator[Json]:
    """Yield what all pages of a listing hold; fields of a place may fill the call.

    Raises:
        AwsCallFailed: when a page fails.
    """
    for page in sender.pages(call, fill(call.args, place) if place else None):
        yield from in_page(items, page)


def in_page(items: str, page: Reply) -> Sequence[Json]:
    """Return what a page holds where ``items``, a JMESPath expression, points; nothing where that is no list."""
    found = jmespath.search(items, page.data)
    return found if isinstance(found, list | tuple) else ()


def _places(sender: Sender, within: tuple[BoundWithin, ...], place: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    if not within:
        yield place
        return
    for item in in_pages(sender, within[0].call, within[0].items, place):
        yield from _places(sender, within[1:], {**place, **(item if isinstance(item, Mapping) else {})})


def _named(names: Json, host: Json) -> bool:
    """Return whether one of the names is a host's, or ends in it after a dot; a name may end in a dot of its own."""
    wanted = str(host).lower()
    told = names if isinstance(names, list | tuple) else (names,)
    found = (str(name).lower().rstrip(".") for name in told)
    return bool(host) and any(name == wanted or name.endswith(f".{wanted}") for name in found)
