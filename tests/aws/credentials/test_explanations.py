"""Every row of the table of explanations is reached by an answer of AWS, and says what it means and what to do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from runner.aws.asked import ASSUME_ROLE, GET_CALLER_IDENTITY, GET_SESSION_TOKEN, Asked
from runner.aws.explanation_table import ROWS, Row
from runner.aws.explanations import _fits, explain
from runner.errors import AwsAnswer, CodeRefused

ROLE = "arn:aws:iam::222222222222:role/Teardown"
USER = "arn:aws:iam::111111111111:user/alice"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
DEVICES = "iam:ListMFADevices"
ASKED = Asked(
    user=USER,
    region="eu-west-1",
    origin="profile 'alice'",
    key="AKIAEXAMPLE",
    serial=SERIAL,
    next_code=12,
    role=ROLE,
    session="alice",
    policy_size=795,
    seconds=1800,
    external_id="acme-42",
    source_identity="alice",
    tags=("Team=orders",),
)


@dataclass(frozen=True)
class Sample:
    """Hold an answer of AWS, and words that its explanation must have."""

    operation: str
    code: str
    message: str
    what: tuple[str, ...]
    hint: tuple[str, ...]
    on: str = USER

    @property
    def answer(self) -> AwsAnswer:
        """The answer as the translation of vendor errors makes it."""
        return AwsAnswer(self.operation, self.code, self.message, "r-1", 403)

    @property
    def row(self) -> Row | None:
        """The row that explains it."""
        return next((row for row in ROWS if _fits(row, self.answer)), None)


MAY_NOT = f"User: {USER} is not authorized to perform: {{}} on resource: {ROLE}"
SAMPLES = (
    Sample(
        GET_SESSION_TOKEN,
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        ("wrong, expired or was used before", "next one comes in 12 s"),
        ("next code", "device's clock", "about one minute"),
        SERIAL,
    ),
    Sample(
        GET_SESSION_TOKEN,
        "AccessDenied",
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
        "and associated with this user.",
        (SERIAL, USER, "not this user's", "too many tries"),
        ("wait three minutes", "15 seconds"),
        SERIAL,
    ),
    Sample(
        GET_SESSION_TOKEN,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
        ("the keys from profile 'alice' are temporary",),
        ("unset AWS_SESSION_TOKEN", "--profile"),
    ),
    Sample(
        GET_CALLER_IDENTITY,
        "ExpiredToken",
        "The security token included in the request is expired",
        (f"the session from {USER} is over",),
        ("where it came from",),
    ),
    Sample(
        ASSUME_ROLE,
        "ExpiredToken",
        "The security token included in the request is expired",
        ("the session is over",),
        ("new MFA code", "--fresh-mfa"),
    ),
    Sample(
        GET_SESSION_TOKEN,
        "SignatureDoesNotMatch",
        "Signature not yet current: 20261123T121500Z is still later than 20261123T120500Z",
        ("clock is wrong",),
        ("NTP",),
    ),
    Sample(GET_SESSION_TOKEN, "RequestTimeTooSkewed", "too large", ("clock is wrong", "five minutes"), ("NTP",)),
    Sample(
        GET_SESSION_TOKEN,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        ("the secret key does not belong to access key AKIAEXAMPLE",),
        ("copy the secret key again",),
    ),
    Sample(
        ASSUME_ROLE,
        "InvalidClientTokenId",
        "The security token included in the request is invalid",
        ("does not know the session AKIAEXAMPLE",),
        ("--fresh-mfa", "region not be enabled"),
    ),
    Sample(
        DEVICES,
        "InvalidClientTokenId",
        "The security token included in the request is invalid",
        ("AWS does not know access key AKIAEXAMPLE",),
        ("deleted or inactive", "another partition", "lacks its token", "without MFA, which may call nothing of IAM"),
    ),
    Sample(
        ASSUME_ROLE,
        "RegionDisabledException",
        "STS is not activated in this region for account:222222222222.",
        ("STS is not active in eu-west-1",),
        ("use another region", "activate STS"),
        "eu-west-1",
    ),
    Sample(
        ASSUME_ROLE,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ("one hour at most",),
        ("1800 seconds were asked for", "not assumed with the long-term key instead", "no MFA context"),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ("MaxSessionDuration is below the 1800 seconds",),
        ("ask for less",),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
        ("cannot read the session policy", "795 characters"),
        ("bug in runner",),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "ValidationError",
        "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less "
        "than or equal to 2048",
        ("too large (795 of at most 2048 characters)",),
        ("split the step",),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "PackedPolicyTooLarge",
        "Packed policy consumes 118% of allotted space, please use smaller policy.",
        ("too large once AWS packs it", "795"),
        ("split the step", "percentage stands in AWS's message"),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "AccessDenied",
        MAY_NOT.format("sts:TagSession"),
        ("does not let", "set session tags", "sts:TagSession is not allowed"),
        ("a policy of the caller and in the role's trust policy", "tags Team=orders"),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "AccessDenied",
        MAY_NOT.format("sts:SetSourceIdentity"),
        ("set a source identity", "sts:SetSourceIdentity is not allowed"),
        ("a policy of the caller and in the role's trust policy", "source identity alice"),
        ROLE,
    ),
    Sample(
        ASSUME_ROLE,
        "AccessDenied",
        MAY_NOT.format("sts:AssumeRole"),
        (f"AWS does not let {USER} assume {ROLE}",),
        (
            "trust policy must name the caller",
            "a policy of the caller must allow sts:AssumeRole",
            "must ask for this external id",
            "--session-name",
            "sts:SetSourceIdentity",
            "sts:TagSession with these tags",
            f"role {ROLE}",
            "session name alice",
            "a session policy of 795 characters",
            "external id 'acme-42'",
            "source identity alice",
            "tags Team=orders",
        ),
        ROLE,
    ),
    Sample(ASSUME_ROLE, "Throttling", "Rate exceeded", ("too busy",), ("again in a minute",)),
    Sample(
        GET_SESSION_TOKEN,
        "ValidationError",
        "1 validation error detected: Value '12345a' at 'tokenCode' failed to satisfy constraint",
        ("an MFA code has six digits",),
        ("the code that the device shows now",),
        SERIAL,
    ),
    Sample(
        ASSUME_ROLE,
        "ValidationError",
        "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint",
        ("does not fit the API",),
        ("the session's name", "names the field"),
    ),
    Sample(
        GET_SESSION_TOKEN,
        "<NoConnection>",
        "Could not connect",
        ("STS or IAM in eu-west-1 cannot be reached",),
        ("HTTPS_PROXY", "AWS_CA_BUNDLE", "nothing reached AWS"),
        "eu-west-1",
    ),
    Sample(
        GET_SESSION_TOKEN,
        "<ReadTimeout>",
        "Read timeout",
        ("no answer came: the code may be used up",),
        ("the next code (12 s)", "never sends a code twice"),
        SERIAL,
    ),
    Sample(ASSUME_ROLE, "<AnswerUnreadable>", "not XML", ("no readable answer came",), ("AWS_ENDPOINT_URL",)),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.code}: {sample.message[:40]}")
def test_an_answer_is_explained_and_kept(sample: Sample) -> None:
    """What it means, on what, and what to do are said; AWS's own text and request id stay."""
    refused = explain(sample.answer, ASKED)

    for word in sample.what:
        assert word in refused.what
    for word in sample.hint:
        assert word in refused.hint
    assert refused.on == sample.on
    assert refused.aws == sample.answer
    assert isinstance(refused, CodeRefused) is ("one time pass code" in sample.message)


def test_every_row_has_its_answer() -> None:
    """No row is dead, hidden behind another one, or without a test."""
    reached = [sample.row for sample in SAMPLES]

    assert [row for row in ROWS if row not in reached] == []
    assert len(reached) == len({id(row) for row in reached})
