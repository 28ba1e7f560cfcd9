"""How much of a bucket's objects a statement reaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.policy.coverage import Coverage, coverage
from runner.policy.document import Element
from runner.policy.wildcard import matches

BUCKET = "arn:aws:s3:::b"
OBJECTS = "arn:aws:s3:::b/*"


@pytest.mark.parametrize(
    ("values", "resource", "expected"),
    [
        (("*",), OBJECTS, Coverage.ALL),
        ((OBJECTS,), OBJECTS, Coverage.ALL),
        ((BUCKET, OBJECTS), OBJECTS, Coverage.ALL),
        (("arn:aws:s3:::b*",), OBJECTS, Coverage.ALL),
        (("arn:aws:s3:::b/logs/*",), OBJECTS, Coverage.SOME),
        (("arn:aws:s3:::b/*.csv",), OBJECTS, Coverage.SOME),
        (("arn:aws:s3:::b/?",), OBJECTS, Coverage.SOME),
        (("arn:aws:s3:::${aws:PrincipalTag/bucket}/*",), OBJECTS, Coverage.SOME),
        ((BUCKET,), OBJECTS, Coverage.NONE),
        (("arn:aws:s3:::other/*",), OBJECTS, Coverage.NONE),
        ((BUCKET,), BUCKET, Coverage.ALL),
        (("arn:aws:s3:::?",), BUCKET, Coverage.ALL),
        ((OBJECTS,), BUCKET, Coverage.NONE),
    ],
)
def test_a_resource_element_reaches_all_some_or_none(
    values: tuple[str, ...], resource: str, expected: Coverage
) -> None:
    """What it reaches is told apart, and what is not certain is "some"."""
    opposite = {Coverage.ALL: Coverage.NONE, Coverage.NONE: Coverage.ALL, Coverage.SOME: Coverage.SOME}

    assert coverage(Element(values, negated=False), resource) is expected
    assert coverage(Element(values, negated=True), resource) is opposite[expected]


@given(
    values=st.lists(st.text("ab/*?", min_size=1, max_size=5), min_size=1, max_size=3),
    key=st.text("ab/", max_size=4),
    negated=st.booleans(),
)
def test_all_and_none_hold_for_every_object(values: list[str], key: str, negated: bool) -> None:
    """Whatever object is picked, "all" reaches it and "none" does not."""
    reached = any(matches(value, f"a/{key}") for value in values) is not negated
    answer = coverage(Element(tuple(values), negated=negated), "a/*")

    assert answer is Coverage.SOME or (answer is Coverage.ALL) is reached
