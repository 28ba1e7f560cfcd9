"""Strict reading of policy documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.canonical import Json
from runner.policy.document import Condition, Element, Principals, Undecidable, parse

STATEMENT: Mapping[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def _document(**changes: Any) -> str:
    statement = {**STATEMENT, **changes}
    present = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [present]})


def test_a_whole_statement_is_read() -> None:
    """Every element ends up in its field, single values as tuples of one."""
    text = _document(
        Sid="DenyWithoutMfa",
        Action=["s3:DeleteBucket", "s3:DeleteObject"],
        Principal={"AWS": ["222222222222", "*"], "Service": "s3.amazonaws.com"},
        Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": False}, "NumericLessThan": {"s3:TlsVersion": 1.2}},
    )

    (statement,) = parse(text).statements

    assert (statement.sid, statement.name, statement.number, statement.effect) == ("DenyWithoutMfa",) * 2 + (1, "Deny")
    assert statement.action == Element(("s3:DeleteBucket", "s3:DeleteObject"), negated=False)
    assert statement.resource == Element(("*",), negated=False)
    assert statement.principals == Principals(
        (("AWS", "222222222222"), ("AWS", "*"), ("Service", "s3.amazonaws.com")), negated=False
    )
    assert statement.conditions == (
        Condition("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",)),
        Condition("NumericLessThan", "s3:TlsVersion", ("1.2",)),
    )


def test_a_statement_without_sid_is_called_by_its_number() -> None:
    """Two nameless statements can still be told apart."""
    text = json.dumps({"Statement": [dict(STATEMENT), dict(STATEMENT)]})

    assert [statement.name for statement in parse(text).statements] == ["number 1", "number 2"]


def test_a_single_statement_needs_no_list() -> None:
    """IAM takes one statement without a list around it."""
    assert len(parse(json.dumps({"Version": "2012-10-17", "Statement": dict(STATEMENT)})).statements) == 1


def test_a_document_without_version_is_read_as_the_old_language() -> None:
    """The old version treats policy variables as plain text, so it must not be lost."""
    assert parse({"Statement": [dict(STATEMENT)]}).version == "2008-10-17"


def test_a_document_may_have_an_id_and_tuples_for_lists() -> None:
    """An Id says nothing about what is allowed; documents that were not read from JSON have tuples."""
    statement = {**STATEMENT, "Action": ("s3:Get*", "s3:Put*"), "Condition": {"Bool": {"aws:x": ("true", "false")}}}
    (found,) = parse({"Id": "mine", "Statement": (statement,)}).statements

    assert found.action == Element(("s3:Get*", "s3:Put*"), negated=False)
    assert found.conditions == (Condition("Bool", "aws:x", ("true", "false")),)


def test_negated_elements_are_kept_apart() -> None:
    """NotAction, NotResource and NotPrincipal are read as what they are."""
    (statement,) = parse(
        _document(
            Action=None,
            NotAction="s3:Get*",
            Resource=None,
            NotResource="arn:aws:s3:::b/keep/*",
            Principal=None,
            NotPrincipal={"AWS": "222222222222"},
        )
    ).statements

    assert statement.action.negated
    assert statement.resource == Element(("arn:aws:s3:::b/keep/*",), negated=True)
    assert statement.principals == Principals((("AWS", "222222222222"),), negated=True)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"Statement": [], "Statement": []}', "same key twice"),
        ('{"Statement": NaN}', "NaN is not JSON"),
        ('{"Version": "2012-10-17"}', "statement 1 is not a JSON object"),
        ('{"Statement": []}', "no statement"),
        ('{"Statement": ["Deny"]}', "statement 1 is not a JSON object"),
        ('{"Version": "2030-01-01", "Statement": [{}]}', "version '2030-01-01' is unknown"),
        ('{"Version": 2012, "Statement": [{}]}', "version 2012 is unknown"),
        ('{"Version": ["2012-10-17"], "Statement": [{}]}', "version ['2012-10-17'] is unknown"),
        ('{"Grants": [], "Statement": [{}]}', "'Grants'"),
        (_document(Effect="deny"), "effect 'deny'"),
        (_document(Effect=None), "effect None"),
        (_document(Sid=7), "Sid of statement 7"),
        (_document(Sid="A", Exception="x"), "statement 'A' holds what this version does not know: 'Exception'"),
        (_document(Action=None), "neither Action nor NotAction"),
        (_document(NotAction="s3:Get*"), "both Action and NotAction"),
        (_document(NotResource="*"), "both Resource and NotResource"),
        (_document(NotPrincipal="*"), "both Principal and NotPrincipal"),
        (_document(Action=[]), "Action of statement 1 is not a text"),
        (_document(Action=["s3:*", 1]), "Action of statement 1 is not a text"),
        (_document(Action=""), "Action of statement 1 is not a text"),
        (_document(Action=["s3:*", ""]), "Action of statement 1 is not a text"),
        (_document(Resource={"a": 1}), "Resource of statement 1 is not a text"),
        (_document(Principal="222222222222"), "neither '*' nor a JSON object"),
        (_document(Principal={}), "neither '*' nor a JSON object"),
        (_document(Principal={"Galaxy": "x"}), "'Galaxy'"),
        (_document(Principal={"AWS": []}), "AWS of statement 1"),
        (_document(Condition=[]), "Condition of statement 1"),
        (_document(Condition={"Bool": {}}), "names no key"),
        (_document(Condition={"Bool": "aws:x"}), "names no key"),
        (_document(Condition={"Bool": {"aws:x": []}}), "condition value for aws:x"),
        (_document(Condition={"Bool": {"aws:x": {"y": 1}}}), "condition value for aws:x"),
        (_document(Condition={"Bool": {"aws:x": ["true", {"y": 1}]}}), "condition value for aws:x"),
    ],
)
def test_what_is_not_understood_is_undecidable(policy: str, reason: str) -> None:
    """A document with anything unknown in it is refused as a whole, and the reason says where."""
    with pytest.raises(Undecidable, match=re.escape(reason)):
        parse(policy)


names = st.text("aB:*", min_size=1, max_size=4)
one_or_many = names | st.lists(names, min_size=1, max_size=2)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": one_or_many, "Resource": one_or_many},
    optional={
        "Sid": names,
        "Principal": st.just("*") | st.fixed_dictionaries({"AWS": one_or_many}),
        "Condition": st.dictionaries(names, st.dictionaries(names, one_or_many, min_size=1, max_size=2), max_size=2),
    },
)


def _many(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


@given(wanted=st.lists(statements, min_size=1, max_size=2))
def test_reading_loses_nothing(wanted: list[dict[str, Json]]) -> None:
    """Whatever was written comes back, in order."""
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": wanted}))

    assert [dict(statement.raw) for statement in document.statements] == wanted
    assert [statement.action.values for statement in document.statements] == [_many(item["Action"]) for item in wanted]


@given(statement=statements, name=st.from_regex(r"[a-z][A-Za-z]*", fullmatch=True))
def test_an_unknown_element_anywhere_is_undecidable(statement: dict[str, Json], name: str) -> None:
    """No new element of the language is ever skipped."""
    with pytest.raises(Undecidable):
        parse({"Statement": [{**statement, name: "x"}]})


@given(text=st.text())
def test_any_text_is_read_or_undecidable(text: str) -> None:
    """Nothing but `Undecidable` ever comes out of a text that is no policy."""
    with pytest.raises(Undecidable):
        parse(text)
