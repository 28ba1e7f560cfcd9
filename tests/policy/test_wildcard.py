"""Wildcards against a naive oracle."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.policy.wildcard import (
    action_matches,
    covers,
    matches,
    overlaps,
    plain,
    resource_matches,
    tokens,
)

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


@given(one=patterns, other=patterns)
def test_overlapping_agrees_with_trying(one: str, other: str) -> None:
    """Two patterns overlap when one of the texts that fit the first fits the second; short texts suffice to try."""
    assert overlaps(tokens(one), tokens(other)) is overlaps(tokens(other), tokens(one))
    for text in _fitting(one):
        assert overlaps(tokens(one), tuple(text))
        assert overlaps(tokens(one), tokens(other)) or not _naive(other, text)


@given(wide=patterns, narrow=patterns)
def test_what_covers_lets_nothing_out(wide: str, narrow: str) -> None:
    """Every text that fits a covered pattern fits the covering one, and then they overlap."""
    if covers(tokens(wide), tokens(narrow)):
        assert all(_naive(wide, text) for text in _fitting(narrow))
        assert overlaps(tokens(wide), tokens(narrow))


@pytest.mark.parametrize(
    ("wide", "narrow", "covering", "overlapping"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", True, True),
        ("arn:aws:s3:::b*", "arn:aws:s3:::b/*", True, True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*", False, True),
        ("arn:aws:s3:::b/logs/*", "arn:aws:s3:::b/*", False, True),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/*", False, False),
        ("arn:aws:s3:::*/x", "arn:aws:s3:::b/*", False, True),
        ("a?c", "a?c", True, True),
        ("abc", "a?c", False, True),
        ("?", "", False, False),
    ],
)
def test_patterns_against_patterns(wide: str, narrow: str, *, covering: bool, overlapping: bool) -> None:
    """All below a bucket is covered by patterns that reach all of it, and overlaps those that reach a part."""
    assert covers(tokens(wide), tokens(narrow)) is covering
    assert overlaps(tokens(wide), tokens(narrow)) is overlapping


def test_a_star_of_a_text_is_no_wildcard() -> None:
    """Characters that came from a value stand for themselves."""
    assert covers(tuple("a*"), tuple("a*"))
    assert not covers(tuple("a*"), tuple("ab"))
    assert not overlaps(tuple("a?"), tuple("ab"))
    assert plain(tokens("a*?")) == "a*?"


SMALL = tuple("".join(written) for length in range(4) for written in product("ab*?", repeat=length))
TEXTS = tuple("".join(written) for length in range(5) for written in product("abc", repeat=length))
"""Every short pattern, and texts that are long enough to tell any two of them apart."""


def test_every_pair_of_short_patterns() -> None:
    """What covers lets nothing out, and what overlaps has a text in common: all short patterns, without exception."""
    fitting = {pattern: frozenset(text for text in TEXTS if _naive(pattern, text)) for pattern in SMALL}
    for wide, narrow in product(SMALL, repeat=2):
        if covers(tokens(wide), tokens(narrow)):
            assert fitting[narrow] <= fitting[wide], (wide, narrow)
        assert overlaps(tokens(wide), tokens(narrow)) is bool(fitting[wide] & fitting[narrow]), (wide, narrow)
    assert all(matches(pattern, text) is (text in fitting[pattern]) for pattern in SMALL for text in TEXTS)


def _fitting(pattern: str) -> list[str]:
    """Return a few texts that fit a pattern."""
    stars = ("", "a", "b:", "*")
    return [pattern.replace("*", star).replace("?", one) for star in stars for one in ("a", "b", ":")]
