"""The chain: a code makes a user session, and that makes role sessions, without a code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.explanations import GET_SESSION_TOKEN, Asked, explain
from runner.aws.sts import ChainSts, session_name
from runner.errors import AwsAnswer, CodeRefused, CredentialsRefused, UsageError
from runner.model.ports import Clock, Sts
from runner.model.session import Credentials, LongTermIdentity, RoleRequest, RoleSession, Secret, UserSession

REGION = "ap-northeast-1"
ROLE = "arn:aws:iam::222222222222:role/Teardown"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
USER = "arn:aws:iam::111111111111:user/alice"
POLICY = '{"Version":"2012-10-17","Statement":[]}'
REQUEST = RoleRequest(ROLE, "run-1", POLICY)
EXPIRES = datetime(2026, 11, 23, 22, 0, tzinfo=timezone(timedelta(hours=9)))
KEYS = {
    "AccessKeyId": "ASIANEWSESSION00",
    "SecretAccessKey": "new-secret",
    "SessionToken": "new-token",
    "Expiration": EXPIRES,
}
ASSUMED = {"Arn": "arn:aws:sts::222222222222:assumed-role/Teardown/run-1", "AssumedRoleId": "AROA:run-1"}
METADATA = {"RequestId": "r-7", "HTTPStatusCode": 200}
CODE_SENT = {"SerialNumber": SERIAL, "TokenCode": "123456", "DurationSeconds": 3600}
ROLE_SENT = {"RoleArn": ROLE, "RoleSessionName": "run-1", "Policy": POLICY, "DurationSeconds": 900}
DENIED = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
UNABLE = (
    "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and "
    "associated with this user."
)


def sts(script: Any, clock: Clock) -> Sts:
    """Return the chain with scripted clients."""
    return ChainSts(REGION, clock, connect=script.connect)


def test_a_code_makes_a_user_session(script: Any, clock: Clock, identity: LongTermIdentity) -> None:
    """Serial, code and an hour are sent, once, signed by the long-term key; the age counts from before the call."""
    script.answers("sts", "get_session_token", {"Credentials": KEYS, "ResponseMetadata": METADATA}, CODE_SENT)

    session = sts(script, clock).user_session(identity, Secret("123456"))

    assert (session.credentials.access_key, session.request_id) == ("ASIANEWSESSION00", "r-7")
    assert session.credentials.token is not None
    assert (session.credentials.secret.reveal(), session.credentials.token.reveal()) == ("new-secret", "new-token")
    assert (session.issued, session.expires) == (clock.now(), EXPIRES)
    assert session.expires.tzinfo is UTC
    assert (session.caller, session.serial) == (identity.caller, SERIAL)
    assert script.asked == [("sts", REGION, identity.credentials, 1)]
    assert "new-" not in repr(session)


def test_a_user_session_makes_a_role_session_without_a_code(
    script: Any, clock: Clock, user_session: UserSession
) -> None:
    """No SerialNumber, no TokenCode: the stub refuses any other parameter than these four."""
    answer = {"Credentials": KEYS, "AssumedRoleUser": ASSUMED, "PackedPolicySize": 41, "ResponseMetadata": METADATA}
    script.answers("sts", "assume_role", answer, ROLE_SENT)

    session = sts(script, clock).role_session(user_session, REQUEST)

    assert (session.arn, session.role_arn, session.packed_policy_size) == (ASSUMED["Arn"], ROLE, 41)
    assert (session.issued, session.expires, session.request_id) == (clock.now(), EXPIRES, "r-7")
    assert script.asked == [("sts", REGION, user_session.credentials, 4)]
    assert "new-" not in repr(session)


def test_what_was_opted_into_is_sent(script: Any, clock: Clock, user_session: UserSession) -> None:
    """External id, source identity and tags go along when they were asked for, each with its own permission."""
    more = {"ExternalId": "acme-42", "SourceIdentity": "alice", "Tags": [{"Key": "Team", "Value": "orders"}]}
    script.answers("sts", "assume_role", {"Credentials": KEYS, "AssumedRoleUser": ASSUMED}, {**ROLE_SENT, **more})
    request = replace(REQUEST, external_id="acme-42", source_identity="alice", tags={"Team": "orders"})

    assert sts(script, clock).role_session(user_session, request).role_arn == ROLE


def test_a_role_session_makes_another_one(script: Any, clock: Clock) -> None:
    """A further hop is signed by the role session, and asks for nothing else than the first."""
    hop = RoleSession(Credentials("ASIAHOP", Secret("s"), Secret("t")), "arn", ROLE, clock.now(), clock.now(), "r-6")
    script.answers("sts", "assume_role", {"Credentials": KEYS, "AssumedRoleUser": ASSUMED}, ROLE_SENT)

    sts(script, clock).role_session(hop, REQUEST)

    assert script.asked == [("sts", REGION, hop.credentials, 4)]


@pytest.mark.parametrize("name", ["x", "two words", "ünal", "x" * 65])
def test_a_source_identity_is_never_altered(script: Any, clock: Clock, user_session: UserSession, name: str) -> None:
    """It says who is responsible, so what STS would not take is refused and not made to fit; nothing is sent."""
    with pytest.raises(CredentialsRefused, match="cannot be a source identity"):
        sts(script, clock).role_session(user_session, replace(REQUEST, source_identity=name))

    assert script.asked == []


@pytest.mark.parametrize("seconds", [0, 899, 3601, 43200])
def test_a_duration_that_aws_refuses_is_not_sent(
    script: Any, clock: Clock, user_session: UserSession, seconds: int
) -> None:
    """And never is the role assumed with the long-term key instead."""
    with pytest.raises(UsageError):
        sts(script, clock).role_session(user_session, replace(REQUEST, seconds=seconds))

    assert script.asked == []


def test_an_unreported_policy_size_is_unknown(script: Any, clock: Clock, user_session: UserSession) -> None:
    """AWS leaves the percentage out at times."""
    script.answers("sts", "assume_role", {"Credentials": KEYS, "AssumedRoleUser": ASSUMED}, ROLE_SENT)

    assert sts(script, clock).role_session(user_session, REQUEST).packed_policy_size is None


CODE_ROWS = [
    (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        CodeRefused,
        ("wrong, expired or was used before", "next one comes in 12 s"),
        ("device's clock",),
    ),
    (
        "AccessDenied",
        UNABLE,
        CredentialsRefused,
        (SERIAL, USER, "not this user's", "too many tries"),
        ("three minutes", "compare the serial", "15 seconds"),
    ),
    (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
        CredentialsRefused,
        ("temporary", "profile 'alice'"),
        ("AWS_SESSION_TOKEN", "--profile"),
    ),
    (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        CredentialsRefused,
        ("AKIAEXAMPLE",),
        ("deleted or inactive", "partition", "lacks its token"),
    ),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        CredentialsRefused,
        ("secret key does not belong to access key AKIAEXAMPLE",),
        ("copy the secret key",),
    ),
    (
        "SignatureDoesNotMatch",
        "Signature expired: 20261123T114500Z is now earlier than 20261123T115500Z",
        CredentialsRefused,
        ("clock is wrong",),
        ("NTP",),
    ),
    ("RequestExpired", "Request has expired.", CredentialsRefused, ("clock is wrong",), ("NTP",)),
    (
        "RegionDisabledException",
        "STS is not activated in this region for account:111111111111.",
        CredentialsRefused,
        (REGION, "not active"),
        ("another region",),
    ),
    (
        "ValidationError",
        "1 validation error detected: Value at 'serialNumber' failed to satisfy constraint",
        CredentialsRefused,
        ("does not fit",),
        ("serial",),
    ),
    ("Throttling", "Rate exceeded", CredentialsRefused, ("too busy",), ("fresh code",)),
    (
        "AccessDenied",
        f"User: {USER} may not sts:GetSessionToken with an explicit deny in a service control policy",
        CredentialsRefused,
        ("sts:GetSessionToken failed: AccessDenied",),
        ("service control policy, which denies it",),
    ),
    ("Surprise", "words", CredentialsRefused, ("sts:GetSessionToken failed: Surprise",), ("AWS's own message",)),
]


@pytest.mark.parametrize("row", CODE_ROWS, ids=[row[1][:50] for row in CODE_ROWS])
def test_every_refusal_of_a_code_is_explained(
    script: Any,
    clock: Clock,
    identity: LongTermIdentity,
    row: tuple[str, str, type[CredentialsRefused], tuple[str, ...], tuple[str, ...]],
) -> None:
    """Only a code that was wrong asks for another one: each try uses up one of the few that AWS allows."""
    code, message, kind, what, hint = row
    script.refuses("sts", "get_session_token", code, message)

    with pytest.raises(CredentialsRefused) as caught:
        sts(script, clock).user_session(identity, Secret("123456"))

    refused = caught.value
    assert type(refused) is kind
    assert all(part in refused.what for part in what)
    assert all(part in refused.hint for part in hint)
    assert refused.aws == AwsAnswer("sts:GetSessionToken", code, message, "r-1", 403)
    assert "123456" not in str(refused) + refused.hint + refused.on


ROLE_ROWS = [
    ("AccessDenied", DENIED, (USER, ROLE), ("trust policy", "session name run-1", "39 characters", "no external id")),
    (
        "AccessDenied",
        f"{DENIED} because no role trust policy allows the sts:AssumeRole action",
        (USER, ROLE),
        ("AWS names the role trust policy, which does not allow it", "no external id"),
    ),
    (
        "AccessDenied",
        f"{DENIED} with an explicit deny in an identity-based policy",
        (USER, ROLE),
        ("AWS names the identity-based policy, which denies it",),
    ),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ("one hour at most",),
        ("carries no MFA context", "900 seconds were asked for"),
    ),
    (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ("MaxSessionDuration", "900 seconds"),
        ("raise",),
    ),
    (
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
        ("cannot read the session policy", "39 characters"),
        ("bug in runner",),
    ),
    (
        "ValidationError",
        "1 validation error detected: Value '{...}' at 'policy' failed to satisfy constraint: length at most 2048",
        ("too large", "39 of at most 2048"),
        ("split the step",),
    ),
    (
        "PackedPolicyTooLarge",
        "Packed policy consumes 118% of allotted space, please use smaller policy.",
        ("too large", "39 of at most 2048"),
        ("split the step",),
    ),
    (
        "RegionDisabledException",
        "STS is not activated in this region for account:222222222222.",
        (REGION,),
        ("another region",),
    ),
    (
        "ExpiredToken",
        "The security token included in the request is expired",
        ("session is over",),
        ("new MFA code", "runner resume"),
    ),
    (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        ("does not know the session ASIAUSER",),
        ("--fresh-mfa", "access key may be deleted"),
    ),
]


@pytest.mark.parametrize(("code", "message", "what", "hint"), ROLE_ROWS, ids=[row[1][:60] for row in ROLE_ROWS])
def test_every_refusal_of_a_role_is_explained(
    script: Any,
    clock: Clock,
    user_session: UserSession,
    code: str,
    message: str,
    what: tuple[str, ...],
    hint: tuple[str, ...],
) -> None:
    """What was sent and what to check are listed; no refusal of a role asks for another code."""
    script.refuses("sts", "assume_role", code, message)

    with pytest.raises(CredentialsRefused) as caught:
        sts(script, clock).role_session(user_session, REQUEST)

    refused = caught.value
    assert type(refused) is CredentialsRefused
    assert all(part in refused.what for part in what)
    assert all(part in refused.hint for part in hint)
    assert refused.aws == AwsAnswer("sts:AssumeRole", code, message, "r-1", 403)


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", ""])
def test_what_is_no_code_is_not_sent(script: Any, clock: Clock, identity: LongTermIdentity, code: str) -> None:
    """Botocore would send most of these, and AWS would count a try."""
    with pytest.raises(CredentialsRefused, match="not six digits"):
        sts(script, clock).user_session(identity, Secret(code))

    assert script.asked == []


def test_a_code_is_sent_once_even_when_aws_fails(endpoint: Any, clock: Clock, identity: LongTermIdentity) -> None:
    """A server error may have used the code up, so it is not repeated by itself."""
    endpoint.reply(500, "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>")

    with pytest.raises(CredentialsRefused, match="failing for the moment"):
        ChainSts(REGION, clock).user_session(identity, Secret("123456"))

    assert len(endpoint.requests) == 1


def test_a_code_whose_answer_is_lost_may_be_used_up(endpoint: Any, clock: Clock, identity: LongTermIdentity) -> None:
    """No answer is not "nothing happened"."""
    endpoint.hang_up()

    with pytest.raises(CredentialsRefused, match="the code may be used up") as caught:
        ChainSts(REGION, clock).user_session(identity, Secret("123456"))

    assert type(caught.value) is CredentialsRefused
    assert "next code (12 s)" in caught.value.hint
    assert len(endpoint.requests) == 1


def test_a_code_that_never_left_is_not_used_up(clock: Clock, identity: LongTermIdentity) -> None:
    """Nothing listens at the endpoint."""
    with pytest.raises(CredentialsRefused, match="cannot be reached") as caught:
        ChainSts(REGION, clock).user_session(identity, Secret("123456"))

    assert "nothing reached AWS" in caught.value.hint


def test_a_role_session_is_asked_for_again_when_aws_is_busy(
    endpoint: Any, clock: Clock, user_session: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assuming a role twice does no harm."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    endpoint.reply(400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")
    endpoint.reply(
        200,
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::2:assumed-role/T/run-1</Arn>"
        "</AssumedRoleUser><Credentials><AccessKeyId>ASIANEWSESSION00</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        "<SessionToken>t</SessionToken><Expiration>2026-11-23T13:00:00Z</Expiration></Credentials></AssumeRoleResult>"
        "<ResponseMetadata><RequestId>r-8</RequestId></ResponseMetadata></AssumeRoleResponse>",
    )

    session = ChainSts(REGION, clock).role_session(user_session, REQUEST)

    assert (session.expires, session.request_id) == (datetime(2026, 11, 23, 13, tzinfo=UTC), "r-8")
    sent = [body.decode() for *_, body in endpoint.requests]
    assert len(sent) == 2
    assert not any("SerialNumber" in body or "TokenCode" in body for body in sent)


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {**KEYS, "SessionToken": ""},
        {**KEYS, "Expiration": EXPIRES.replace(tzinfo=None)},
        {**KEYS, "SecretAccessKey": ""},
    ],
    ids=["nothing", "no token", "no time zone", "no secret"],
)
def test_half_a_session_is_refused(
    script: Any, clock: Clock, identity: LongTermIdentity, credentials: dict[str, object]
) -> None:
    """An answer that cannot be read is not a session."""
    answer = {"Credentials": credentials} if credentials else {}
    script.answers("sts", "get_session_token", answer, CODE_SENT)

    with pytest.raises(CredentialsRefused, match="not a session") as caught:
        sts(script, clock).user_session(identity, Secret("123456"))

    assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_a_role_session_without_its_arn_is_refused(script: Any, clock: Clock, user_session: UserSession) -> None:
    """Who we became must be known."""
    script.answers("sts", "assume_role", {"Credentials": KEYS}, ROLE_SENT)

    with pytest.raises(CredentialsRefused, match="not a session"):
        sts(script, clock).role_session(user_session, REQUEST)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("alice", "alice"),
        ("runner-01J/step: bucket", "runner-01J-step-bucket"),
        ("a.b=c,d@e+f_g-h", "a.b=c,d@e+f_g-h"),
        ("ä" * 3 + "x", "-x"),
        ("x" * 70, "x" * 64),
    ],
)
def test_session_names_fit_aws(text: str, name: str) -> None:
    """Foreign characters become hyphens, long names are cut."""
    assert session_name(text) == name


@pytest.mark.parametrize("text", ["", "x", "///"])
def test_a_name_that_is_too_short_is_refused(text: str) -> None:
    """AWS wants two characters; none are invented."""
    with pytest.raises(CredentialsRefused, match="cannot be a role session name"):
        session_name(text)


@given(st.text(min_size=2))
def test_a_session_name_is_never_malformed(text: str) -> None:
    """Whatever goes in, AWS's pattern comes out, or nothing does."""
    try:
        name = session_name(text)
    except CredentialsRefused:
        return
    assert 2 <= len(name) <= 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")


def test_text_of_aws_is_never_taken_for_a_template() -> None:
    """Braces in a name or in AWS's message are only braces."""
    asked = Asked(user="{serial}", region=REGION, serial="{0.__class__}", next_code=3)
    answer = AwsAnswer(GET_SESSION_TOKEN, "AccessDenied", "{x} unable to validate MFA code")

    refused = explain(answer, asked)

    assert "{0.__class__} for {serial}" in refused.what
