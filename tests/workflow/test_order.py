"""Which steps wait for which, and how they are handed out to those who do them side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.cli.threads import Threads
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.plan import Cascade
from runner.model.playbook import Wait
from runner.workflow.agenda import Agenda
from runner.workflow.order import order
from tests.guard.rules import planned

ROLE = "arn:aws:iam::222222222222:role/app"
KEY = "arn:aws:kms:eu-west-1:222222222222:key/1"


def waits(*steps: dict[str, Any]) -> tuple[frozenset[int], ...]:
    """Return what steps wait for that are about different things unless they say so."""
    usual: Iterable[dict[str, Any]] = (
        {"id": f"s{place}", "target": f"arn:aws:sns:::t{place}", "calls": ()} for place in range(len(steps))
    )
    return order(tuple(planned(**{**one, **said}) for one, said in zip(usual, steps, strict=True)))


def test_who_says_nothing_waits_for_nobody() -> None:
    """Steps about different things begin at once."""
    assert waits({}, {}, {}) == (frozenset(), frozenset(), frozenset())


def test_needs_and_pauses_are_waited_for() -> None:
    """Whoever is named comes first, and nobody else."""
    found = waits({}, {}, {"needs": ("s0",)}, {"wait": Wait("s1", 60)})

    assert found[2:] == (frozenset({0}), frozenset({1}))


def test_the_same_thing_is_touched_by_one_step_at_a_time() -> None:
    """Steps about one target, about what stands in it, what dies with it, or with a call on it, keep their order."""
    alias = BoundCall("kms", "DeleteAlias", {}, "eu-west-1", ("*", KEY), Effect.DELETE)
    found = waits(
        {"target": ROLE},
        {"target": ROLE},
        {"target": f"{ROLE}/inside"},
        {"target": f"{ROLE}-other"},
        {"calls": (alias,)},
        {"target": KEY},
        {"cascade": (Cascade("keys", (KEY,)),)},
    )

    assert found == tuple(map(frozenset, ((), (0,), (0, 1), (), (), (4,), (4, 5))))


@given(st.lists(st.sets(st.integers(0, 12)), max_size=12), st.integers(1, 5))
def test_nobody_is_handed_out_before_what_he_waits_for(before: list[set[int]], size: int) -> None:
    """Whatever waits for what, each step is handed out once, after the others ended; alone they come in order."""
    wanted = tuple(frozenset(one for one in ones if one < place) for place, ones in enumerate(before))
    agenda, ended, taken = Agenda(wanted), set[int](), list[int]()

    def work(_: int) -> None:
        while (place := agenda.take()) is not None:
            taken.append(place)
            assert wanted[place] <= ended
            ended.add(place)
            agenda.ended(place)

    Threads(size).map(work, range(size))

    assert sorted(taken) == list(range(len(wanted)))
    assert size > 1 or taken == sorted(taken)


def test_nothing_comes_from_a_closed_agenda() -> None:
    """Whoever waits for a step to end is sent home."""
    agenda = Agenda((frozenset(), frozenset({0})))
    assert agenda.take() == 0
    agenda.close()

    assert agenda.take() is None
