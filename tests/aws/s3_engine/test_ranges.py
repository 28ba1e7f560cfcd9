"""However the key space is cut while it is listed, every key is in exactly one range."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.keys import decoded, encoded
from runner.aws.s3_engine.pages import Cursor, Page
from runner.aws.s3_engine.ranges import PATIENCE, SLOW, Ranges
from runner.aws.s3_engine.splitting import boundaries
from runner.model.bulk import Counted
from runner.model.children import Child, Children

keys = st.one_of(
    st.text("ab/é\U0010ffff", min_size=1, max_size=6),
    st.integers(0, 400).map(lambda at: f"logs/app={at % 7}/part-{at:05}"),
)


def page_after(names: list[bytes], cursor: Cursor, size: int) -> Page:
    """Return a page of a listing of keys that have one version each."""
    begin = bisect_right(names, cursor.key)
    some = names[begin : begin + size]
    after = Cursor(some[-1], b"null") if begin + size < len(names) else None
    return Page(Children.of((encoded(name), b"null") for name in some), after, Counted())


@given(st.sets(keys, max_size=200), st.data())
def test_every_key_is_listed_once(texts: set[str], data: st.DataObject) -> None:
    """Listing in any order, with cuts at any moment and at any boundary, finds every key once."""
    names = sorted(text.encode() for text in texts)
    ranges = Ranges(lambda: False, lambda: False, lambda: None)
    found: list[Child] = []
    open_ = []
    first = ranges.take()
    assert first is not None
    open_.append(first[0])
    while open_:
        one = data.draw(st.sampled_from(open_))
        wanted = page_after(names, one.cursor, 3)
        if data.draw(st.booleans()):
            # The cut comes while the page is on its way.
            one.is_split = True
            free = tuple(text.encode() for text in data.draw(st.lists(keys, max_size=3)))
            probed = boundaries(one, lambda markers: tuple(next_key(names, marker) for marker in markers))
            ranges.cut(one, (*free, *probed))
        children, goes_on = ranges.take_page(one, wanted)
        found += children
        if not goes_on:
            open_.remove(one)
        one.pages = min(one.pages, PATIENCE - 1)
        while ranges._waiting:
            taken = ranges.take()
            assert taken is not None
            open_.append(taken[0])

    assert sorted(decoded(key) for key, _ in found) == names


def next_key(names: list[bytes], marker: bytes) -> bytes | None:
    """Return the first key behind a marker."""
    at = bisect_right(names, marker)
    return names[at] if at < len(names) else None


def test_an_idle_lister_cuts_where_the_keys_branch() -> None:
    """Siblings of the cursor's prefixes become boundaries: here the applications behind the one that is listed."""
    names = sorted(f"logs/app={app}/part-{at:04}".encode() for app in range(5) for at in range(1000))
    ranges = Ranges(lambda: False, lambda: False, lambda: None)
    taken = ranges.take()
    assert taken is not None
    one, is_for_splitting = taken
    assert not is_for_splitting
    for _ in range(PATIENCE):
        ranges.take_page(one, replace(page_after(names, one.cursor, 100), duration_ms=SLOW))
    assert ranges.take() == (one, True)
    found = boundaries(one, lambda markers: tuple(next_key(names, marker) for marker in markers))
    ranges.cut(one, found)

    assert len(ranges._waiting) >= 4
    assert one.until is not None


def test_a_stop_ends_a_listing_in_the_middle_of_a_range() -> None:
    """Whoever lists a range asks for no further page of it once everything is stopped."""
    stopped: list[bool] = []
    ranges = Ranges(lambda: bool(stopped), lambda: False, lambda: None)
    taken = ranges.take()
    assert taken is not None
    names = [f"{at:04}".encode() for at in range(100)]
    goes_on = [ranges.take_page(taken[0], page_after(names, taken[0].cursor, 10))[1]]
    stopped.append(True)
    goes_on.append(ranges.take_page(taken[0], page_after(names, taken[0].cursor, 10))[1])

    assert goes_on == [True, False]


def test_one_slow_page_calls_nobody_for_help() -> None:
    """Help is wanted, and wanted once, when not one page of several came quickly."""
    called: list[int] = []
    ranges = Ranges(lambda: False, lambda: False, lambda: called.append(1))
    taken = ranges.take()
    assert taken is not None
    names = [f"{at:04}".encode() for at in range(100)]
    for at in range(PATIENCE + 1):
        page = page_after(names, taken[0].cursor, 10)
        ranges.take_page(taken[0], replace(page, duration_ms=0 if at == 2 else 10 * SLOW))
    assert called == []
    ranges.cut(taken[0], ())
    for _ in range(PATIENCE + 1):
        ranges.take_page(taken[0], replace(page_after(names, taken[0].cursor, 10), duration_ms=SLOW))

    assert called == [1]
