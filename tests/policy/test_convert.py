"""Conversion of bucket policies; the cases in which a naive conversion would be wrong stand here by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.policy.convert import Converted, convert
from runner.policy.principal import Role

ACTIONS = ("s3:DeleteBucket",)
ROLE = "arn:aws:iam::222222222222:role/ops/Teardown"
SESSION = "arn:aws:sts::222222222222:assumed-role/Teardown/runner-01"
ROOT = "arn:aws:iam::222222222222:root"
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def _statement(effect: str, principal: Any, **more: Any) -> dict[str, Any]:
    named = {"Principal": principal} if "NotPrincipal" not in more else {}
    return {"Effect": effect, **named, "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::b", **more}


def _convert(role: Role, *statements: dict[str, Any], owner: str = "222222222222") -> Converted:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return convert(policy, role, owner=owner, actions=ACTIONS)


def _policies(converted: Converted) -> list[str]:
    return [origin.policy for origin in converted.origins]


@pytest.mark.parametrize("principal", ["*", {"AWS": ROOT}, {"AWS": ROLE}, {"AWS": SESSION}])
def test_a_deny_converts_exactly(role: Role, principal: Any) -> None:
    """An explicit Deny wins wherever it stands, so only the principal is taken off."""
    statement = _statement("Deny", principal, Sid="DenyWithoutMfa", Condition=WITHOUT_MFA)

    converted = _convert(role, statement)

    body = {name: value for name, value in statement.items() if name not in {"Sid", "Principal"}}
    assert [json.loads(policy) for policy in _policies(converted)] == [{"Version": "2012-10-17", "Statement": [body]}]
    assert converted.doubts == ()


def test_a_deny_to_all_but_foreigners_converts_without_them(role: Role) -> None:
    """It reaches us, and IAM takes no principal in an identity policy, neither named nor left out."""
    converted = _convert(role, _statement("Deny", None, NotPrincipal={"AWS": "333333333333"}, Sid="NotThem"))

    (statement,) = json.loads(_policies(converted)[0])["Statement"]
    assert statement == {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::b"}


def test_an_allow_to_the_role_arn_converts_exactly(role: Role) -> None:
    """A grant to the role is limited by boundary and session policy, as identity policies are."""
    converted = _convert(role, _statement("Allow", {"AWS": ROLE}))

    assert (len(converted.origins), converted.doubts) == (1, ())


@pytest.mark.parametrize("principal", [{"AWS": ROOT}, {"AWS": "222222222222"}])
def test_an_allow_to_the_account_is_dropped(role: Role, principal: Any) -> None:
    """It only hands the decision to identity policies; kept, it would be a false "will succeed"."""
    assert _convert(role, _statement("Allow", principal)) == Converted()


@pytest.mark.parametrize(
    ("principal", "escapes"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": SESSION}, True),
        ({"AWS": [ROLE, SESSION]}, True),
        ({"AWS": ROLE}, False),
    ],
)
def test_what_a_boundary_does_not_limit_is_told(role: Role, principal: Any, escapes: bool) -> None:
    """A boundary limits a grant to the role, and not one to the session or to everybody."""
    (origin,) = _convert(role, _statement("Allow", principal)).origins

    assert origin.escapes is escapes


@pytest.mark.parametrize("principal", ["*", {"AWS": SESSION}])
def test_a_deny_never_escapes(role: Role, principal: Any) -> None:
    """An explicit Deny wins whatever limits there are."""
    (origin,) = _convert(role, _statement("Deny", principal)).origins

    assert not origin.escapes


def test_not_principal_is_a_doubt(role: Role) -> None:
    """A NotPrincipal that may spare us is never dropped and never guessed."""
    converted = _convert(role, _statement("Deny", None, NotPrincipal={"AWS": [ROOT, ROLE, SESSION]}, Sid="NotUs"))

    assert converted.origins == ()
    assert "statement NotUs of the bucket policy cannot be simulated: it uses NotPrincipal" in converted.doubts[0]


def test_a_grant_to_another_session_of_the_role_is_a_doubt(role: Role) -> None:
    """Whoever may assume the role can choose that session name."""
    converted = _convert(role, _statement("Allow", {"AWS": SESSION.replace("runner-01", "alice")}))

    assert (converted.origins, len(converted.doubts)) == ((), 1)


def test_a_bucket_of_another_account_is_a_doubt(role: Role) -> None:
    """Across accounts both sides must allow, and an identity policy cannot say so."""
    converted = _convert(role, _statement("Deny", "*"), owner="333333333333")

    assert converted == Converted(
        doubts=("the bucket belongs to account 333333333333 and the role to account 222222222222",)
    )


@pytest.mark.parametrize(
    "principal",
    [
        {"Service": "cloudtrail.amazonaws.com"},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"AWS": "333333333333"},
        {"AWS": "AROAEXAMPLEROLEID0002"},
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_statements_about_others_are_left_out(role: Role, principal: Any, effect: str) -> None:
    """What does not name our session changes nothing for it."""
    assert _convert(role, _statement(effect, principal)) == Converted()


def test_the_unique_id_of_the_role_is_the_role(role: Role) -> None:
    """A principal by unique id matches on the role's id."""
    assert len(_convert(role, _statement("Deny", {"AWS": "AROAEXAMPLEROLEID0001"})).origins) == 1


def test_conditions_on_the_principal_arn_are_left_to_aws(role: Role) -> None:
    """The simulation is told aws:PrincipalArn, so such a condition is converted as it stands."""
    condition = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/*"}, "NewOperator": {"aws:x": "y"}}

    converted = _convert(role, _statement("Deny", "*", Condition=condition))

    assert json.loads(converted.origins[0].policy)["Statement"][0]["Condition"] == condition


def test_a_document_that_is_not_understood_is_a_doubt(role: Role) -> None:
    """One unknown element anywhere makes the whole policy a doubt, readable statements included."""
    converted = _convert(role, _statement("Deny", "*"), _statement("Deny", "*", Novelty="x"))

    assert converted.origins == ()
    assert "the bucket policy is not understood" in converted.doubts[0]


def test_a_statement_without_resource_is_a_doubt(role: Role) -> None:
    """Trust policies have none, and follow other rules."""
    statement = _statement("Allow", {"AWS": ROLE})
    del statement["Resource"]

    converted = _convert(role, statement)

    assert (converted.origins, "names no resource" in converted.doubts[0]) == ((), True)


@pytest.mark.parametrize("element", [{"Action": "s3:GetObject"}, {"NotAction": ["s3:Get*", "s3:deletebucket"]}])
def test_statements_about_other_actions_are_left_out(role: Role, element: dict[str, Any]) -> None:
    """A public read, or a NotPrincipal about uploads, does not make a deletion undecidable."""
    statement = {"Effect": "Allow", "Principal": "*", "Resource": "arn:aws:s3:::b/*", **element}

    assert _convert(role, statement) == Converted()


def test_no_policy_converts_to_nothing(role: Role) -> None:
    """A bucket without policy adds nothing, and leaves no doubt."""
    assert convert(None, role, owner="222222222222", actions=ACTIONS) == Converted()


def test_every_document_can_be_traced_to_its_statement(role: Role) -> None:
    """Each document is one statement of the bucket policy, named by its Sid or its number."""
    converted = _convert(
        role,
        _statement("Deny", "*", Sid="Deny plain HTTP!", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        _statement("Allow", {"AWS": ROOT}, Sid="Delegate"),
        _statement("Deny", "*", Condition=WITHOUT_MFA),
    )

    assert [origin.name for origin in converted.origins] == [
        "statement Deny plain HTTP! of the bucket policy",
        "statement number 3 of the bucket policy",
    ]
    assert [json.loads(policy)["Statement"][0]["Condition"] for policy in _policies(converted)] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        WITHOUT_MFA,
    ]


def test_documents_are_what_iam_takes(role: Role) -> None:
    """No Sid that only S3 takes, no character beyond ASCII, and the version as it was."""
    statement = _statement("Deny", "*", Sid="日本 1", Condition={"StringEquals": {"aws:PrincipalTag/部": "監査"}})
    converted = convert({"Statement": [statement]}, role, owner="222222222222", actions=ACTIONS)

    (policy,) = _policies(converted)
    assert policy.isascii()
    assert json.loads(policy)["Version"] == "2008-10-17"
    assert set(json.loads(policy)["Statement"][0]) == {"Effect", "Action", "Resource", "Condition"}
