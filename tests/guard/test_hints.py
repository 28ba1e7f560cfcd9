"""AWS's refusals are told apart by code and by AWS's own words."""

from __future__ import annotations

import pytest

from runner.errors import AwsAnswer
from runner.guard.hints import Layer, hint_for, hint_for_silence, refusing_layer

ROLE = "User: arn:aws:sts::222222222222:assumed-role/Teardown/run is not authorized to perform: s3:DeleteBucket"


@pytest.mark.parametrize(
    ("words", "layer"),
    [
        ("because no session policy allows the s3:DeleteBucket action", Layer("session policy", explicit=False)),
        ("with an explicit deny in a session policy", Layer("session policy", explicit=True)),
        ("with an explicit deny in a sessions policy", Layer("session policy", explicit=True)),
        ("with an explicit deny in a resource-based policy", Layer("resource-based policy", explicit=True)),
        ("because no resource-based policy allows the x:Y action", Layer("resource-based policy", explicit=False)),
        ("with an explicit deny in an identity-based policy", Layer("identity-based policy", explicit=True)),
        ("because no identity-based policy allows the x:Y action", Layer("identity-based policy", explicit=False)),
        ("with an explicit deny in a permissions boundary", Layer("permissions boundary", explicit=True)),
        ("because no permissions boundary allows the x:Y action", Layer("permissions boundary", explicit=False)),
        ("with an explicit deny in a service control policy", Layer("service control policy", explicit=True)),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1",
            Layer("service control policy", explicit=True),
        ),
        ("because no service control policy allows the x:Y action", Layer("service control policy", explicit=False)),
        ("with an explicit deny in a resource control policy", Layer("resource control policy", explicit=True)),
        ("with an explicit deny in a VPC endpoint policy", Layer("VPC endpoint policy", explicit=True)),
        (
            "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
            Layer("VPC endpoint policy", explicit=True),
        ),
        ("because no VPC endpoint policy allows the x:Y action", Layer("VPC endpoint policy", explicit=False)),
        ("because no role trust policy allows the sts:AssumeRole action", Layer("role trust policy", explicit=False)),
        ("with an explicit deny in the role trust policy", Layer("role trust policy", explicit=True)),
    ],
)
def test_reads_the_layer_that_aws_names(words: str, layer: Layer) -> None:
    """Every sample of AWS's page on access denied messages is understood, and has a hint of its own."""
    message = f"{ROLE} on resource: arn:aws:s3:::b {words}"

    assert refusing_layer(message) == layer
    assert "look at the role's and" not in hint_for(AwsAnswer("s3:DeleteBucket", "AccessDenied", message))


def test_a_resource_name_that_quotes_the_phrase_does_not_count() -> None:
    """Only AWS's own words, which come last, name the layer."""
    message = f"{ROLE} on b/because no session policy allows x with an explicit deny in a resource-based policy"

    assert refusing_layer(message) == Layer("resource-based policy", explicit=True)


@pytest.mark.parametrize("message", ["Access Denied", "", "Forbidden", "with an explicit deny"])
def test_words_that_name_no_layer_give_none(message: str) -> None:
    """Across accounts S3 says nothing but no."""
    answer = AwsAnswer("s3:DeleteBucket", "AccessDenied", message)

    assert refusing_layer(message) is None
    assert "does not say which policy" in hint_for(answer)


def test_where_mfa_was_proven_it_is_not_the_cause() -> None:
    """A deny of the bucket's own policy has other conditions to look at then."""
    message = f"{ROLE} on resource: arn:aws:s3:::b with an explicit deny in a resource-based policy"
    hint = hint_for(AwsAnswer("s3:DeleteBucket", "AccessDenied", message))

    assert "proven to carry MFA, that is not why" in hint
    assert "MultiFactorAuthAge, SourceIp" in hint


def test_a_layer_that_is_new_is_named() -> None:
    """A policy type that AWS invents later is still named in the hint."""
    answer = AwsAnswer("s3:DeleteBucket", "AccessDenied", "with an explicit deny in a declarative policy")

    assert hint_for(answer) == "look at the declarative policy"


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("ExpiredToken", "", "new MFA code"),
        ("RequestTimeTooSkewed", "", "clock"),
        ("SignatureDoesNotMatch", "", "secret key"),
        ("InvalidAccessKeyId", "", "deleted, inactive"),
        ("InvalidClientTokenId", "", "deleted, inactive"),
        ("NoSuchBucket", "", "name and its account"),
        ("BucketNotEmpty", "", "s3.empty_bucket"),
        ("RegionDisabledException", "", "not enabled"),
        ("UnauthorizedOperation", "You are not authorized", "which policy"),
        ("InvalidRequest", "DevPay and Mfa are mutually exclusive authorization methods.", "MFA Delete"),
        ("InvalidRequest", "something else", ""),
        ("NeverSeen", "", ""),
    ],
)
def test_known_codes_have_a_hint(code: str, message: str, hint: str) -> None:
    """A known code says what to do; an unknown one gets no guess."""
    found = hint_for(AwsAnswer("s3:DeleteBucket", code, message))

    assert hint in found
    assert bool(hint) == bool(found)


def test_silence_of_an_unknown_kind_has_no_hint() -> None:
    """No hint is better than a guess."""
    assert hint_for_silence("<Surprise>") == ""
