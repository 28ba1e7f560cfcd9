"""Steps come after what they need; circles are named."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.workflow.loading.order import cycles, in_order

Needs = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Needs:
    """Draw any graph of needs, circles included."""
    names = draw(st.lists(st.text("abcdefgh", min_size=1, max_size=3), unique=True, max_size=12))
    return {name: tuple(draw(st.lists(st.sampled_from(names), max_size=4))) for name in names}


@st.composite
def orderable(draw: st.DrawFn) -> Needs:
    """Draw a graph without circles, written in any order."""
    names = draw(st.lists(st.text("abcdefgh", min_size=1, max_size=3), unique=True, min_size=1, max_size=12))
    needs = {
        name: tuple(draw(st.lists(st.sampled_from(names[:place]), max_size=4))) if place else ()
        for place, name in enumerate(names)
    }
    return {name: needs[name] for name in draw(st.permutations(names))}


@given(orderable())
def test_every_step_comes_after_its_needs(needs: Needs) -> None:
    """In an order, each id comes once and after all it needs."""
    order = in_order(needs)

    assert sorted(order) == sorted(needs)
    assert all(order.index(other) < order.index(name) for name in needs for other in needs[name])
    assert cycles(needs) == ()


@given(graphs())
def test_there_is_an_order_or_a_cycle(needs: Needs) -> None:
    """A cycle is found exactly when some ids have no order, and it really is one."""
    found = cycles(needs)

    assert bool(found) == (len(in_order(needs)) < len(needs))
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(other in needs[name] for name, other in pairwise(cycle))
        assert len(set(cycle)) == len(cycle) - 1


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=3), unique=True))
def test_steps_without_needs_stay_as_written(names: list[str]) -> None:
    """Nothing is moved without a reason."""
    assert in_order(dict.fromkeys(names, ())) == tuple(names)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": ("a",)}, [("a", "a")]),
        ({"a": ("b",), "b": ("a",)}, [("a", "b", "a")]),
        ({"x": ("b",), "a": ("c",), "b": ("a",), "c": ("b",)}, [("a", "c", "b", "a")]),
        ({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)}, [("a", "b", "a"), ("c", "d", "c")]),
        ({"a": ("b",), "b": ("b",)}, [("b", "b")]),
        ({"a": (), "b": ("a",)}, []),
    ],
)
def test_cycles_begin_at_the_step_written_first(needs: Needs, expected: list[tuple[str, ...]]) -> None:
    """Each circle is named once, in the direction of the needs, from its first step back to it."""
    assert list(cycles(needs)) == expected


def test_of_the_steps_that_may_come_next_the_first_written_does() -> None:
    """A step that waits lets later ones pass, and comes as soon as it may."""
    assert in_order({"d": ("c",), "a": (), "b": (), "c": ("a",), "e": ()}) == ("a", "b", "c", "d", "e")


def test_a_long_chain_needs_no_stack() -> None:
    """Thousands of steps in a row are ordered without recursion."""
    names = [f"s{number}" for number in range(20_000)]
    needs = {name: (after,) for name, after in pairwise(names)} | {names[-1]: ()}

    assert in_order(needs) == tuple(reversed(names))
    assert len(cycles(needs | {names[-1]: (names[0],)})[0]) == 20_001
