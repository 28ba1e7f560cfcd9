"""What AWS's refusals mean and what to do next: pure tables from AWS's code and text to a hint.

A hint is a short imperative sentence part; no hint is better than a guess, so an unknown code has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from runner.errors import AwsAnswer

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
"""AWS's codes of a missing permission; the last one is S3's answer to HEAD, which has no body."""
_ELSEWHERE = frozenset(
    {
        "PermanentRedirect",
        "TemporaryRedirect",
        "IllegalLocationConstraintException",
        "IllegalLocationConstraint",
        "AuthorizationHeaderMalformed",
        "301",
        "307",
    }
)
_WRONG_KEY = "the access key is deleted, inactive or of another partition, or a session token is missing"
_SKEW = "set this machine's clock (NTP): AWS allows five minutes of difference"
_SIGNATURE = "the secret key does not belong to the access key, or this machine's clock is wrong"
_MFA_DELETE = "the bucket has MFA Delete, which only the root user's long-term key can satisfy: out of runner's reach"
_EXPIRED = "the session is over: a new one needs a new MFA code"

_HINTS = MappingProxyType(
    {
        "ExpiredToken": _EXPIRED,
        "ExpiredTokenException": _EXPIRED,
        "RequestExpired": _SKEW,
        "RequestTimeTooSkewed": _SKEW,
        "RequestInTheRequestExpired": _SKEW,
        "InvalidAccessKeyId": _WRONG_KEY,
        "InvalidClientTokenId": _WRONG_KEY,
        "UnrecognizedClientException": _WRONG_KEY,
        "AuthFailure": _WRONG_KEY,
        "InvalidToken": "the session token is not valid here: check the endpoint, and that the region is enabled",
        "InvalidSignatureException": _SIGNATURE,
        "SignatureDoesNotMatch": _SIGNATURE,
        "NoSuchBucket": "check the bucket's name and its account",
        "BucketNotEmpty": "empty the bucket first: a step `s3.empty_bucket` that this step `needs`",
        "RegionDisabledException": "the region is not enabled in this account: enable it, or set another `region`",
        "OptInRequired": "the region or service is not enabled in this account",
        "SlowDown": "S3 asks to slow down; try again later",
        "RequestLimitExceeded": "the account's request rate is used up; try again later",
        "MethodNotAllowed": "the resource does not allow this call; the bucket's owner may be another account",
        "OperationAborted": "another change of this resource is in progress; try again later",
    }
)

_SILENCE = MappingProxyType(
    {
        "<ParamValidation>": "the parameters do not fit the API; nothing was sent",
        "<NoCredentials>": "this call has no credentials; nothing was sent",
        "<Tls>": "check AWS_CA_BUNDLE and whether a proxy opens TLS connections",
        "<NoEndpoint>": "the region or the resource's name leads to no endpoint; nothing was sent",
        "<NoProxy>": "check HTTPS_PROXY and NO_PROXY; nothing was sent",
        "<NoConnection>": "check the network, the region's name and AWS_ENDPOINT_URL; nothing was sent",
        "<ReadTimeout>": "AWS may have done it: look before trying again",
        "<AnswerLost>": "AWS may have done it: look before trying again",
        "<AnswerUnreadable>": "what answered is not AWS, or a proxy changed the answer: look before trying again",
    }
)


@dataclass(frozen=True)
class Layer:
    """Name the policy that refused a call, from AWS's own words.

    ``explicit`` is True for a Deny, and False when the policy merely does not allow.
    Source: IAM User Guide, "Troubleshoot access denied error messages".
    """

    name: str
    explicit: bool


_REFUSING = re.compile(
    r"with an explicit deny in (?:an?|the) (?P<denies>[A-Za-z -]*?(?:policy|boundary))\b"
    r"|because no (?P<allows_not>[A-Za-z -]*?(?:policy|boundary)) allows\b"
)
# AWS writes both forms; one name per layer lets callers compare.
_NAMES = MappingProxyType({"sessions policy": "session policy", "permission boundary": "permissions boundary"})

_LAYERS = MappingProxyType(
    {
        Layer("session policy", explicit=True): "runner's own session policy denied it: the session carries no MFA, "
        "the time window is over, or the call is not in the plan",
        Layer(
            "session policy", explicit=False
        ): "runner's own session policy does not allow it: the session carries no MFA, or the call is not in the plan",
        Layer("resource-based policy", explicit=True): "the resource's own policy denies it; where the session was "
        "proven to carry MFA, that is not why: look at its other conditions (MultiFactorAuthAge, SourceIp, principals)",
        Layer("resource-based policy", explicit=False): "the resource's own policy must name the role",
        Layer("identity-based policy", explicit=True): "a policy of the role denies it: look at its conditions",
        Layer(
            "identity-based policy", explicit=False
        ): "give the role the permission: see `runner permissions PLAYBOOK`",
        Layer("permissions boundary", explicit=True): "the role's permissions boundary denies it",
        Layer("permissions boundary", explicit=False): "the role's permissions boundary does not include it",
        Layer("service control policy", explicit=True): "a service control policy of the organisation denies it",
        Layer(
            "service control policy", explicit=False
        ): "the organisation's service control policies do not include it",
        Layer("resource control policy", explicit=True): "a resource control policy of the organisation denies it",
        Layer("role trust policy", explicit=True): "the role's trust policy denies it: look at its conditions",
        Layer("role trust policy", explicit=False): "the role's trust policy must name the user or the user's account",
        Layer("VPC endpoint policy", explicit=True): "the policy of the VPC endpoint denies it",
        Layer("VPC endpoint policy", explicit=False): "the policy of the VPC endpoint does not include it",
    }
)


def refusing_layer(message: str) -> Layer | None:
    """Return the policy that AWS's text names as the one that refused, or None when the text names none.

    AWS names the layer for most services, and S3 only for callers of the same account or organisation. The last mention
    counts: a resource's name stands before it and could quote the phrase.
    """
    last = None
    for found in _REFUSING.finditer(message):
        name = found["denies"] or found["allows_not"]
        last = Layer(_NAMES.get(name, name), explicit=found["denies"] is not None)
    return last


def hint_for(answer: AwsAnswer, *, bucket_region: str = "") -> str:
    """Return what to do about an answer of AWS, or nothing when that is not known."""
    if answer.code in DENIED:
        return _denied(answer.message)
    if answer.code in _ELSEWHERE:
        where = f"set `region: {bucket_region}`" if bucket_region else "set `region:`"
        return f"the bucket lives in another region: {where} in the step"
    if answer.code == "InvalidRequest" and "DevPay and Mfa" in answer.message:
        return _MFA_DELETE
    return _HINTS.get(answer.code, "")


def hint_for_silence(code: str) -> str:
    """Return what to do when AWS did not answer, by our own code."""
    return _SILENCE.get(code, "")


def _denied(message: str) -> str:
    layer = refusing_layer(message)
    if layer is None:
        return "AWS does not say which policy refused: look at the role's and at the resource's own"
    return _LAYERS.get(layer, f"look at the {layer.name}")
