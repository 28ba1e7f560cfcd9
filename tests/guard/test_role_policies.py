"""How the role's own policies are read: every answer that is not as documented leaves a gap, never nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from runner.guard.context import RoleFacts
from runner.guard.gate import permit
from runner.guard.role_policies import (
    READS,
    RolePolicies,
    attached_arns,
    default_version,
    get_inline,
    get_managed,
    get_version,
    inline_names,
    inline_policy,
    list_attached,
    list_inline,
    managed_policy,
    scope_calls,
)
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.canonical import Json
from runner.policy.policies import Policy, Unreadable
from runner.policy.principal import Role

ROLE = "arn:aws:iam::222222222222:role/ops/Teardown"
MANAGED = "arn:aws:iam::222222222222:policy/ops/Limit"
DOCUMENT: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}


def reads() -> tuple[BoundCall, ...]:
    """Return every read of the role's own policies."""
    return (
        list_inline(ROLE, "eu-west-1"),
        list_attached(ROLE, "eu-west-1"),
        get_inline(ROLE, "own", "eu-west-1"),
        get_managed(MANAGED, "eu-west-1"),
        get_version(MANAGED, "v3", "eu-west-1"),
    )


def test_every_read_is_one_that_aws_takes() -> None:
    """Botocore's model accepts the calls, the gate knows them as reads, and the hint names them all."""
    for call in reads():
        model = get_session().get_service_model("iam").operation_model(call.operation)
        report = ParamValidator().validate(dict(call.params), model.input_shape)

        assert not report.has_errors(), report.generate_report()
        assert permit(call.api, call.params, (call,)) is None
        assert f"iam:{call.operation}" in READS


def test_every_read_is_about_what_it_names() -> None:
    """AWS is asked for this role and these policies, and IAM judges the calls on their ARNs."""
    calls = reads()

    assert [(call.api, dict(call.args), call.resources) for call in calls] == [
        ("iam:ListRolePolicies", {"RoleName": "Teardown"}, (ROLE,)),
        ("iam:ListAttachedRolePolicies", {"RoleName": "Teardown"}, (ROLE,)),
        ("iam:GetRolePolicy", {"RoleName": "Teardown", "PolicyName": "own"}, (ROLE,)),
        ("iam:GetPolicy", {"PolicyArn": MANAGED}, (MANAGED,)),
        ("iam:GetPolicyVersion", {"PolicyArn": MANAGED, "VersionId": "v3"}, (MANAGED,)),
    ]
    assert {call.effect for call in calls} == {Effect.READ}
    assert managed_policy(MANAGED, {}).name == "Limit"


@pytest.mark.parametrize("document", [None, 7, (), True])
def test_an_answer_without_a_document_is_a_gap(document: Json) -> None:
    """What is neither a document nor its text is not taken for a policy that says nothing."""
    assert inline_policy("own", {"PolicyDocument": document}) == Unreadable("own", "AWS's answer holds no document")


def test_a_document_may_be_a_text_and_a_list_a_tuple() -> None:
    """Answers come as botocore reads them, and as they were kept."""
    assert isinstance(inline_policy("own", {"PolicyDocument": json.dumps(DOCUMENT)}), Policy)
    assert inline_names({"PolicyNames": ("a", "b")}) == inline_names({"PolicyNames": ["a", "b"]}) == ("a", "b")


def test_the_session_may_read_the_roles_policies_only() -> None:
    """Inline policies of this role, and managed policies of its account and of AWS."""
    found = {call.operation: call.resources for call in scope_calls(ROLE, "eu-west-1")}

    managed = ("arn:aws:iam::222222222222:policy/*", "arn:aws:iam::aws:policy/*")
    assert found == {
        "ListRolePolicies": (ROLE,),
        "ListAttachedRolePolicies": (ROLE,),
        "GetRolePolicy": (ROLE,),
        "GetPolicy": managed,
        "GetPolicyVersion": managed,
    }


def test_answers_as_documented() -> None:
    """Names, ARNs, versions and documents are taken from AWS's answers."""
    inline, managed = (
        inline_policy("own", {"PolicyDocument": DOCUMENT}),
        managed_policy(MANAGED, {"PolicyVersion": {"Document": DOCUMENT}}),
    )

    assert inline_names({"PolicyNames": ["a", "b"]}) == ("a", "b")
    assert attached_arns({"AttachedPolicies": [{"PolicyArn": MANAGED, "PolicyName": "Limit"}]}) == (MANAGED,)
    assert default_version({"Policy": {"DefaultVersionId": "v3"}}) == "v3"
    assert isinstance(inline, Policy)
    assert isinstance(managed, Policy)
    assert (inline.name, managed.name) == ("own", "Limit")


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (inline_names, {}),
        (inline_names, {"PolicyNames": "a"}),
        (inline_names, {"PolicyNames": [1]}),
        (attached_arns, {}),
        (attached_arns, {"AttachedPolicies": ["a"]}),
        (attached_arns, {"AttachedPolicies": [{}]}),
        (default_version, {}),
        (default_version, {"Policy": {}}),
        (default_version, {"Policy": "v1"}),
    ],
)
def test_an_answer_that_is_not_as_documented_is_an_error(read: Any, data: dict[str, Any]) -> None:
    """A listing without its list is not an empty one."""
    with pytest.raises(ValueError, match="AWS's answer holds no"):
        read(data)


@pytest.mark.parametrize("document", [None, 7, "{", {"Statement": []}])
def test_a_document_that_is_not_understood_is_a_gap(document: Any) -> None:
    """It may allow and deny anything."""
    assert isinstance(inline_policy("own", {"PolicyDocument": document}), Unreadable)
    assert isinstance(managed_policy(MANAGED, {"PolicyVersion": {"Document": document}}), Unreadable)
    assert isinstance(managed_policy(MANAGED, {}), Unreadable)


def test_gaps_are_listed() -> None:
    """What could not be read is told, of identity policies and of the boundary."""
    fine, gap = inline_policy("own", {"PolicyDocument": DOCUMENT}), Unreadable("other", "GetRolePolicy: AccessDenied")

    assert RolePolicies.of((fine,), None).unread == ()
    assert RolePolicies.of((fine, gap), Unreadable("Limit", "why")).unread == (
        "other: GetRolePolicy: AccessDenied",
        "Limit: why",
    )


@pytest.mark.parametrize("boundary", [None, MANAGED])
def test_nothing_known_is_a_gap_wherever_a_policy_may_be(boundary: str | None) -> None:
    """Without the listings there is one gap for all identity policies, and one for the boundary that exists."""
    own = RolePolicies.unknown(RoleFacts(Role(ROLE, "AROA", "alice"), boundary, {}), "ListRolePolicies: AccessDenied")

    assert [isinstance(policy, Unreadable) for policy in own.identity] == [True]
    assert isinstance(own.boundary, Unreadable) is (boundary is not None)
    assert own.unread == ("ListRolePolicies: AccessDenied",)
