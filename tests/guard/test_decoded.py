"""A decoded authorization message is told in lines, and nothing that it lacks is made up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.decoded import read_decoded


def message(**changes: Any) -> str:
    """Return a message in the form of AWS's example, with changes to its context."""
    statement = {
        "statementId": "VisualEditor0",
        "effect": "DENY",
        "principals": {"items": [{"value": "AROA123456789EXAMPLE"}]},
        "actions": {"items": [{"value": "ec2:RunInstances"}]},
    }
    context = {
        "principal": {"id": "AROA123456789EXAMPLE:Ana", "arn": "arn:aws:sts::111122223333:assumed-role/Developer/Ana"},
        "action": "RunInstances",
        "resource": "arn:aws:ec2:us-east-1:111122223333:instance/*",
        "conditions": {"items": [{"key": "ec2:Tenancy", "values": {"items": [{"value": "default"}]}}]},
        **changes,
    }
    data = {"allowed": False, "explicitDeny": True, "matchedStatements": {"items": [statement]}, "context": context}
    return json.dumps(data)


def keys(**values: str) -> dict[str, Any]:
    """Return condition keys as a message holds them."""
    return {"items": [{"key": f"aws:{key}", "values": {"items": [{"value": value}]}} for key, value in values.items()]}


def test_the_statement_and_the_request_are_named() -> None:
    """What AWS's own example holds is told line for line."""
    assert read_decoded(message()) == (
        "decision: an explicit Deny",
        "statement: VisualEditor0 (DENY)",
        "principal: arn:aws:sts::111122223333:assumed-role/Developer/Ana",
        "action: RunInstances",
        "resource: arn:aws:ec2:us-east-1:111122223333:instance/*",
        "aws:MultiFactorAuthPresent: not in the request, as with a long-term key",
    )


def test_a_statement_is_told_with_its_policy() -> None:
    """Where AWS says whose it is, so do we; what it does not name has no name, and what is no text is left out."""
    items = [{"statementId": "S", "effect": "DENY", "sourcePolicyId": "Limit"}, {}, "x"]
    data = {"allowed": False, "matchedStatements": {"items": items}, "context": {"action": ["s3:A"], "resource": ""}}

    assert read_decoded(json.dumps(data)) == (
        "decision: not said",
        "statement: S (DENY) of Limit",
        "statement: without a name (effect not said)",
    )


def test_what_the_request_carried_of_mfa_is_told() -> None:
    """The keys are shown with their values."""
    told = read_decoded(message(conditions=keys(MultiFactorAuthPresent="true", MultiFactorAuthAge="1200")))

    assert told[-2:] == ("aws:MultiFactorAuthPresent: true", "aws:MultiFactorAuthAge: 1200")


@pytest.mark.parametrize(
    ("data", "decision"),
    [
        ({"allowed": False, "explicitDeny": False}, "decision: no statement allows it"),
        ({"allowed": True}, "decision: allowed"),
        ({}, "decision: not said"),
        (
            {"allowed": "no", "matchedStatements": [], "context": {"conditions": 1, "principal": "x"}},
            "decision: not said",
        ),
    ],
)
def test_missing_parts_are_left_out(data: dict[str, Any], decision: str) -> None:
    """A message of another form gives what it holds and no more; without conditions nothing is said of MFA."""
    assert read_decoded(json.dumps(data)) == (decision,)


@pytest.mark.parametrize("text", ["", "null", "[]", "not JSON", "[" * 100_000])
def test_what_is_no_message_is_shown_as_it_is(text: str) -> None:
    """AWS's words are not lost when they are not understood."""
    (line,) = read_decoded(text)

    assert line.startswith("the decoded message is not understood: ")


NAMES = ("allowed", "explicitDeny", "matchedStatements", "items", "context", "conditions", "key", "values")
anything = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
)


@given(anything)
def test_no_message_is_too_strange(data: Any) -> None:
    """Any JSON gives lines of text."""
    assert all(isinstance(line, str) for line in read_decoded(json.dumps(data)))
