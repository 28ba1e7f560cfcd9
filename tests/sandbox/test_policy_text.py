"""Positions of statements in policy texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.sandbox.policy_text import Position, placed_statements

DOCUMENTED = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "codecommit:ListRepositories",
            "Resource": "*"

        }
    ]
}"""
STATEMENTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.recursive(st.text(max_size=8), lambda inner: st.lists(inner, max_size=3))),
    max_size=4,
)


def test_documented_example() -> None:
    """The example in AWS's CLI reference stands from line 3, column 19 to line 9, column 10."""
    (placed,) = placed_statements(DOCUMENTED)

    assert (placed.start, placed.end) == (Position(3, 19), Position(9, 10))


def test_single_statement_needs_no_list() -> None:
    """A policy whose Statement is one object has one statement."""
    (placed,) = placed_statements('{"Statement":{"Effect":"Deny"},"Version":"2012-10-17"}')

    assert placed.statement == {"Effect": "Deny"}
    assert (placed.start, placed.end) == (Position(1, 14), Position(1, 31))


@given(statements=STATEMENTS, indent=st.sampled_from([None, 0, 2]), before=st.booleans())
def test_every_statement_is_found_where_it_stands(
    statements: list[dict[str, object]], indent: int | None, before: bool
) -> None:
    """However the JSON is laid out, the text between the positions is the statement."""
    document = {"Id": {"a": [1, "x]}"]}, "Statement": statements} if before else {"Statement": statements, "Id": "x"}
    text = json.dumps(document, indent=indent)
    lines = [line + "\n" for line in text.split("\n")]

    placed = placed_statements(text)

    assert [item.statement for item in placed] == statements
    for item in placed:
        start, end = (sum(map(len, lines[: place.line - 1])) + place.column - 1 for place in (item.start, item.end))
        assert json.loads(text[start:end]) == item.statement
        assert text[start - 1] in "[,"


@pytest.mark.parametrize("text", ["", "[]", '"x"', "7", "{}", '{"Id": "x"}', '{"Statement": [}'])
def test_what_is_no_policy_is_refused(text: str) -> None:
    """Everything but a JSON object with a Statement is an error."""
    with pytest.raises((ValueError, TypeError)):
        placed_statements(text)
