"""The canonical form is RFC 8785 on its subset, and refuses everything outside it."""

from __future__ import annotations

import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from runner.model.canonical import MAX_INTEGER, Json, NotCanonical, digest, encode

TEXT = st.text(st.characters(codec="utf-8"))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_agrees_with_rfc_8785(value: Json) -> None:
    """Every value of the subset has the very bytes that an independent RFC 8785 encoder gives."""
    assert rfc8785.dumps(value) == encode(value)


@pytest.mark.parametrize(
    "value",
    [1.0, math.nan, MAX_INTEGER + 1, "\ud800", {"ö": 1}, {1: 1}, object(), [b"bytes"]],
    ids=["float", "nan", "large integer", "surrogate", "foreign key", "integer key", "object", "bytes"],
)
def test_refuses_what_has_no_single_form(value: object) -> None:
    """What readers would disagree about is refused and not guessed."""
    with pytest.raises(NotCanonical):
        encode(value)  # type: ignore[arg-type]


def test_digest_ignores_key_order_and_container_type() -> None:
    """The digest is of the value, not of how Python happens to hold it."""
    assert digest({"a": 1, "b": (1, 2)}) == digest({"b": [1, 2], "a": 1})
