"""However keys are divided among machines, every key is in exactly one share."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.pages import Cursor
from runner.aws.s3_engine.ranges import Range
from runner.aws.s3_engine.spread.division import divide
from tests.aws.s3_engine.test_ranges import keys, next_key, page_after


def divided(names: list[bytes], wanted: int, page: int = 3) -> tuple[Range, ...]:
    """Divide a listing of names whose pages hold so many."""
    return divide(
        Range(Cursor()),
        wanted,
        lambda cursor: page_after(names, cursor, page),
        lambda markers: tuple(next_key(names, marker) for marker in markers),
    )


@given(st.sets(keys, max_size=120), st.integers(1, 20))
def test_every_key_is_in_one_share(texts: set[str], wanted: int) -> None:
    """The shares touch, begin at the first key and have no end at the last: each key lies in exactly one."""
    names = sorted(text.encode() for text in texts)
    shares = sorted(divided(names, wanted), key=lambda one: one.cursor.key)

    assert (shares[0].cursor.key, shares[-1].until) == (b"", None)
    assert all(low.until == high.cursor.key for low, high in itertools.pairwise(shares))


def test_a_bucket_of_many_keys_is_divided_evenly_enough() -> None:
    """Keys that branch make as many shares as are wanted, of which none holds more than half of them."""
    names = sorted(f"logs/app={at % 12:02}/part-{at:05}".encode() for at in range(12000))
    shares = divided(names, 8, page=1000)
    sizes = [sum(one.cursor.key < name <= (one.until or b"\xff") for name in names) for one in shares]

    assert len(shares) >= 8
    assert sum(sizes) == len(names)
    assert max(sizes) <= len(names) // 2


def test_odd_keys_in_front_do_not_hide_where_the_others_branch() -> None:
    """A first page whose keys differ early is no reason to leave all that follows in one share."""
    odd = [b"exports/!", b"exports/<angle>", b"exports/old"]
    names = sorted(odd + [f"exports/2025/part-{at:06}".encode() for at in range(12000)])
    shares = divided(names, 8, page=1000)

    assert max(sum(one.cursor.key < name <= (one.until or b"\xff") for name in names) for one in shares) <= 6000


def test_few_keys_stay_together() -> None:
    """What fits on a page is one share."""
    assert len(divided([b"a", b"b", b"c"], 8)) == 1
