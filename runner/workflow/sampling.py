"""Look at the first of many things, where a fact says that there is something to look for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final, TypeAlias

from runner.errors import AwsCallFailed
from runner.model.action import Absent, Present, Reading, Unreadable
from runner.model.bound import BoundCall, BoundSample
from runner.model.canonical import Json
from runner.model.ports import Crew, Reply, Sender
from runner.workflow.listing import in_page

SEARCHED: Final = 10
"""Times as many things as are looked at are listed at most, where only some of them are meant."""

Read: TypeAlias = Callable[[BoundCall, Mapping[str, Json]], Reading]


def sampled(sender: Sender, sample: BoundSample, where: Reading, read: Read, crew: Crew) -> Reading:
    """Return what a sample found; absent where the fact is that it depends on."""
    match where:
        case Absent(code):
            return Absent(code)
        case Unreadable(why):
            return Unreadable(why)
        case Present():
            pass
    pages: list[Reply] = []
    try:
        things = tuple(islice(_meant(sender, sample, pages), sample.most + 1))
    except AwsCallFailed as error:
        return Unreadable(f"{error.answer.operation}: {error.answer.code}", error.answer.message)
    looked = things[: sample.most]
    found: list[Json] = []
    for thing, answers in zip(looked, crew.map(lambda one: _answers(sample, one, read), looked), strict=True):
        unread = next((one for one in answers.values() if isinstance(one, Unreadable)), None)
        if unread is not None:
            return unread
        told = {name: one.data for name, one in answers.items() if isinstance(one, Present)}
        found += [{"item": thing, **told}] if told else []
    more = len(things) > sample.most or _is_cut(sample, pages)
    return Present({"Looked": len(looked), "More": more, "Now": _now(pages), "Found": found})


def _meant(sender: Sender, sample: BoundSample, pages: list[Reply]) -> Iterator[Mapping[str, Json]]:
    listed = 0
    for page in sender.pages(sample.list):
        pages.append(page)
        for thing in in_page(sample.items, page):
            listed += 1
            if isinstance(thing, Mapping) and _is_meant(sample, thing):
                yield thing
        if listed > SEARCHED * sample.most:
            pages.clear()
            return


def _is_meant(sample: BoundSample, thing: Mapping[str, Json]) -> bool:
    return sample.keys is None or sample.keys.names(thing)


def _is_cut(sample: BoundSample, pages: list[Reply]) -> bool:
    """Return whether the search was given up: there may be more of what is meant."""
    return sample.keys is not None and not pages


def _answers(sample: BoundSample, thing: Mapping[str, Json], read: Read) -> Mapping[str, Reading]:
    return {name: read(call, thing) for name, call in sample.each.items()}


def _now(pages: list[Reply]) -> str:
    """Return the time by AWS's clock, ISO 8601; empty where it does not say."""
    try:
        return parsedate_to_datetime(pages[0].date).isoformat()
    except (IndexError, ValueError, TypeError):
        return ""
