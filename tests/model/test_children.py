"""Children as one text are the children that it was made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.model.children import Child, Children

names = st.text("abc/%=+~", min_size=1, max_size=6).map(str.encode)
ids = st.text("abc3/.", max_size=3).map(str.encode)
children = st.lists(st.tuples(names, ids), max_size=12)


@given(children, st.slices(12))
def test_a_text_of_children_is_a_sequence_of_them(made: list[Child], some: slice) -> None:
    """Length, order, slices and single ones are those of a tuple."""
    text = Children.of(made)

    assert len(text) == len(made)
    assert tuple(text) == tuple(made)
    assert tuple(text[some]) == tuple(made)[some]
    assert [text[at] for at in range(len(made))] == made
    assert Children.of(text) is text


@given(children)
def test_it_is_known_whether_each_has_an_id(made: list[Child]) -> None:
    """One child without an id is enough; of none at all, none has one."""
    assert Children.of(made).have_ids == (bool(made) and all(id_ for _, id_ in made))
