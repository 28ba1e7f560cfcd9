"""The lint of MFA conditions: the table of what each condition does to whom, and what closes a hole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.policy.document import Condition
from runner.policy.lint import Grade, Remark, lint
from runner.policy.mfa_condition import Bearer, corrected

KEY, WITHOUT = Bearer.LONG_TERM_KEY, Bearer.WITHOUT_MFA
PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"


def statement(effect: str, condition: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a statement of a bucket policy with a condition."""
    made = {
        "Sid": "S",
        "Effect": effect,
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": "arn:aws:s3:::b",
        "Condition": condition,
    }
    return {**made, **changes}


def document(*statements: dict[str, Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def only(*statements: dict[str, Any]) -> Remark:
    """Return the remark on the first statement."""
    return lint(document(*statements))[0]


@pytest.mark.parametrize(
    ("effect", "condition", "grade", "open_to", "corrected"),
    [
        ("Deny", {"Bool": {PRESENT: "false"}}, "hole", (KEY,), {"BoolIfExists": {PRESENT: "false"}}),
        ("Deny", {"BoolIfExists": {PRESENT: "false"}}, "sound", (), None),
        ("Deny", {"Null": {PRESENT: "true"}}, "hole", (WITHOUT,), {"BoolIfExists": {PRESENT: "false"}}),
        ("Allow", {"Bool": {PRESENT: "true"}}, "sound", (), None),
        ("Allow", {"BoolIfExists": {PRESENT: "true"}}, "hole", (KEY,), {"Bool": {PRESENT: "true"}}),
        (
            "Deny",
            {"NumericGreaterThan": {AGE: "900"}},
            "hole",
            (KEY, WITHOUT),
            {"NumericGreaterThanIfExists": {AGE: "900"}},
        ),
        ("Deny", {"NumericGreaterThanIfExists": {AGE: 900}}, "sound", (), None),
        # Beyond the table: the age's presence, ages that allow, inverted conditions.
        ("Deny", {"Null": {AGE: True}}, "sound", (), None),
        ("Deny", {"NumericNotEquals": {AGE: "0"}}, "sound", (), None),
        ("Allow", {"Null": {AGE: "false"}}, "sound", (), None),
        ("Allow", {"NumericLessThan": {AGE: "900"}}, "sound", (), None),
        (
            "Allow",
            {"NumericLessThanIfExists": {AGE: "900"}},
            "hole",
            (KEY, WITHOUT),
            {"NumericLessThan": {AGE: "900"}},
        ),
        ("Deny", {"Bool": {PRESENT: "true"}}, "hole", (KEY, WITHOUT), {"BoolIfExists": {PRESENT: "false"}}),
        ("Allow", {"Bool": {PRESENT: "false"}}, "hole", (WITHOUT,), {"Bool": {PRESENT: "true"}}),
        ("Allow", {"Bool": {PRESENT: "true"}, "Null": {PRESENT: "true"}}, "sound", (), None),
        ("Deny", {"BoolIfExists": {PRESENT: ["true", "false"]}}, "hole", (), {"BoolIfExists": {PRESENT: "false"}}),
        # Both keys in one statement: each must hold.
        (
            "Deny",
            {"Bool": {PRESENT: "false"}, "NumericGreaterThanIfExists": {AGE: "900"}},
            "hole",
            (KEY,),
            {"BoolIfExists": {PRESENT: "false"}, "NumericGreaterThanIfExists": {AGE: "900"}},
        ),
    ],
)
def test_the_table(effect: str, condition: Any, grade: str, open_to: Any, corrected: Any) -> None:
    """Each condition is graded, those it leaves open are named, and a hole comes with the condition as it should be."""
    found = only(statement(effect, condition))

    assert (grade, open_to) == (found.grade.value, found.open_to)
    assert corrected == (json.loads(found.corrected) if found.corrected else None)


@pytest.mark.parametrize("key", [PRESENT, PRESENT.lower(), PRESENT.upper()])
def test_the_case_of_keys_does_not_matter(key: str) -> None:
    """IAM ignores the case of condition keys, and so does the lint."""
    assert only(statement("Deny", {"Bool": {key: "false"}})).grade is Grade.HOLE


@pytest.mark.parametrize(
    "condition",
    [
        {"ForAllValues:Bool": {PRESENT: "false"}},
        {"StringEquals": {PRESENT: "false"}},
        {"Bool": {PRESENT: "${aws:x}"}},
        {"BoolIfExists": {PRESENT: "no"}},
        {"Bool": {AGE: "true"}},
        {"NullIfExists": {PRESENT: "true"}},
        {"Null": {PRESENT: "maybe"}},
        {"NumericLessThan": {PRESENT: "1"}},
        {"NumericGreaterThan": {AGE: "${x}"}},
        {"NumericSomething": {AGE: "1"}},
    ],
)
def test_what_is_not_understood_is_undecided(condition: dict[str, Any]) -> None:
    """An operator or a value that the lint does not know is never taken for sound or for a hole."""
    assert only(statement("Deny", condition)).grade is Grade.CANNOT_TELL


@pytest.mark.parametrize("missing", ["true", "false"])
def test_one_caller_of_whom_nobody_can_tell_is_enough(missing: str) -> None:
    """A condition that is clear for long-term keys, or for sessions without MFA, and not for both is not sound."""
    condition = {"BoolMaybe": {PRESENT: "true"}, "Null": {PRESENT: missing}}

    assert only(statement("Allow", condition)).grade is Grade.CANNOT_TELL


def test_a_hole_that_another_deny_closes_is_praised_for_that() -> None:
    """The reader is told that the condition itself leaves something open."""
    assert "another Deny of the document closes" in only(statement("Deny", BOOL), statement("Deny", NULL)).why


@pytest.mark.parametrize(
    ("effect", "condition", "words"),
    [
        ("Deny", {"Bool": {PRESENT: "true"}}, "is inverted: it denies those with MFA"),
        ("Allow", {"Bool": {PRESENT: "false"}}, "is inverted: it allows those without MFA"),
        ("Deny", {"Bool": {PRESENT: "false"}}, "it does not deny a user's access key"),
        ("Allow", {"BoolIfExists": {PRESENT: "true"}}, "it allows a user's access key"),
        ("Deny", {"BoolIfExists": {PRESENT: "false"}}, "it denies whoever has no MFA"),
        ("Allow", {"Bool": {PRESENT: "true"}}, "it allows nobody without MFA"),
    ],
)
def test_a_remark_says_why(effect: str, condition: dict[str, Any], words: str) -> None:
    """Holes, inverted conditions and sound ones have words of their own, for a Deny and for an Allow."""
    assert words in only(statement(effect, condition)).why


def test_a_remark_quotes_the_policys_own_words() -> None:
    """The Sid, names of tags and values are the author's; truth values and empty ones are nobody's."""
    condition = {
        "BoolIfExists": {PRESENT: "false"},
        "Bool": {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"},
        "StringEquals": {"aws:PrincipalTag/Team": ["orders", ""]},
    }

    assert only(statement("Deny", condition)).quotes == ("S", "Team", "orders")
    assert only(statement("Deny", {"BoolIfExists": {PRESENT: "false"}}, Sid="")).quotes == ()


@pytest.mark.parametrize("policy", ["", "[]", "{", document(statement("Deny", {}, Extra=1))])
def test_a_document_that_is_not_understood(policy: str) -> None:
    """A document that cannot be read as a whole gives one remark, which decides nothing."""
    (found,) = lint(policy)

    assert found.grade is Grade.CANNOT_TELL
    assert found.statement == "the document"
    assert [quote in found.why for quote in found.quotes] == [True]


def test_statements_that_do_not_look_at_mfa_are_passed_over() -> None:
    """There is no remark about statements without an MFA key."""
    plain = statement("Deny", {"Bool": {"aws:SecureTransport": "false"}})

    assert lint(document(plain, statement("Allow", {}))) == ()


def test_other_lines_stay_in_the_corrected_condition() -> None:
    """Only what is about MFA is corrected."""
    condition = {"Bool": {PRESENT: "false", "aws:ViaAWSService": "false"}, "IpAddress": {"aws:SourceIp": ["a", "b"]}}
    found = only(statement("Deny", condition))

    assert json.loads(found.corrected) == {
        "BoolIfExists": {PRESENT: "false"},
        "Bool": {"aws:ViaAWSService": "false"},
        "IpAddress": {"aws:SourceIp": ["a", "b"]},
    }


def test_a_deny_without_via_service_has_a_note() -> None:
    """Requests of services carry no MFA, which is a note on a sound Deny, and none on an Allow."""
    bare = only(statement("Deny", {"BoolIfExists": {PRESENT: "false"}}))
    allow = only(statement("Allow", {"Bool": {PRESENT: "true"}}))

    assert "aws:ViaAWSService" in bare.note
    assert allow.note == ""


@pytest.mark.parametrize("key", ["ViaAWSService", "CalledVia", "CalledViaFirst", "CalledViaLast"])
def test_a_deny_that_looks_at_the_service_in_between_has_no_note(key: str) -> None:
    """Whoever names one of the keys that tell such a request apart has thought of it."""
    careful = only(statement("Deny", {"BoolIfExists": {PRESENT: "false"}, "Null": {f"aws:{key}": "true"}}))

    assert careful.note == ""


BOOL = {"Bool": {PRESENT: "false"}}
NULL = {"Null": {PRESENT: "true"}}


def test_two_holes_that_close_each_other() -> None:
    """`Deny` with `Bool` and `Deny` with `Null` leave one caller open each, and together none."""
    both = lint(document(statement("Deny", BOOL, Sid="A"), statement("Deny", NULL, Sid="B")))

    assert [found.grade for found in both] == [Grade.SOUND, Grade.SOUND]


@pytest.mark.parametrize(
    ("other", "grade"),
    [
        ({"Action": "s3:*"}, Grade.SOUND),
        ({"Action": ["s3:Get*", "S3:deletebucket"]}, Grade.SOUND),
        ({"Resource": "arn:aws:s3:::*"}, Grade.SOUND),
        ({"Condition": {}}, Grade.SOUND),
        ({"Action": "s3:DeleteObject"}, Grade.HOLE),
        ({"Resource": "arn:aws:s3:::c"}, Grade.HOLE),
        ({"Resource": "arn:aws:s3:::B"}, Grade.HOLE),
        ({"Principal": {"AWS": "111111111111"}}, Grade.HOLE),
        ({"Condition": {**NULL, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, Grade.HOLE),
        ({"Effect": "Allow"}, Grade.HOLE),
        ({"Condition": {"ForAnyValue:Bool": {PRESENT: "false"}}}, Grade.CANNOT_TELL),
    ],
)
def test_only_a_deny_that_reaches_as_far_closes_a_hole(other: dict[str, Any], grade: Grade) -> None:
    """The other statement must concern at least the same requests; one that is not understood leaves it undecided."""
    assert only(statement("Deny", BOOL), statement("Deny", NULL, Sid="T") | other).grade is grade


OURS, ALL = {"AWS": "111111111111"}, {"AWS": "*"}


def without(name: str, made: dict[str, Any]) -> dict[str, Any]:
    """Return a statement without an element."""
    return {other: value for other, value in made.items() if other != name}


@pytest.mark.parametrize(
    ("narrow", "wide", "grade"),
    [
        ({"Principal": OURS}, {"Principal": OURS}, Grade.SOUND),
        ({"Principal": OURS}, {"Principal": "*"}, Grade.SOUND),
        ({"Principal": OURS}, {"Principal": ALL}, Grade.SOUND),
        ({"Principal": OURS}, {"Principal": {"Service": "*"}}, Grade.HOLE),
        ({"Principal": OURS}, {"Principal": None}, Grade.HOLE),
        ({"Principal": OURS}, {"Principal": None, "NotPrincipal": ALL}, Grade.HOLE),
        ({"Principal": None}, {"Principal": None}, Grade.SOUND),
        ({"Principal": None}, {"Principal": "*"}, Grade.SOUND),
        ({"Resource": None}, {"Resource": None}, Grade.SOUND),
        ({"Resource": None}, {}, Grade.HOLE),
        ({}, {"Resource": None}, Grade.HOLE),
        ({}, {"Resource": None, "NotResource": "arn:aws:s3:::b*"}, Grade.HOLE),
        ({"Resource": None, "NotResource": "arn:aws:s3:::b"}, {}, Grade.HOLE),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::c"]}, {}, Grade.HOLE),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::c"]}, {"Resource": "arn:aws:s3:::?"}, Grade.SOUND),
    ],
)
def test_whom_and_what_a_deny_reaches(narrow: dict[str, Any], wide: dict[str, Any], grade: Grade) -> None:
    """A Deny closes a hole for everybody and everywhere, or for the same people and things, and no exclusion counts."""

    def made(condition: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        whole = statement("Deny", condition) | changes
        return {name: value for name, value in whole.items() if value is not None}

    assert only(made(BOOL, narrow), made(NULL, wide)).grade is grade


def test_not_action_is_compared_as_a_whole() -> None:
    """`NotAction` reaches as far as the same `NotAction` only."""
    changes: dict[str, Any] = {"NotAction": "s3:GetObject"}
    narrow = without("Action", statement("Deny", BOOL)) | changes
    wide = without("Action", statement("Deny", NULL)) | changes

    assert only(narrow, wide).grade is Grade.SOUND
    assert only(narrow, statement("Deny", NULL)).grade is Grade.HOLE


def test_a_deny_elsewhere_closes_the_hole_of_an_allow() -> None:
    """An Allow that lets long-term keys through does no harm beside a Deny that stops them."""
    loose = statement("Allow", {"BoolIfExists": {PRESENT: "true"}}, Sid="A")

    assert only(loose).grade is Grade.HOLE
    assert only(loose, statement("Deny", {"BoolIfExists": {PRESENT: "false"}})).grade is Grade.SOUND


@pytest.mark.parametrize(
    "line",
    [
        Condition("NumericLessThan", PRESENT, ("1",)),
        Condition("StringEquals", AGE, ("1",)),
        Condition("Bool", AGE, ("true",)),
        Condition("NumericSomething", AGE, ("1",)),
    ],
)
def test_what_cannot_be_meant_is_corrected_to_the_plain_condition(line: Condition) -> None:
    """Only a numeric comparison of the age keeps its bound; of anything else nothing is kept."""
    assert json.loads(corrected("Deny", [line])) == {"BoolIfExists": {PRESENT: "false"}}
    assert json.loads(corrected("Allow", [line])) == {"Bool": {PRESENT: "true"}}


def test_a_correction_is_sound() -> None:
    """The condition that the lint proposes passes the lint."""
    for effect in ("Allow", "Deny"):
        for operator in ("Bool", "BoolIfExists", "Null"):
            for value in ("true", "false"):
                found = only(statement(effect, {operator: {PRESENT: value}}))
                if found.grade is Grade.HOLE:
                    assert only(statement(effect, json.loads(found.corrected))).grade is Grade.SOUND


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps))
def test_nothing_makes_the_lint_fail(policy: str) -> None:
    """Whatever stands in a document, the lint answers."""
    assert all(isinstance(found, Remark) for found in lint(policy))
