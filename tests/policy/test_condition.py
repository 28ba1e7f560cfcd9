"""Conditions: what cannot be told is a doubt, and everything that is told is what the operators are defined to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.policy.condition import all_hold, holds
from runner.policy.document import Condition
from runner.policy.operators import OPERATORS
from runner.policy.request import RequestContext
from runner.policy.truth import Answer, Doubt, every, opposite, some
from tests.policy.policy_strategies import LITERALS, family

VERSION = "2012-10-17"
answers: st.SearchStrategy[Answer] = st.sampled_from([True, False, Doubt("why"), Doubt("other")])


def _holds(operator: str, value: Any, *literals: str) -> Answer:
    values: Mapping[str, Any] = {} if value is None else {"k": value}
    context = RequestContext(values, absent=frozenset({"*"}))
    return holds(Condition(operator, "k", literals), context, VERSION)


def test_there_are_all_the_operators_of_aws() -> None:
    """Every operator of AWS's page is known, Null and additions to names apart."""
    kinds = {"Numeric": True, "Date": True}
    expected = {
        f"{kind}{name}"
        for kind in kinds
        for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    }
    expected |= {f"String{name}" for name in ("Equals", "NotEquals", "Like", "NotLike")}
    expected |= {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool", "BinaryEquals"}
    expected |= {"IpAddress", "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"}

    assert set(OPERATORS) == expected


@pytest.mark.parametrize(
    "operator",
    [
        "stringequals",
        "String Equals",
        "",
        "StringEqualsIfexists",
        "BinaryNotEquals",
        "NullIfExists",
        "ForAllValues:Null",
        "IfExists",
    ],
)
def test_an_operator_that_aws_does_not_document_is_a_doubt(operator: str) -> None:
    """Neither a value nor its absence decides under an operator that is not known."""
    assert isinstance(_holds(operator, "true", "true"), Doubt)
    assert isinstance(_holds(operator, None, "true"), Doubt)


@pytest.mark.parametrize(
    ("operator", "value", "literal"),
    [
        ("NumericEquals", "1", "one"),
        ("NumericEquals", "one", "1"),
        ("NumericEquals", "1", "1e0"),
        ("NumericEquals", "1", ""),
        ("NumericEquals", "1", "1."),
        ("NumericEquals", "10", "1.0e1"),
        ("NumericEquals", "1", "\u0661"),
        ("NumericEquals", "1.10", "1.1_0"),
        ("NumericEquals", "1", "${k}"),
        ("NumericNotEquals", "1", "NaN"),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0000Z"),
        ("DateEquals", "1767225600", "1767_225600"),
        ("DateEquals", "1767225600", "\u0661767225600"),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00:00"),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026"),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "1767225600000"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "176722560000"),
        ("DateGreaterThan", "yesterday", "2026-01-01T00:00:00Z"),
        ("Bool", "yes", "true"),
        ("Bool", "true", "1"),
        ("Bool", "true", "${k}"),
        ("BinaryEquals", "YQ==", "a"),
        ("BinaryEquals", "YQ", "YQ=="),
        ("IpAddress", "203.0.113.7", "203.0.113.0/33"),
        ("IpAddress", "203.0.113.7", "203.0.113.0/0024"),
        ("IpAddress", "203.0.113.7", "203.0.113.0/"),
        ("IpAddress", "203.0.113.7", "203.0.113.0/255.255.255.0"),
        ("IpAddress", "203.0.113", "203.0.113.0/24"),
        ("IpAddress", "2001:db8::5", "2001:db8::5/64"),
        ("NotIpAddress", "::ffff:203.0.113.7", "203.0.113.0/24"),
        ("IpAddress", "fe80::1%eth0", "fe80::/10"),
        ("ArnEquals", "arn:aws:s3:::b", "*"),
        ("ArnNotLike", "b", "arn:aws:s3:::b"),
        ("ArnEquals", "arn:aws:s3::b", "arn:aws:s3::b"),
        ("StringLike", "a\U0001f600", "a?"),
        ("StringEqualsIgnoreCase", "\u017f", "s"),
        ("StringEquals", "a", "${k"),
        ("StringEquals", "a", "${nothing}"),
        ("ArnLike", "arn:aws:s3:::b", "arn:aws:s3:::${nothing}"),
        ("StringNotEquals", "a", "${k,'b'}"),
    ],
)  # fmt: skip
def test_text_of_another_kind_is_a_doubt(operator: str, value: str, literal: str) -> None:
    """A value or a literal that the operator cannot read decides nothing, also negated and beside a value that fits."""
    assert isinstance(_holds(operator, value, literal), Doubt)
    assert isinstance(_holds(f"{operator}IfExists", value, literal), Doubt)
    assert isinstance(_holds(operator, value, value, literal), Doubt)


@pytest.mark.parametrize(
    "operator", ["NumericGreaterThan", "DateLessThan", "Bool", "BinaryEquals", "IpAddress", "ArnLike"]
)
def test_a_policy_that_is_not_understood_is_a_doubt_without_the_key_too(operator: str) -> None:
    """Whether AWS looks at the value at all when the key is missing is not documented."""
    assert isinstance(_holds(operator, None, "?"), Doubt)
    assert isinstance(_holds(f"{operator}IfExists", None, "?"), Doubt)


@pytest.mark.parametrize(
    ("operator", "value", "literal", "expected"),
    [
        ("NumericLessThan", "9", "10", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericGreaterThanEquals", "+10", "010", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericEquals", "-1", "-1.00", True),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00Z", False),
        ("DateGreaterThanEquals", "2026-01-01T00:00:01Z", "2026-01-01T01:00:01+01:00", True),
        ("DateNotEquals", "1767225600", "2026-01-01T00:00:00Z", False),
        ("Bool", "TRUE", "true", True),
        ("Bool", "false", "true", False),
        ("BinaryEquals", "YQ==", "Yg==", False),
        ("IpAddress", "203.0.113.7", "203.0.113.9/24", True),
        ("IpAddress", "203.0.113.7", "2001:db8::/64", False),
        ("NotIpAddress", "203.0.113.7", "2001:db8::/64", True),
        ("IpAddress", "2001:db8::5", "2001:db8::5", True),
        ("ArnLike", "arn:aws:iam::1:role/ops/R", "arn:aws:iam::1:role/*", True),
        ("ArnLike", "arn:aws:iam::1:role/a:b", "arn:aws:iam::1:role/a:b", True),
        ("ArnLike", "arn:aws:iam::1:role/R", "arn:*:iam::*:role/*", True),
        ("ArnLike", "arn:aws:iam::1:role/R", "arn:aws:iam::*:*", True),
        ("ArnLike", "arn:aws:iam::1:role/R", "arn:aws:iam::1:role/S", False),
        ("ArnLike", "arn:aws:iam:eu:1:role/R", "arn:aws:*:1:role/R:*", False),
        ("ArnNotEquals", "arn:aws:iam::1:role/R", "arn:aws:iam::2:role/R", True),
        ("StringLike", "a?", "a${?}", True),
        ("StringLike", "ab", "a${?}", False),
        ("StringEquals", "a*", "a*", True),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringEqualsIgnoreCase", "\u00c4", "\u00e4", True),
        ("StringEqualsIgnoreCase", "a", "b", False),
        ("StringEqualsIgnoreCase", "a", "${K}", True),
        ("StringEquals", "a", "${k}", True),
        ("StringLike", "\uffff", "?", True),
        ("StringLike", "\U0001f600", "*", True),
    ],
)  # fmt: skip
def test_values_compare_as_their_kind(operator: str, value: str, literal: str, *, expected: bool) -> None:
    """Numbers compare as numbers, dates as moments, addresses as ranges, and texts character by character."""
    assert _holds(operator, value, literal) is expected


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_a_missing_key_is_as_documented(operator: str) -> None:
    """Without the key a line is false and a negated one true; the additions to the name go before that."""
    value = LITERALS[family(operator)][0]

    assert _holds(operator, None, value) is ("Not" in operator)
    assert _holds(f"{operator}IfExists", None, value) is True
    assert _holds(f"ForAllValues:{operator}", None, value) is True
    assert _holds(f"ForAnyValue:{operator}", None, value) is False
    assert _holds(f"ForAnyValue:{operator}IfExists", None, value) is True


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAnyValue:StringNotEquals", ("a", "d"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringEquals", "a", True),
    ],
)
def test_set_operators_look_at_every_value(operator: str, value: Any, *, expected: bool) -> None:
    """All, or one, of the request's values must fit one of the policy's; negated, none of the policy's."""
    assert _holds(operator, value, "a", "b") is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringEqualsIfExists"])
@pytest.mark.parametrize("value", [("a",), ("a", "b"), ()])
def test_several_values_want_a_set_operator(operator: str, value: tuple[str, ...]) -> None:
    """A key that may have several values is a doubt under an operator for one, even with one value or none."""
    assert isinstance(_holds(operator, value, "a"), Doubt)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLikeIfExists", "ForAllValues:Bool", "NumericEquals"])
def test_a_global_key_wants_an_operator_of_its_kind(operator: str) -> None:
    """What a text comparison makes of a truth value, AWS does not say."""
    for value in ({"aws:MultiFactorAuthPresent": "1"}, {}):
        context = RequestContext(value, absent=frozenset({"*"}))
        assert isinstance(holds(Condition(operator, "AWS:multifactorauthpresent", ("1",)), context, VERSION), Doubt)


@pytest.mark.parametrize(
    ("key", "kinds", "value"),
    [
        ("aws:CurrentTime", {"Date"}, "2026-01-01T00:00:00Z"),
        ("aws:EpochTime", {"Date", "Numeric"}, "1767225600"),
        ("aws:MultiFactorAuthAge", {"Numeric"}, "30"),
        ("aws:MultiFactorAuthPresent", {"Bool"}, "true"),
        ("aws:PrincipalIsAWSService", {"Bool"}, "true"),
        ("aws:SecureTransport", {"Bool"}, "true"),
        ("aws:SourceIp", {"IpAddress", "NotIpAddress"}, "203.0.113.7"),
        ("aws:TokenIssueTime", {"Date"}, "2026-01-01T00:00:00Z"),
        ("aws:ViaAWSService", {"Bool"}, "true"),
    ],
)
def test_which_operators_are_for_a_global_key(key: str, kinds: set[str], value: str) -> None:
    """Every operator of another kind is a doubt, and none of its own is."""
    context = RequestContext({key: value})
    answers = {name: holds(Condition(name, key, (value,)), context, VERSION) for name in OPERATORS}
    decided = {name for name, answer in answers.items() if not isinstance(answer, Doubt)}

    assert decided == {name for name in OPERATORS if name.startswith(tuple(kinds))}


def test_an_empty_value_in_a_set_is_a_doubt() -> None:
    """AWS's pages do not agree whether an empty text is a value."""
    assert isinstance(_holds("ForAllValues:StringEquals", ("",), "a"), Doubt)
    assert isinstance(_holds("Null", "", "true"), Doubt)
    assert _holds("Null", ("", "a"), "true") is False
    assert _holds("StringEquals", "", "") is True


@pytest.mark.parametrize(
    ("value", "literals", "expected"),
    [("x", ("true",), False), ("x", ("False",), True), (None, ("true",), True), (None, ("false",), False)],
)
def test_null_asks_whether_the_key_is_there(value: Any, literals: tuple[str, ...], *, expected: bool) -> None:
    """True asks for absence, false for presence, in letters of any case."""
    assert _holds("Null", value, *literals) is expected


def test_null_with_anything_else_is_a_doubt() -> None:
    """Both truth values at once, or none of them, ask for nothing."""
    assert isinstance(_holds("Null", "x", "true", "false"), Doubt)
    assert isinstance(_holds("Null", "x", "yes"), Doubt)


def test_a_key_that_is_there_with_an_unknown_value_answers_null_only() -> None:
    """Presence is known, the value is not."""
    context = RequestContext(present=frozenset({"K"}))

    assert holds(Condition("Null", "k", ("false",)), context, VERSION) is True
    assert isinstance(holds(Condition("BoolIfExists", "k", ("true",)), context, VERSION), Doubt)


def test_what_nobody_named_is_not_known() -> None:
    """A key that the context does not mention is neither absent nor present."""
    for operator in ("Null", "Bool", "BoolIfExists", "ForAllValues:StringEquals"):
        assert isinstance(holds(Condition(operator, "k", ("true",)), RequestContext(), VERSION), Doubt)


def test_a_family_of_tags_can_be_absent() -> None:
    """``aws:PrincipalTag/*`` says that there is no tag but those with a value, and nothing of other keys."""
    context = RequestContext({"aws:PrincipalTag/team": "a"}, absent=frozenset({"aws:PrincipalTag/*"}))

    assert holds(Condition("StringEquals", "aws:principaltag/TEAM", ("a",)), context, VERSION) is True
    assert holds(Condition("Null", "aws:PrincipalTag/other", ("true",)), context, VERSION) is True
    assert isinstance(holds(Condition("Null", "aws:RequestTag/other", ("true",)), context, VERSION), Doubt)


def test_the_same_key_twice_is_a_doubt() -> None:
    """Two spellings of one key under one operator: it is not documented whether both count."""
    lines = (Condition("Bool", "k", ("true",)), Condition("Bool", "K", ("true",)))

    assert isinstance(all_hold(lines, RequestContext({"k": "true"}), VERSION), Doubt)
    assert all_hold(lines, RequestContext({"k": "false"}), VERSION) is False


def test_other_keys_under_the_same_operator_are_no_doubt() -> None:
    """Each key stands for itself."""
    lines = (Condition("Bool", "k", ("true",)), Condition("Bool", "l", ("true",)))

    assert all_hold(lines, RequestContext({"k": "true", "l": "true"}), VERSION) is True


@given(listed=st.lists(answers))
def test_three_valued_logic_is_kleenes(listed: list[Answer]) -> None:
    """A no settles a conjunction, a yes a disjunction, and otherwise a doubt wins."""
    doubts = [answer for answer in listed if isinstance(answer, Doubt)]

    assert every(listed) == (False if False in listed else doubts[0] if doubts else True)
    assert some(listed) == (True if True in listed else doubts[0] if doubts else False)
    assert [opposite(opposite(answer)) for answer in listed] == listed


def test_a_doubt_is_no_truth_value() -> None:
    """Taking a doubt for a yes by mistake fails instead of passing."""
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Doubt("why"))


def test_one_value_with_a_variable_among_others_is_resolved() -> None:
    """A line is the same in every request only when none of its values has a variable."""
    context = RequestContext({"aws:username": "alice", "k": "alice"})

    assert holds(Condition("StringEquals", "k", ("bob", "${aws:username}")), context, VERSION) is True
    assert holds(Condition("StringEquals", "k", ("${aws:username}", "bob")), context, VERSION) is True


def test_an_unknown_operator_is_a_doubt_whatever_its_values() -> None:
    """Nothing is read with an operator that nobody knows, with variables or without."""
    for value in ("a", "${aws:username}"):
        assert isinstance(
            holds(Condition("StringAlmostEquals", "k", (value,)), RequestContext({"k": "a"}), VERSION), Doubt
        )
