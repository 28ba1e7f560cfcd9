"""What catalogue entries share to read AWS's answers: pins, sightings and checks made of JMESPath expressions. Pure.

A path is a JMESPath expression over an answer, or over what a fact's ``query`` left of it. Where an answer has another
form than AWS documents, the result is *unknown*, never *no*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import jmespath

from runner.model.action import Absent, Answer, Blocked, Check, Facts, Ok, Present, Reading, Unknown, Unreadable
from runner.model.canonical import Json
from runner.model.sighting import InPlace, Leaving, NotThere, SetAside, Sight, Sighting, Stuck, Unclear

Pick = Callable[[Mapping[str, Json], Mapping[str, str]], "str | None"]


def at(data: Mapping[str, Json], path: str) -> Json:
    """Return what stands at a path; None when there is nothing."""
    found: Json = jmespath.search(path, data)
    return found


def picked(path: str) -> Pick:
    """Return a pin's pick: the text or number at a path."""

    def pick(data: Mapping[str, Json], params: Mapping[str, str]) -> str | None:
        del params
        found = at(data, path)
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None

    return pick


def listed(path: str, *, more: str = "") -> Sight:
    """Return a sight for reads that answer with a list: nothing in it means that the target is not there.

    ``more`` is the path of a token that says that the list goes on, so that nobody knows.
    """

    def sight(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
        del params
        found = at(data, path)
        if not isinstance(found, list | tuple):
            return Unclear("the answer holds no list")
        if not found and more and at(data, more):
            return Unclear("the list goes on")
        return InPlace() if found else NotThere("AWS lists it no more")

    return sight


def by_state(
    path: str,
    *,
    gone: tuple[str, ...] = (),
    leaving: tuple[str, ...] = (),
    aside: tuple[str, ...] = (),
    stuck: tuple[str, ...] = (),
    why: str = "",
    within: str = "",
) -> Sight:
    """Return a sight that reads a state; states that are not named mean that the target is in place.

    ``within`` is the path of a list: when it is empty the target is not there. ``why`` is the path of AWS's reason for
    a state that means that it gave up.
    """

    def sight(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
        del params
        if within and at(data, within) in ([], ()):
            return NotThere("AWS lists it no more")
        state = at(data, path)
        if not isinstance(state, str):
            return Unclear("the answer holds no state")
        if state in gone:
            return NotThere(f"its state is {state}")
        if state in leaving:
            return Leaving(state)
        if state in aside:
            return SetAside(state)
        if state in stuck:
            return Stuck(f"{state}: {at(data, why) or 'no reason is given'}" if why else state)
        return InPlace(state)

    return sight


def whole(path: str, *, ready: str = "available", failed: tuple[str, ...] = ("failed",), within: str = "") -> Sight:
    """Return a sight for a copy that is kept: it is there in the state ``ready`` only.

    ``within`` is the path of a list: when it is empty the copy is not there.
    """

    def sight(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
        del params
        if within and at(data, within) == []:
            return NotThere("AWS does not list it")
        state = at(data, path)
        if state == ready:
            return InPlace(ready)
        return Stuck(str(state)) if state in failed else Unclear(f"its state is {state}")

    return sight


def scheduled(path: str) -> Sight:
    """Return a sight that reads the day of the deletion; without one the target is in place."""

    def sight(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
        del params
        day = at(data, path)
        if day is None:
            return InPlace()
        try:
            until = datetime.fromisoformat(str(day))
        except ValueError:
            return Unclear("the answer holds no time of a known form")
        return Leaving("scheduled", until) if until.tzinfo is not None else Unclear("the answer's time has no zone")

    return sight


def flag_is_off(name: str, fact: str, path: str, why: str, hint: str = "", *, off: Json = False) -> Check:
    """Return a check that a switch at a path has the value ``off``; ``name`` is its sentence.

    A switch that the answer does not mention is unknown, unless ``off`` is None.
    """

    def check(facts: Facts) -> Answer:
        match facts[fact]:
            case Present(data):
                found = at(data, path)
                if found is None and off is not None:
                    return Unknown(f"the answer does not say whether {why}")
                return Ok() if found == off else Blocked(why, hint)
            case other:
                return unread(why, other)

    return _named(check, name, f"Refuse the target while {why}.")


def none_listed(name: str, fact: str, path: str, why: str, hint: str = "", *, more: str = "") -> Check:
    """Return a check that a list of names at a path is empty; what it holds is told after ``why``.

    ``more`` is the path of a token that says that the list goes on.
    """

    def check(facts: Facts) -> Answer:
        match facts[fact]:
            case Present(data):
                found = at(data, path)
                if not isinstance(found, list | tuple):
                    return Unknown(f"the answer does not say whether {why}")
                if found:
                    return Blocked(f"{why}: {', '.join(str(one) for one in found)}", hint)
                return Unknown(f"the list that tells whether {why} goes on") if more and at(data, more) else Ok()
            case other:
                return unread(why, other)

    return _named(check, name, f"Refuse the target while {why}.")


def unread(what: str, reading: Reading) -> Unknown:
    """Return the answer of a check whose fact is not there; ``what`` is what it would have told, as a clause."""
    match reading:
        case Unreadable(why):
            return Unknown(f"it could not be read whether {what}: {why}")
        case Absent() | Present():
            return Unknown(f"it could not be read whether {what}: AWS says there is no such thing")


def last_use(path: str) -> Callable[[Mapping[str, Json]], str | None]:
    """Return how evidence of use picks its time; nothing at the path means that no use is known."""

    def last(data: Mapping[str, Json]) -> str | None:
        found = at(data, path)
        return None if found is None else str(found)

    return last


def _named(check: Check, name: str, says: str) -> Check:
    check.__name__ = name
    check.__doc__ = says
    return check
