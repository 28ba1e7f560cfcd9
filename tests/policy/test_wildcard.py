"""Wildcards against a naive oracle."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.policy.wildcard import action_matches, arn_like, matches, may_start_with, resource_matches

patterns = st.text("ab*?:", max_size=8)
texts = st.text("ab:", max_size=10)


@cache
def _naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_naive(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and _naive(pattern[1:], text[1:])


@given(pattern=patterns, text=texts)
def test_matching_agrees_with_the_definition(pattern: str, text: str) -> None:
    """The fast matcher says what trying every split says."""
    assert matches(pattern, text) is _naive(pattern, text)


@given(text=st.text())
def test_a_text_without_wildcards_matches_itself_only(text: str) -> None:
    """Characters that mean something to regular expressions mean nothing here."""
    literal = text.replace("*", "").replace("?", "")

    assert matches(literal, literal)
    assert not matches(literal, literal + "x")


def test_no_pattern_makes_matching_explode() -> None:
    """A pattern that takes a backtracking engine for ever is answered in a moment."""
    assert not matches("*a" * 40 + "b", "a" * 2000)


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:DeleteBucket", "s3:DeleteBucket", True),
        ("S3:deletebucket", "s3:DeleteBucket", True),
        ("s3:Delete*", "s3:DeleteBucket", True),
        ("s3:*", "s3:DeleteBucket", True),
        ("*", "s3:DeleteBucket", True),
        ("s3:DeleteBucke?", "s3:DeleteBucket", True),
        ("s3:DeleteBucket?", "s3:DeleteBucket", False),
        ("s3:Delete", "s3:DeleteBucket", False),
        ("s3.DeleteBucket", "s3:DeleteBucket", False),
    ],
)
def test_action_names_ignore_case(pattern: str, action: str, expected: bool) -> None:
    """IAM does not distinguish upper and lower case in actions."""
    assert action_matches(pattern, action) is expected


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::B", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/c", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3*", "arn:aws:s3:::b", True),
    ],
)
def test_resources_keep_case_and_may_cross_colons(pattern: str, arn: str, expected: bool) -> None:
    """A star in a resource may reach over a colon, and case counts."""
    assert resource_matches(pattern, arn) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:iam::222222222222:role/Teardown", True),
        ("arn:*:iam::*:role/*", True),
        ("arn:aws:iam::*", False),
        ("*", False),
        ("arn:aws:iam::*:*", True),
    ],
)
def test_arn_like_looks_at_each_section(pattern: str, expected: bool) -> None:
    """In an ArnLike condition a star stays within its section."""
    assert arn_like(pattern, "arn:aws:iam::222222222222:role/Teardown") is expected


@given(pattern=st.text("ab*?", max_size=4), prefix=st.text("ab", max_size=4))
def test_may_start_with_agrees_with_trying(pattern: str, prefix: str) -> None:
    """A pattern may start with a prefix exactly when some continuation of the prefix fits it."""
    continuations = ("".join(rest) for size in range(5) for rest in product("ab", repeat=size))
    expected = any(matches(pattern, prefix + rest) for rest in continuations)

    assert may_start_with(pattern, prefix) is expected
