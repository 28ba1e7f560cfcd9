"""AWS's words are taken apart, wherever they were copied from; what they do not say stays empty."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import AwsAnswer
from runner.guard.hints import Layer
from runner.guard.refusal import Refusal, read_refusal, refusal_of

ALICE = "arn:aws:sts::222222222222:assumed-role/Teardown/alice"
BUCKET = "arn:aws:s3:::acme-orders-exports"
WHO = f"User: {ALICE} is not authorized to perform: s3:DeleteBucket"
SCP = "arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2kgnabcd"
CODED = "EXAMPLEWodyRNrtlQARDip-eTA6i6DrlUhHhPQrLWB_lAbl5pAKxl9mPDLexYcGBreyIKQC1BGBIpBKr3dFDkwqeO7e2NMk5j_hmzA"


def denying(name: str) -> Layer:
    """Return the layer of a Deny."""
    return Layer(name, explicit=True)


def silent(name: str) -> Layer:
    """Return the layer that merely does not allow."""
    return Layer(name, explicit=False)


BY_CLI = (
    f"An error occurred (AccessDenied) when calling the DeleteBucket operation: {WHO} on resource: "
    f'"{BUCKET}" with an explicit deny in a resource-based policy'
)
OURS = (
    f"aws: iam:GetRole: AccessDenied: User: {ALICE} is not authorized to perform: iam:GetRole on resource: role "
    "Teardown because no identity-based policy allows the iam:GetRole action (request a2330eaf)"
)
BY_SCP = (
    f"User: {ALICE} is not authorized to perform: codecommit:ListRepositories because no service control policy "
    "allows the codecommit:ListRepositories action"
)
ACROSS = (
    f"An error occurred (AccessDenied) when calling the AssumeRole operation: User: {ALICE} is not authorized to "
    "perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Other"
)
CASES = {
    "the AWS CLI": (
        BY_CLI,
        ("AccessDenied", "DeleteBucket", ALICE, "s3:DeleteBucket", BUCKET, denying("resource-based policy")),
    ),
    "wrapped by a terminal": (
        BY_CLI.replace(" is not authorized", "\n   is not authorized").replace("explicit deny", "explicit \ndeny"),
        ("AccessDenied", "DeleteBucket", ALICE, "s3:DeleteBucket", BUCKET, denying("resource-based policy")),
    ),
    "runner's own line": (
        OURS,
        (
            "AccessDenied",
            "iam:GetRole",
            ALICE,
            "iam:GetRole",
            "role Teardown",
            silent("identity-based policy"),
        ),
    ),
    "an action without a resource": (
        BY_SCP,
        ("AccessDenied", "", ALICE, "codecommit:ListRepositories", "", silent("service control policy")),
    ),
    "across accounts": (
        ACROSS,
        (
            "AccessDenied",
            "sts:AssumeRole",
            ALICE,
            "sts:AssumeRole",
            "arn:aws:iam::222222222222:role/Other",
            None,
        ),
    ),
    "S3's answer to HEAD": (
        "An error occurred (403) when calling the HeadBucket operation: Forbidden",
        ("403", "HeadBucket", "", "", "", None),
    ),
    "S3's XML": (
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        ("AccessDenied", "", "", "", "", None),
    ),
    "no refusal": (
        "An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: not empty",
        ("BucketNotEmpty", "DeleteBucket", "", "", "", None),
    ),
    "silence": (
        "aws: s3:DeleteBucket: <ReadTimeout>: read timed out",
        ("<ReadTimeout>", "s3:DeleteBucket", "", "", "", None),
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_every_part_is_found(text: str, expected: tuple[object, ...]) -> None:
    """Code, operation, caller, action, resource and layer are read from each of the forms in which people meet them."""
    read = read_refusal(text)

    assert (read.code, read.operation, read.principal, read.action, read.resource, read.layer) == expected
    assert read.is_understood


def test_the_policy_is_named_where_aws_names_it() -> None:
    """Within an organisation AWS adds the ARN of the policy that denies."""
    read = read_refusal(f"{WHO} on resource: {BUCKET} with an explicit deny in a service control policy: {SCP}")

    assert read.policy == SCP
    assert read.resource == BUCKET


def test_an_object_cannot_pass_itself_off_as_a_policy() -> None:
    """A key that quotes AWS's phrases stands before AWS's own words, and does not count."""
    key = f"{BUCKET}/because no session policy: {SCP} allows it"
    read = read_refusal(f'{WHO} on resource: "{key}" with an explicit deny in a resource-based policy')

    assert read.layer == denying("resource-based policy")


@pytest.mark.parametrize(
    "text",
    [
        f"You are not authorized to perform this operation. Encoded authorization failure message: {CODED}",
        f"not authorized. Encoded authorization failure message: {CODED} (request r-1)",
        f"Encoded authorization failure message: \n{CODED[:60]}\n{CODED[60:]}\ntouched: nothing",
    ],
    ids=["EC2", "with a request id", "wrapped"],
)
def test_the_encoded_message_is_found(text: str) -> None:
    """It can be opened although a terminal broke it into lines, and what follows is no part of it."""
    assert read_refusal(text).encoded == CODED


def test_ec2_names_the_policy_beside_its_encoded_message() -> None:
    """Both stand in one text since EC2 words refusals as other services do."""
    read = read_refusal(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to "
        f"perform this operation. User: {ALICE} is not authorized to perform: ec2:RunInstances on resource: "
        "arn:aws:ec2:eu-west-1:222222222222:instance/* because no identity-based policy allows the ec2:RunInstances "
        f"action. Encoded authorization failure message: {CODED}"
    )

    assert (read.code, read.resource) == ("UnauthorizedOperation", "arn:aws:ec2:eu-west-1:222222222222:instance/*")
    assert (read.layer, read.encoded) == (silent("identity-based policy"), CODED)


@pytest.mark.parametrize("text", ["", "   ", "Teardown", "teardown.yaml", "AccessDenied", "permission denied"])
def test_other_text_is_not_understood(text: str) -> None:
    """What AWS did not say is not read into a text."""
    assert not read_refusal(text).is_understood


@pytest.mark.parametrize(
    ("text", "code", "policy"),
    [
        (WHO, "AccessDenied", ""),
        ("refused with an explicit deny in a session policy", "AccessDenied", ""),
        (f"{WHO} with an explicit deny in a service control policy: {SCP}", "AccessDenied", SCP),
        (f"attached the policy: {SCP}", "", ""),
        ("An error occurred (Throttling) when calling the GetRole operation: policy: arn:aws:x", "Throttling", ""),
    ],
)
def test_what_a_text_without_a_code_says(text: str, code: str, policy: str) -> None:
    """Who is not authorised, or a policy that refuses, is an AccessDenied; a policy is named for a refusal only."""
    read = read_refusal(text)

    assert (read.code, read.policy) == (code, policy)


def test_an_answer_without_words_is_its_code() -> None:
    """S3 answers HEAD without a body."""
    assert refusal_of(AwsAnswer("s3:HeadBucket", "403", "")).words == "403"
    assert refusal_of(AwsAnswer("s3:GetObject", "AccessDenied", "Access Denied")).words == "AccessDenied: Access Denied"


@pytest.mark.parametrize(
    "part", [{"code": "X"}, {"action": "s3:X"}, {"layer": Layer("session policy", explicit=True)}, {"encoded": "X"}]
)
def test_any_part_of_aws_words_is_enough(part: dict[str, Any]) -> None:
    """A text that says one thing of a refused call is understood as far as that goes."""
    assert Refusal("words", **part).is_understood
    assert not Refusal("words", operation="s3:X", principal="x", resource="x", policy="x").is_understood


def test_the_words_are_awss_own() -> None:
    """Runner's own mark in front of them is none of AWS's words."""
    assert read_refusal("aws: iam:GetRole: AccessDenied: no aws: ").words == "iam:GetRole: AccessDenied: no aws:"


def test_an_answer_keeps_its_own_code_and_operation() -> None:
    """An answer that was caught says more than its message: the code and the operation."""
    read = refusal_of(AwsAnswer("s3:DeleteBucket", "AccessDenied", "Access Denied"))

    assert read == Refusal("AccessDenied: Access Denied", "AccessDenied", "s3:DeleteBucket")


@given(st.text() | st.text(alphabet="User: arn is not authorized to perform:on resource(with an explicit deny)<>\n"))
def test_no_text_is_too_strange(text: str) -> None:
    """Any text is read without an error, and every part stands in it."""
    read = read_refusal(text)
    words = " ".join(text.split())

    for part in (read.principal, read.action, read.resource, read.policy):
        assert part in words
