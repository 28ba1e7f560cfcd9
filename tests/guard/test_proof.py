"""What AWS's answer to the proving read proves."""

from __future__ import annotations

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from runner.errors import AwsAnswer
from runner.guard.proof import NotCarried, Proven, Unproven, proof_call, read_proof
from runner.model.call import Effect
from runner.model.ports import Reply

ROLE = "arn:aws:iam::222222222222:role/ops/Teardown"
WHO = (
    "User: arn:aws:sts::222222222222:assumed-role/Teardown/runner-01 is not authorized to perform: iam:GetRole on "
    "resource: role Teardown "
)


def test_the_proof_is_a_read_of_the_role_itself() -> None:
    """The call is iam:GetRole by name on the role's own ARN, and botocore takes it."""
    call = proof_call(ROLE, "us-east-1")
    model = get_session().get_service_model("iam").operation_model("GetRole")

    assert (call.api, call.effect, call.resources) == ("iam:GetRole", Effect.READ, (ROLE,))
    assert call.params == {"RoleName": "Teardown"}
    assert not ParamValidator().validate(dict(call.params), model.input_shape).has_errors()


def test_an_answer_proves_mfa() -> None:
    """The session policy lets the read through with MFA only, so an answer proves it."""
    assert read_proof(Reply({"Role": {"Arn": ROLE}}, "request-1", 200)) == Proven()


@pytest.mark.parametrize(
    "reply",
    [
        Reply({}, "request-1", 200),
        Reply({"Role": {}}, "request-1", 200),
        Reply({"Role": "x"}, "request-1", 200),
        Reply({"Role": {"Arn": ROLE}}, "request-1", 302),
    ],
)
def test_an_answer_without_a_role_proves_nothing(reply: Reply) -> None:
    """A proxy's friendly page is not AWS's answer."""
    assert isinstance(read_proof(reply), Unproven)


@pytest.mark.parametrize(
    "reason",
    [
        "because no session policy allows the iam:GetRole action",
        "with an explicit deny in a session policy",
        "with an explicit deny in a sessions policy",
        "because no session policies allow the iam:GetRole action",
        "With An Explicit Deny In A Session Policy",
    ],
)
@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_refusal_by_the_session_policy_shows_that_mfa_is_missing(code: str, reason: str) -> None:
    """However AWS spells it, a refusal for the session policy means that the session carries no MFA."""
    assert isinstance(read_proof(AwsAnswer("iam:GetRole", code, WHO + reason, status=403)), NotCarried)


@pytest.mark.parametrize(
    ("code", "message", "why"),
    [
        (
            "AccessDenied",
            WHO + "because no identity-based policy allows the iam:GetRole action",
            "identity-based policy",
        ),
        ("AccessDenied", WHO + "with an explicit deny in a service control policy", "service control policy"),
        ("AccessDenied", WHO + "with an explicit deny in a resource control policy", "resource control policy"),
        ("AccessDenied", WHO + "because no resource-based policy allows the action", "resource-based policy"),
        ("AccessDenied", WHO + "with an explicit deny in a VPC endpoint policy", "VPC endpoint policy"),
        ("AccessDenied", WHO + "because no permissions boundary allows the action", "permissions boundary"),
        ("AccessDenied", "Access Denied", "not named"),
        ("InvalidClientTokenId", "The security token included in the request is invalid", "InvalidClientTokenId"),
        ("Throttling", "Rate exceeded in a session policy", "Throttling"),
        ("<NoAnswer>", "no answer", "<NoAnswer>"),
    ],
)
def test_any_other_refusal_proves_nothing(code: str, message: str, why: str) -> None:
    """A refusal for another reason is neither proof nor disproof, and the reader learns the reason and what to do."""
    proof = read_proof(AwsAnswer("iam:GetRole", code, message))

    assert isinstance(proof, Unproven)
    assert why in proof.why
    assert proof.hint
