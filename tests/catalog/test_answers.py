"""What catalogue entries share: an answer of another form than AWS documents is unknown, never a yes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.catalog.answers import by_state, flag_is_off, last_use, listed, none_listed, picked, scheduled, whole
from runner.model.action import Absent, Answer, Blocked, Ok, Present, Reading, Unknown, Unreadable
from runner.model.canonical import Json
from runner.model.sighting import InPlace, Leaving, NotThere, SetAside, Sighting, Stuck, Unclear

STATE = by_state(
    "Things[0].State",
    gone=("deleted",),
    leaving=("deleting",),
    aside=("disabled",),
    stuck=("failed",),
    why="Things[0].Why",
    within="Things",
)
PROTECTED = flag_is_off("protection_is_off", "thing", "Protected", "protection is on", "switch it off")
USERS = none_listed("no_user_is_left", "users", "Names", "users are left", more="Marker")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("data", "sighting"),
    [
        ({"Things": []}, NotThere("AWS lists it no more")),
        ({"Things": [{"State": "deleted"}]}, NotThere("its state is deleted")),
        ({"Things": [{"State": "deleting"}]}, Leaving("deleting")),
        ({"Things": [{"State": "disabled"}]}, SetAside("disabled")),
        ({"Things": [{"State": "failed", "Why": "in use"}]}, Stuck("failed: in use")),
        ({"Things": [{"State": "failed"}]}, Stuck("failed: no reason is given")),
        ({"Things": [{"State": "available"}]}, InPlace("available")),
        ({"Things": [{}]}, Unclear("the answer holds no state")),
        ({}, Unclear("the answer holds no state")),
    ],
)
def test_states_are_read(data: dict[str, Json], sighting: Sighting) -> None:
    """A state that is not named means in place; no state means unclear."""
    assert STATE(data, {}) == sighting


@given(state=anything)
def test_only_the_named_states_are_gone(state: Json) -> None:
    """Whatever else stands there, nobody takes it for gone."""
    assert isinstance(STATE({"Things": [{"State": state}]}, {}), NotThere) == (state == "deleted")


@pytest.mark.parametrize(
    ("data", "sighting"),
    [
        ({"Day": "2026-12-08T00:00:00+00:00"}, Leaving("scheduled", datetime(2026, 12, 8, tzinfo=UTC))),
        ({}, InPlace()),
        ({"Day": "soon"}, Unclear("the answer holds no time of a known form")),
        ({"Day": "2026-12-08T00:00:00"}, Unclear("the answer's time has no zone")),
    ],
)
def test_the_day_of_a_deletion_is_read(data: dict[str, Json], sighting: Sighting) -> None:
    """A day without a zone would be another day for each reader."""
    assert scheduled("Day")(data, {}) == sighting


def test_a_list_tells_whether_the_target_is_there() -> None:
    """An empty list is gone; no list is unclear."""
    sight = listed("Things")

    assert sight({"Things": [{}]}, {}) == InPlace()
    assert isinstance(sight({"Things": []}, {}), NotThere)
    assert isinstance(sight({}, {}), Unclear)


@pytest.mark.parametrize(("found", "pin"), [("vol-1", "vol-1"), (7, "7"), (None, None), (True, None), (["a"], None)])
def test_a_pin_is_a_text_or_a_number(found: Json, pin: str | None) -> None:
    """Anything else is no identity, and the target counts as not seen."""
    assert picked("Id")({"Id": found}, {}) == pin


@pytest.mark.parametrize(
    ("reading", "answer"),
    [
        (Present({"Protected": False}), Ok()),
        (Present({"Protected": True}), Blocked("protection is on", "switch it off")),
        (Present({"Protected": "maybe"}), Blocked("protection is on", "switch it off")),
        (Present({}), Unknown("the answer does not say whether protection is on")),
        (Absent("NotFound"), Unknown("it could not be read whether protection is on: AWS says there is no such thing")),
        (Unreadable("denied"), Unknown("it could not be read whether protection is on: denied")),
    ],
)
def test_a_switch_is_read(reading: Reading, answer: Answer) -> None:
    """Only the very value that means off lets the step pass."""
    assert PROTECTED({"thing": reading}) == answer


def test_a_switch_that_is_off_when_it_is_not_mentioned() -> None:
    """``off=None`` is for services that leave a switch out of their answer while it is off."""
    check = flag_is_off("nothing_holds_it", "thing", "Hold", "somebody holds it", off=None)

    assert check({"thing": Present({})}) == Ok()
    assert check({"thing": Present({"Hold": "legal"})}) == Blocked("somebody holds it")


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ({"Names": []}, Ok()),
        ({"Names": ["ann", "bob"]}, Blocked("users are left: ann, bob")),
        ({"Names": [], "Marker": "m"}, Unknown("the list that tells whether users are left goes on")),
        ({"Names": "ann"}, Unknown("the answer does not say whether users are left")),
        ({}, Unknown("the answer does not say whether users are left")),
    ],
)
def test_a_list_that_has_to_be_empty(data: dict[str, Json], answer: Answer) -> None:
    """A list that goes on is not known to be empty."""
    assert USERS({"users": Present(data)}) == answer


def test_checks_are_sentences_with_a_docstring() -> None:
    """Plans name a check, and the action's page tells what it refuses."""
    assert (PROTECTED.__name__, PROTECTED.__doc__) == ("protection_is_off", "Refuse the target while protection is on.")


def test_the_last_use_is_what_stands_at_a_path() -> None:
    """Nothing there means that no use is known."""
    assert last_use("Role.Last")({"Role": {"Last": "2026-12-01T00:00:00Z"}}) == "2026-12-01T00:00:00Z"
    assert last_use("Role.Last")({"Role": {}}) is None


@pytest.mark.parametrize(
    ("data", "sighting"),
    [
        ({"Copies": [{"State": "available"}]}, InPlace("available")),
        ({"Copies": [{"State": "creating"}]}, Unclear("its state is creating")),
        ({"Copies": [{"State": "failed"}]}, Stuck("failed")),
        ({"Copies": [{}]}, Unclear("its state is None")),
        ({"Copies": []}, NotThere("AWS does not list it")),
    ],
)
def test_a_copy_is_there_when_it_is_whole(data: dict[str, Json], sighting: Sighting) -> None:
    """A copy that is being made is none yet; one that failed never will be."""
    assert whole("Copies[0].State", within="Copies")(data, {}) == sighting


def test_a_list_that_goes_on_does_not_show_that_a_thing_is_gone() -> None:
    """An empty page with a token is not the end of the list."""
    sight = listed("Things", more="Token")

    assert sight({"Things": [], "Token": "next"}, {}) == Unclear("the list goes on")
    assert sight({"Things": [], "Token": None}, {}) == NotThere("AWS lists it no more")
    assert sight({"Things": ["it"], "Token": "next"}, {}) == InPlace()
