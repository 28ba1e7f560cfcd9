"""Whether a statement applies: each element for itself, and what makes it a doubt."""

from __future__ import annotations

from typing import Any

import pytest

from runner.policy.document import parse
from runner.policy.principal import Way
from runner.policy.request import Request, RequestContext
from runner.policy.statement import Applies, Kind, applies
from runner.policy.truth import Answer, Doubt
from tests.policy.policy_strategies import ACCOUNT, ROLE

BUCKET = "arn:aws:s3:::b"
CANONICAL = {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}
REQUEST = Request(ROLE, "s3:DeleteBucket", BUCKET, ACCOUNT, RequestContext({"aws:x": "b"}, absent=frozenset({"*"})))
PLAIN: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": BUCKET}


def judged(kind: Kind = Kind.IDENTITY, version: str = "2012-10-17", **changes: Any) -> Applies:
    """Return whether a statement with changes applies; an element that is None is left out."""
    made = {name: value for name, value in {**PLAIN, **changes}.items() if value is not None}
    (statement,) = parse({"Version": version, "Statement": [made]}).statements
    return applies(statement, kind, version, REQUEST, bounded=True)


def answer(kind: Kind = Kind.IDENTITY, version: str = "2012-10-17", **changes: Any) -> Answer:
    """Return the answer alone, of a doubt that it is one."""
    found = judged(kind, version, **changes).answer
    return Doubt("") if isinstance(found, Doubt) else found


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Action": "S3:deletebucket"}, True),
        ({"Action": ["s3:Get*", "s3:Delete*"]}, True),
        ({"Action": "s3:GetObject"}, False),
        ({"Action": None, "NotAction": "s3:GetObject"}, True),
        ({"Action": None, "NotAction": ["s3:GetObject", "s3:Delete*"]}, False),
        ({"Action": "s3:${aws:x}"}, Doubt("")),
        ({"Action": ["s3:GetObject", "s3:${aws:x}"]}, Doubt("")),
        ({"Action": ["s3:*", "s3:${aws:x}"]}, Doubt("")),
    ],
)
def test_actions(element: dict[str, Any], expected: Answer) -> None:
    """Any of the actions is enough, whatever the case; a variable there has no meaning that AWS documents."""
    assert answer(**element) == expected


def test_older_documents_know_no_variables() -> None:
    """Before 2012 what looks like a variable is plain text."""
    assert answer(version="2008-10-17", Action="s3:${aws:x}") is False
    assert answer(version="2008-10-17", Resource="arn:aws:s3:::${aws:x}") is False


@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION])
def test_policies_of_an_identity_name_no_principal(kind: Kind) -> None:
    """One that does is no such policy, and decides nothing."""
    assert answer(kind) is True
    assert answer(kind, Principal="*") == Doubt("")


def test_a_resource_policy_tells_how_it_names_the_caller() -> None:
    """What an Allow is worth depends on that; without a principal nothing is certain."""
    assert judged(Kind.RESOURCE, Principal={"AWS": ROLE.arn}) == Applies(answer=True, way=Way.ROLE)
    assert judged(Kind.RESOURCE, Principal={"AWS": "333333333333"}) == Applies(answer=False)
    assert answer(Kind.RESOURCE) == Doubt("")


@pytest.mark.parametrize(
    ("effect", "principal", "expected"),
    [
        ("Deny", CANONICAL, Doubt("")),
        ("Deny", {"Service": "s3.amazonaws.com", **CANONICAL}, Doubt("")),
        ("Deny", {"Service": "s3.amazonaws.com"}, False),
        ("Allow", CANONICAL, False),
    ],
)
def test_a_deny_of_a_canonical_user_may_mean_us(effect: str, principal: dict[str, str], expected: Answer) -> None:
    """Such an id is another name of an account, which may be the caller's; a grant to it is never relied on."""
    assert answer(Kind.RESOURCE, Effect=effect, Principal=principal) == expected


@pytest.mark.parametrize(
    ("kind", "element", "expected"),
    [
        (Kind.IDENTITY, {"Resource": ["arn:aws:s3:::a", "arn:aws:s3:::?"]}, True),
        (Kind.IDENTITY, {"Resource": "arn:aws:s3:::a"}, False),
        (Kind.IDENTITY, {"Resource": None, "NotResource": "arn:aws:s3:::a"}, True),
        (Kind.IDENTITY, {"Resource": None, "NotResource": ["arn:aws:s3:::a", BUCKET]}, False),
        (Kind.IDENTITY, {"Resource": None}, Doubt("")),
        (Kind.RESOURCE, {"Resource": None, "Principal": "*"}, Doubt("")),
        (Kind.TRUST, {"Resource": None, "Principal": "*"}, True),
        (Kind.TRUST, {"Principal": "*"}, Doubt("")),
    ],
)
def test_resources(kind: Kind, element: dict[str, Any], expected: Answer) -> None:
    """Every policy names resources but a trust policy, which names none."""
    assert answer(kind, **element) == expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Resource": "arn:aws:s3:::${aws:x}"}, True),
        ({"Resource": "arn:aws:s3:::a${aws:x}"}, False),
        ({"Resource": "arn:aws:s3:::${aws:y}"}, Doubt("")),
        ({"Resource": ["arn:aws:s3:::${aws:y}", "arn:aws:s3:::a"]}, Doubt("")),
        ({"Resource": ["arn:aws:s3:::${aws:y}", BUCKET]}, Doubt("")),
        ({"Resource": "arn:aws:s3:::a${aws:y}"}, False),
        ({"Resource": None, "NotResource": "arn:aws:s3:::a${aws:y}"}, Doubt("")),
        ({"Resource": "arn:${aws:x}:s3:::b"}, Doubt("")),
        ({"Resource": "arn:aws:s3:${aws:x}::b"}, Doubt("")),
        ({"Resource": "arn:aws:s3::${aws:x}:b"}, Doubt("")),
    ],
)
def test_variables_in_resources(element: dict[str, Any], expected: Answer) -> None:
    """A variable without a value may make AWS drop the statement; only what could never fit is certainly not meant."""
    assert answer(**element) == expected


@pytest.mark.parametrize(
    ("value", "asked", "expected"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/logs/*", "arn:aws:s3:::b/*", Doubt("")),
        ("arn:aws:s3:::c/*", "arn:aws:s3:::b/*", False),
        ("*", "*", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/x", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/\U0001f4a5", Doubt("")),
        ("arn:aws:s3:::b", "*", False),
    ],
)
def test_what_is_asked_about_many_resources(value: str, asked: str, expected: Answer) -> None:
    """A part of what is asked for is a doubt; the star alone says that the action knows no resources."""
    (statement,) = parse({"Statement": [{**PLAIN, "Resource": value}]}).statements
    request = Request(ROLE, "s3:DeleteObject", asked, ACCOUNT, RequestContext())
    found = applies(statement, Kind.IDENTITY, "2012-10-17", request, bounded=True).answer

    assert (Doubt("") if isinstance(found, Doubt) else found) == expected


def test_conditions_count() -> None:
    """A statement applies only where its conditions hold."""
    assert answer(Condition={"StringEquals": {"aws:x": "b"}}) is True
    assert answer(Condition={"StringEquals": {"aws:x": "c"}}) is False
    assert answer(Condition={"StringOdd": {"aws:x": "b"}}) == Doubt("")
