"""Whom a statement of a resource policy is about."""

from __future__ import annotations

from typing import Any

import pytest

from runner.model.canonical import Json
from runner.policy.document import parse
from runner.policy.principal import CannotTell, Match, NoMatch, Role, User, Way, match_principal

ROLE = "arn:aws:iam::222222222222:role/ops/Teardown"
SESSION = "arn:aws:sts::222222222222:assumed-role/Teardown/runner-01"
OTHER_SESSION = "arn:aws:sts::222222222222:assumed-role/Teardown/alice"
ROOT = "arn:aws:iam::222222222222:root"


def _answer(role: Role, principal: Any, *, effect: str = "Deny", element: str = "Principal") -> object:
    statement = {"Effect": effect, element: principal, "Action": "s3:*", "Resource": "*"}
    return match_principal(parse({"Statement": [statement]}).statements[0], role)


def test_a_session_arn_has_no_path(role: Role) -> None:
    """The role's path stands in the role's ARN only."""
    assert (role.session_arn, role.name, role.account) == (SESSION, "Teardown", "222222222222")


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", Match(Way.ANYBODY)),
        ({"AWS": "*"}, Match(Way.ANYBODY)),
        ({"AWS": "222222222222"}, Match(Way.ACCOUNT)),
        ({"AWS": ROOT}, Match(Way.ACCOUNT)),
        ({"AWS": ROLE}, Match(Way.ROLE)),
        ({"AWS": "AROAEXAMPLEROLEID0001"}, Match(Way.ROLE)),
        ({"AWS": SESSION}, Match(Way.SESSION)),
        ({"AWS": [ROOT, ROLE]}, Match(Way.ROLE)),
        ({"AWS": [ROOT, SESSION, ROLE]}, Match(Way.SESSION)),
        ({"AWS": [ROLE, "*"]}, Match(Way.ANYBODY)),
        ({"AWS": ["333333333333", ROLE], "Service": "s3.amazonaws.com"}, Match(Way.ROLE)),
    ],
)
def test_the_session_is_named(role: Role, principal: Any, expected: object, effect: str) -> None:
    """Each way of naming the session is recognised, and the strongest one counts."""
    assert _answer(role, principal, effect=effect) == expected


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "333333333333"},
        {"AWS": "arn:aws:iam::333333333333:root"},
        {"AWS": "arn:aws:iam::333333333333:role/ops/Teardown"},
        {"AWS": "arn:aws:iam::222222222222:role/Teardown"},
        {"AWS": "arn:aws:iam::222222222222:role/ops/teardown"},
        {"AWS": "arn:aws:iam::222222222222:user/Teardown"},
        {"AWS": "arn:aws:sts::222222222222:federated-user/alice"},
        {"AWS": "arn:aws:sts::222222222222:assumed-role/Other/runner-01"},
        {"AWS": "AROAEXAMPLEROLEID0002"},
        {"AWS": "AIDAEXAMPLEUSERID0001"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"},
        {"Service": "cloudtrail.amazonaws.com"},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
)
def test_others_are_not_the_session(role: Role, principal: Any, effect: str) -> None:
    """Other accounts, roles, users, services and federated identities are not our session."""
    assert _answer(role, principal, effect=effect) == NoMatch()


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": OTHER_SESSION},
        {"AWS": "arn:aws:iam::222222222222:role/*"},
        {"AWS": "arn:aws:sts::222222222222:assumed-role/Teardown/*"},
        {"AWS": "arn:aws:iam::222222222222:group/Admins"},
        {"AWS": "arn:aws:iam::222222222222:role/ops/Teardow?"},
        {"AWS": "somebody"},
        {"AWS": "12345"},
        {"AWS": "3333333333331"},
        {"AWS": "accountnumbr"},
        {"AWS": "AROAEXAMPLE"},
        {"AWS": "A111EXAMPLEROLEID0002"},
        {"AWS": f"AROA{'B' * 125}"},
        {"AWS": f"AROA{'1' * 125}"},
        {"AWS": "AROAEXAMPLEROLEID0002?"},
        {"AWS": "some AROAEXAMPLEROLEID0002"},
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_an_unknown_form_cannot_be_told(role: Role, principal: Any, effect: str) -> None:
    """A principal whose meaning is not certain is neither a match nor none."""
    assert isinstance(_answer(role, principal, effect=effect), CannotTell)


def test_a_sure_name_is_enough_for_a_deny_only(role: Role) -> None:
    """What an Allow is worth depends on every name in it; a Deny hits whoever is named once."""
    principal = {"AWS": [ROLE, OTHER_SESSION]}

    assert _answer(role, principal, effect="Deny") == Match(Way.ROLE)
    assert isinstance(_answer(role, principal, effect="Allow"), CannotTell)
    assert _answer(role, {"AWS": ["*", OTHER_SESSION]}, effect="Allow") == Match(Way.ANYBODY)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::333333333333:root"},
        {"AWS": ["333333333333", "arn:aws:iam::444444444444:role/Backup"]},
        {"Service": "cloudtrail.amazonaws.com"},
    ],
)
def test_a_deny_that_spares_only_foreigners_reaches_us(role: Role, principal: Any) -> None:
    """NotPrincipal is decided where nobody of our account is spared."""
    assert _answer(role, principal, element="NotPrincipal") == Match(Way.ANYBODY)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": ROOT},
        {"AWS": "222222222222"},
        {"AWS": [ROOT, ROLE, SESSION]},
        {"AWS": "arn:aws:iam::222222222222:user/alice"},
        {"AWS": "AROAEXAMPLEROLEID0002"},
        {"AWS": ["333333333333", "somebody"]},
        {"AWS": "3333333333331"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
)
def test_any_other_not_principal_cannot_be_told(role: Role, principal: Any) -> None:
    """As soon as somebody of our account may be spared, NotPrincipal is not decided."""
    assert isinstance(_answer(role, principal, element="NotPrincipal"), CannotTell)


def test_an_allow_with_not_principal_cannot_be_told(role: Role) -> None:
    """An Allow to everybody but some is never read as a grant."""
    principal = {"AWS": "arn:aws:iam::333333333333:root"}

    assert isinstance(_answer(role, principal, element="NotPrincipal", effect="Allow"), CannotTell)


def test_a_statement_without_principal_cannot_be_told(role: Role) -> None:
    """An identity policy handed over as a bucket policy is not read as being about everybody."""
    statement = parse({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}).statements[0]

    assert isinstance(match_principal(statement, role), CannotTell)


USER = User("arn:aws:iam::222222222222:user/ada", "AIDAEXAMPLEUSERID0001")
IDENTITIES = ((None, (ROOT, ROLE, SESSION)), (USER, (ROOT, USER.arn)))


@pytest.mark.parametrize(("user", "listed"), IDENTITIES, ids=["role", "user"])
def test_whom_a_deny_spares(role: Role, user: User | None, listed: tuple[str, ...]) -> None:
    """All that a caller is has to be listed, and no boundary may limit it; otherwise nobody is sure to be spared."""
    caller = user or role

    def answer(*names: str, bounded: bool) -> object:
        statement: Json = {"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": "s3:*", "Resource": "*"}
        return match_principal(parse({"Statement": [statement]}).statements[0], caller, bounded=bounded)

    assert answer(*listed, bounded=False) == NoMatch()
    assert isinstance(answer(*listed, bounded=True), CannotTell)
    for missing in listed:
        rest = [name for name in listed if name != missing]
        assert isinstance(answer(*rest, bounded=False), CannotTell)
