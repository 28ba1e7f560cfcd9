"""Readers of single values keep bounds that the action types of the other tests do not reach."""

from __future__ import annotations

import pytest

from runner.workflow.loading.fields import Value, Wrong
from runner.workflow.loading.nodes import Kind, Scalar
from runner.workflow.loading.problems import START, Problems
from runner.workflow.loading.scalars import LONGEST, matching


def value(text: str) -> Value:
    """Return a quoted text as a value of the file."""
    return Value(Scalar(START, text, Kind.TEXT, quoted=True), "key", Problems("p.yaml"))


def test_a_name_has_a_greatest_length() -> None:
    """A text that is longer than any name of AWS is refused before a pattern is tried on it."""
    read = matching("a*", "some a")

    assert read(value("a" * LONGEST)) == "a" * LONGEST
    with pytest.raises(Wrong, match="`key` must be some a"):
        read(value("a" * (LONGEST + 1)))


@pytest.mark.parametrize("text", ["ab", "a\n", " a", "b"])
def test_a_pattern_matches_the_whole_text(text: str) -> None:
    """Nothing before or after a match slips through, a line's end included."""
    with pytest.raises(Wrong):
        matching("a|a(?=b)", "an a")(value(text))
