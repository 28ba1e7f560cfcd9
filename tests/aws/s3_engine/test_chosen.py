"""Children that are named are found where they are, whatever else lies around them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.chosen import Chosen, before
from runner.aws.s3_engine.keys import LONGEST, encoded
from runner.model.children import Children

KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8) | st.sampled_from(
    ["\ue000", "\0", "a" * 1024, "a\0"]
)


@given(KEYS)
def test_a_marker_comes_before_its_key(key: str) -> None:
    """The listing after the marker begins with the key or before it, and the marker is none that S3 refuses."""
    marker = before(key.encode())

    assert marker < key.encode()
    assert len(marker) <= LONGEST
    marker.decode()


def test_a_marker_is_close() -> None:
    """Between the marker and its key there are none of the siblings that come before."""
    assert before(b"part-0700") > b"part-0699"
    assert before(b"part-0700") > b"part-06zz/and/more"


@given(st.lists(st.tuples(KEYS, st.sampled_from(["v1", "v2"])), min_size=1, unique=True))
def test_each_is_taken_once(named: list[tuple[str, str]]) -> None:
    """What was not named is passed over, and what two ranges hold is taken by one of them."""
    children = [(encoded(key.encode()), version.encode()) for key, version in named]
    chosen = Chosen([tuple(children), tuple(children[:1])])
    page = Children.of([*children, (b"another", b"v9")])

    assert list(chosen.among(page)) == children
    assert list(chosen.among(page)) == []
    assert all(found.until is not None and found.cursor.key < found.until for found in chosen.ranges)
