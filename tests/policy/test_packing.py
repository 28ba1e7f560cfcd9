"""Few groups, few sessions: nothing is lost, nothing is added, and every session's policy fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.policy.factoring import by_actions, factored
from runner.policy.grants import Grant, Group, grants_of, grouped, includes, short
from runner.policy.packing import pack
from runner.policy.session import MAX_SIZE, PolicyTooLarge, session_policy

UNTIL = datetime(2026, 12, 1, 8, 15, tzinfo=UTC)
LONG = timedelta(days=8)

grants = st.frozensets(
    st.tuples(st.sampled_from(["s3:A", "s3:B", "s3:C", "s3:D"]), st.sampled_from(["r:1", "r:2", "r:3", "r:4", "*"]))
)


def _pairs(groups: Iterable[Group]) -> set[Grant]:
    return {(action, resource) for actions, resources in groups for action in actions for resource in resources}


def _room(groups: tuple[Group, ...]) -> int:
    condition = {"Effect": "Allow", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    statements = [{**condition, "Action": short(actions), "Resource": short(names)} for actions, names in groups]
    return len(json.dumps(statements, separators=(",", ":")))


@given(wanted=grants)
def test_factoring_is_exact(wanted: frozenset[Grant]) -> None:
    """The groups hold exactly the grants, and take no more room than one group for each set of actions does."""
    found = factored(wanted)

    assert _pairs(found) == wanted
    assert _room(found) <= _room(grouped(wanted))


@given(wanted=grants)
def test_by_actions_names_every_action_once(wanted: frozenset[Grant]) -> None:
    """So that a Deny of an action elsewhere knows every resource it is needed on."""
    found = by_actions(wanted)

    names = [action for actions, _ in found for action in actions]
    assert _pairs(found) == wanted
    assert len(names) == len(set(names))


def test_factoring_finds_what_overlaps() -> None:
    """Two groups that share a corner are shorter than three that do not."""
    wanted = frozenset({("s3:Ab", "r:1"), ("s3:Ab", "r:2"), ("s3:Cd", "r:2"), ("s3:Cd", "r:3")})

    assert len(grouped(wanted)) == 3
    assert len(factored(wanted)) == 2


LONG_NAME = "r:" + "x" * 70
SHORTEST = [
    # Resources that need the same actions.
    (
        {"r:2": "C", "r:3": "BC", "r:4": "ABD"},
        ((("s3:C",), ("r:2",)), (("s3:B", "s3:C"), ("r:3",)), (("s3:A", "s3:B", "s3:D"), ("r:4",))),
    ),
    # Actions that are needed on the same resources.
    ({"r:2": "AB", "r:4": "A"}, ((("s3:A",), ("r:2", "r:4")), (("s3:B",), ("r:2",)))),
    # The largest groups, without what another one of them has already.
    (
        {LONG_NAME: "ABCD", "r:1": "B", "r:2": "ABD", "r:4": "BCD"},
        (
            (("s3:A", "s3:B", "s3:D"), ("r:2", LONG_NAME)),
            (("s3:B",), ("r:1",)),
            (("s3:B", "s3:C", "s3:D"), ("r:4", LONG_NAME)),
        ),
    ),
]


@pytest.mark.parametrize(("needed", "expected"), SHORTEST, ids=["grouped", "by actions", "cover"])
def test_the_shortest_way_is_taken(needed: dict[str, str], expected: tuple[Group, ...]) -> None:
    """Each of the three ways wins somewhere, and what is read back in a policy is what is shown here."""
    names = {"D": "s3:DeleteObjectVersion"}
    wanted = frozenset(
        (names.get(letter, f"s3:{letter}"), resource) for resource, letters in needed.items() for letter in letters
    )
    named = tuple(
        (tuple(names.get(action[3:], action) for action in actions), resources) for actions, resources in expected
    )

    assert factored(wanted) == named


def test_a_session_includes_what_its_policy_reaches() -> None:
    """A session is good for a call when each of its pairs is held as it is, or by what is in a bucket."""
    held = frozenset({("s3:A", "arn:aws:s3:::b"), ("s3:B", "arn:aws:s3:::b/*")})

    assert includes(held, [("s3:A", "arn:aws:s3:::b"), ("s3:B", "arn:aws:s3:::b/x")])
    assert not includes(held, [("s3:A", "arn:aws:s3:::b"), ("s3:A", "arn:aws:s3:::b/x")])
    assert not includes(held, [("s3:B", "arn:aws:s3:::b")])


def _call(number: int, api: str = "s3:DeleteBucket") -> BoundCall:
    service, operation = api.split(":")
    effect = Effect.DELETE if operation.startswith("Delete") else Effect.READ
    return BoundCall(service, operation, {}, "ap-northeast-1", (f"arn:aws:s3:::bucket-{number:040}",), effect)


apis = st.sampled_from(["s3:DeleteBucket", "s3:HeadBucket", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"])
groups = st.lists(
    st.lists(st.builds(_call, st.integers(0, 40), apis), min_size=1, max_size=25).map(tuple), max_size=5
).map(tuple)


@settings(max_examples=25, deadline=None)
@given(wanted=groups)
def test_packing_loses_and_adds_nothing(wanted: tuple[tuple[BoundCall, ...], ...]) -> None:
    """Every call is in a session, no other is, and each session's policy fits and is read back."""
    packs = pack(wanted)

    assert {repr(call) for packed in packs for call in packed} == {repr(call) for group in wanted for call in group}
    for packed in packs:
        assert len(session_policy(packed, until=UNTIL, max_age=LONG)) <= MAX_SIZE


@settings(max_examples=25, deadline=None)
@given(wanted=groups)
def test_what_fits_together_stays_together(wanted: tuple[tuple[BoundCall, ...], ...]) -> None:
    """A group that a session policy can hold is under one session."""
    packs = pack(wanted)

    for group in wanted:
        if len(pack((group,))) == 1:
            assert any(all(call in packed for call in group) for packed in packs)


def test_packing_uses_few_sessions(call: Callable[..., BoundCall]) -> None:
    """Groups that fit together are put together, in their order."""
    small = tuple((call("s3:DeleteBucket", f"arn:aws:s3:::b{number}"),) for number in range(10))

    assert pack(small) == (tuple(only for (only,) in small),)


def _read(letter: str, length: int) -> BoundCall:
    return BoundCall("s3", "HeadBucket", {}, "ap-northeast-1", (f"arn:aws:s3:::{letter * length}",), Effect.READ)


def test_what_is_named_already_takes_no_more_room(call: Callable[..., BoundCall]) -> None:
    """Calls on the same long resource share a session: its name is written once for all of them."""
    one, other = _read("b", 700), call("s3:GetBucketPolicy", f"arn:aws:s3:::{'b' * 700}", None, Effect.READ)

    assert pack(((one,), (other,))) == ((one, other),)


def test_a_group_goes_whole_into_the_first_session_with_room() -> None:
    """Neither is a group torn for the sake of a small gap, nor does a full session keep from looking further."""
    first, second, small = _read("a", 900), (_read("b", 100), _read("c", 800)), _read("d", 150)

    assert pack(((first,), second, (small,))) == ((first, small), second)
    assert pack(((first,), second, (_read("e", 400),)))[2:] == ((_read("e", 400),),)
    assert pack(((_read("a", 1200),), (first,), (_read("e", 200),))) == ((_read("a", 1200),), (first, _read("e", 200)))


def test_a_call_that_just_fits_has_a_session(call: Callable[..., BoundCall]) -> None:
    """The limit of AWS itself is within it."""
    longest = next(
        length for length in range(MAX_SIZE, 0, -1) if _fits(call("s3:HeadBucket", f"arn:aws:s3:::{'b' * length}"))
    )

    assert len(
        session_policy((call("s3:HeadBucket", f"arn:aws:s3:::{'b' * longest}"),), until=UNTIL, max_age=LONG)
    ) == (MAX_SIZE)


def _fits(one: BoundCall) -> bool:
    try:
        return bool(pack(((one,),)))
    except PolicyTooLarge:
        return False


def test_a_group_that_does_not_fit_is_spread() -> None:
    """No policy holds sixty buckets with long names: they take several sessions, none wider than its calls."""
    large = tuple(_call(number) for number in range(60))

    packs = pack((large,))

    assert len(packs) > 1
    assert [call for packed in packs for call in packed] == list(large)
    assert not grants_of(packs[0]) & grants_of(packs[1])
    assert all(len(session_policy(packed, until=UNTIL, max_age=LONG)) <= MAX_SIZE for packed in packs)


def test_a_single_call_that_does_not_fit_is_refused(call: Callable[..., BoundCall]) -> None:
    """There is nothing left to split, and nothing is widened."""
    with pytest.raises(PolicyTooLarge, match="2048"):
        pack(((call("s3:HeadBucket", "arn:aws:s3:::b"), call("iam:DeleteRole", "arn:aws:iam::1:role/" + "x" * 2000)),))
