"""Policy variables: which keys a statement looks at, and what stands in a variable's place."""

from __future__ import annotations

from typing import Any

import pytest

from runner.policy.document import parse
from runner.policy.request import RequestContext
from runner.policy.truth import Doubt
from runner.policy.variables import expand, has_variable, keys_of, widest
from runner.policy.wildcard import Pattern, tokens

NEW, OLD = "2012-10-17", "2008-10-17"
CONTEXT = RequestContext({"aws:username": "a*b", "k:list": ("a",)}, absent=frozenset({"k:absent", ""}))


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, set()),
        ({"Resource": "arn:aws:s3:::b/${AWS:UserName}/*"}, {"aws:username"}),
        ({"Resource": ["*", "a${*}${?}${$}", "${aws:userid, 'x'}"]}, {"aws:userid"}),
        ({"NotResource": "${aws:username}", "Resource": None}, {"aws:username"}),
        ({"Condition": {"StringLike": {"S3:Prefix": ["a", "${aws:PrincipalTag/Team}"]}}},
         {"s3:prefix", "aws:principaltag/team"}),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "Null": {"k": "true"}}},
         {"aws:multifactorauthpresent", "k"}),
        ({"Resource": None, "Principal": "*", "Condition": {"Bool": {"K": "true"}}}, {"k"}),
    ],
)  # fmt: skip
def test_the_keys_that_a_statement_looks_at(changes: dict[str, Any], keys: set[str]) -> None:
    """Every key of a condition, and every variable of a condition or a resource, in lower case."""
    written = {"Effect": "Allow", "Action": "*", "Resource": "*", **changes}
    (statement,) = parse(
        {"Statement": {name: value for name, value in written.items() if value is not None}}
    ).statements

    assert keys_of(statement) == keys


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("a*", NEW, tokens("a*")),
        ("${aws:username}", OLD, tokens("${aws:username}")),
        ("x*${aws:username}?", NEW, (*tokens("x*"), "a", "*", "b", *tokens("?"))),
        ("${aws:UserName}${AWS:username}", NEW, tuple("a*ba*b")),
        ("${*}${?}${$}{aws:username}", NEW, tuple("*?${aws:username}")),
        ("${k:absent, 'no*body'}", NEW, tuple("no*body")),
        ("${aws:username, 'x'}", NEW, tuple("a*b")),
        ("${k:absent, ''}", NEW, ()),
    ],
)
def test_a_variable_becomes_its_value(text: str, version: str, expected: Pattern) -> None:
    """A star in a value, a default or an escape stands for itself; old documents have no variables."""
    assert has_variable(text, version) is (version == NEW and "${" in text)
    assert expand(text, version, CONTEXT) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${k:absent}",
        "${k:unknown}",
        "${k:unknown, 'x'}",
        "${k:list}",
        "${aws:username",
        "${aws:username,'x'}",
        "${}",
        "${, 'x'}",
        "${*, 'x'}",
        "${aws:username}${",
        "${${aws:username}}",
    ],
)
def test_a_variable_without_a_known_value_is_a_doubt(text: str) -> None:
    """Neither an absent key without a default, nor several values, nor a spelling that is not documented, decides."""
    assert isinstance(expand(f"a{text}b", NEW, CONTEXT), Doubt)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("a", "a"), ("a${k}b", "a*b"), ("a${k, 'x'}${*}b", "a**b"), ("a${k}b${oops", "a*b*"), ("${", "*"), ("a?*", "a?*")],
)
def test_the_widest_that_a_text_may_stand_for(text: str, pattern: str) -> None:
    """A variable may be anything; from a spelling that is not understood on, everything may."""
    assert widest(text) == tokens(pattern)
