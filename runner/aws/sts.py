"""The chain that carries MFA context: ``sts:GetSessionToken`` with a code, then ``sts:AssumeRole`` without one.

1. The long-term key, the device's serial and the code make a user session. It is asked for once: a code counts as a
   try whether or not its answer arrives.
2. The user session's credentials make a role session, limited by a session policy. No serial and no code are given:
   ``sts:AssumeRole`` would accept them and make a session without MFA context. This call is harmless to repeat.

Durations: AWS refuses a role session of more than one hour that is made from another session, and so it is refused here
before it is sent (``runner.guard.duration``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runner.aws.clients import Connect, client
from runner.aws.codes import six_digits
from runner.aws.explanations import ASSUME_ROLE, GET_SESSION_TOKEN, Asked, explain
from runner.aws.failures import AWS_FAILURES, translate
from runner.errors import AwsAnswer, CredentialsRefused
from runner.guard.duration import check_duration
from runner.guard.next_code import seconds_to_next_code
from runner.model.ports import Clock
from runner.model.session import Credentials, LongTermIdentity, RoleRequest, RoleSession, Secret, UserSession

USER_SESSION_SECONDS = 3600
"""How long the user session lasts; AWS: 900 to 129600."""
ROLE_ATTEMPTS = 4
"""How often ``sts:AssumeRole`` is sent before it counts as failed."""
_NAME_LENGTH = (2, 64)
"""Characters. Source: STS API, ``AssumeRole``, RoleSessionName and SourceIdentity."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_+=,.@-]+")


class ChainSts:
    """Make sessions with STS in one region (port `Sts`)."""

    def __init__(self, region: str, clock: Clock, connect: Connect = client) -> None:
        self._region = region
        self._clock = clock
        self._connect = connect

    def user_session(self, identity: LongTermIdentity, code: Secret) -> UserSession:
        """Call ``sts:GetSessionToken`` with the serial and the code, once.

        Raises:
            CredentialsRefused: with AWS's words and what they mean; `CodeRefused` when another code may help. What is
                not six digits is refused unsent.
        """
        checked = six_digits(code.reveal())
        # The age of the proof counts from before the request, so that it is never taken for younger than it is.
        issued = self._clock.now()
        asked = Asked(
            user=identity.caller.arn,
            origin=identity.origin,
            region=self._region,
            key=identity.credentials.access_key,
            serial=identity.serial,
            next_code=seconds_to_next_code(issued),
        )
        sts = self._connect("sts", self._region, identity.credentials, attempts=1)
        try:
            answer = sts.get_session_token(
                SerialNumber=identity.serial, TokenCode=checked.reveal(), DurationSeconds=USER_SESSION_SECONDS
            )
        except AWS_FAILURES as error:
            raise explain(translate(error, GET_SESSION_TOKEN, identity.serial).answer, asked) from error
        credentials, expires = _credentials(answer, GET_SESSION_TOKEN)
        return UserSession(credentials, identity.caller, identity.serial, issued, expires, _request_id(answer))

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Call ``sts:AssumeRole`` without serial or code; a role session as ``source`` is a further hop.

        Raises:
            CredentialsRefused: with AWS's words, what they mean and what was sent.
            UsageError: when the duration is one that AWS refuses; nothing was sent.
        """
        check_duration(request.seconds)
        issued = self._clock.now()
        asked = self._asked(source, request)
        sts = self._connect("sts", self._region, source.credentials, attempts=ROLE_ATTEMPTS)
        try:
            answer = sts.assume_role(**_parameters(request, asked))
        except AWS_FAILURES as error:
            raise explain(translate(error, ASSUME_ROLE, request.role_arn).answer, asked) from error
        credentials, expires = _credentials(answer, ASSUME_ROLE)
        arn = answer.get("AssumedRoleUser", {}).get("Arn", "")
        if not arn:
            raise _unreadable(answer, ASSUME_ROLE)
        size = answer.get("PackedPolicySize")
        return RoleSession(credentials, arn, request.role_arn, issued, expires, _request_id(answer), size)

    def _asked(self, source: UserSession | RoleSession, request: RoleRequest) -> Asked:
        return Asked(
            user=source.caller.arn if isinstance(source, UserSession) else source.arn,
            region=self._region,
            key=source.credentials.access_key,
            role=request.role_arn,
            session=session_name(request.name),
            policy_size=len(request.policy),
            seconds=request.seconds,
            external_id=request.external_id,
            source_identity=_source_identity(request.source_identity),
            tags=tuple(f"{key}={value}" for key, value in request.tags.items()),
        )


def _parameters(request: RoleRequest, asked: Asked) -> dict[str, Any]:
    """Return the parameters of AssumeRole; what was not asked for is left out, because each has its own permission."""
    optional = {
        "Policy": request.policy,
        "ExternalId": request.external_id,
        "SourceIdentity": asked.source_identity,
        "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
    }
    given = {key: value for key, value in optional.items() if value}
    return {"RoleArn": request.role_arn, "RoleSessionName": asked.session, "DurationSeconds": request.seconds, **given}


def session_name(text: str) -> str:
    """Return the text as a RoleSessionName: foreign characters become ``-``, and only the first 64 are kept.

    Raises:
        CredentialsRefused: when fewer than two characters are left.
    """
    least, most = _NAME_LENGTH
    name = _NOT_IN_NAMES.sub("-", text)[:most]
    if len(name) < least:
        raise CredentialsRefused(
            f"{text!r} cannot be a role session name: it needs {least} to {most} characters",
            on=text,
            hint="use letters, digits and any of _+=,.@-",
        )
    return name


def _source_identity(name: str) -> str:
    """Return the name; unlike a session's name it is never altered, because it says who is responsible.

    Raises:
        CredentialsRefused: when STS would not take it.
    """
    least, most = _NAME_LENGTH
    if name and (not least <= len(name) <= most or _NOT_IN_NAMES.search(name)):
        raise CredentialsRefused(
            f"{name!r} cannot be a source identity: it needs {least} to {most} letters, digits or any of _+=,.@-",
            on=name,
            hint="take `assume.source_identity` out of the playbook, or act as a user with another name",
        )
    return name


def _credentials(answer: Mapping[str, Any], operation: str) -> tuple[Credentials, datetime]:
    """Return the session's credentials; an answer that lacks a part, or whose time has no zone, is refused."""
    match answer.get("Credentials"):
        case {
            "AccessKeyId": str(access),
            "SecretAccessKey": str(secret),
            "SessionToken": str(token),
            "Expiration": datetime() as expiration,
        } if access and secret and token and expiration.tzinfo is not None:
            expires = expiration.astimezone(UTC)
            return Credentials(access, Secret(secret), Secret(token), expires), expires
        case _:
            raise _unreadable(answer, operation)


def _request_id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))


def _unreadable(answer: Mapping[str, Any], operation: str) -> CredentialsRefused:
    return CredentialsRefused(
        f"the answer to {operation} is not a session",
        on=operation,
        hint="check AWS_ENDPOINT_URL: something that is not AWS may have answered",
        aws=AwsAnswer(operation, "<AnswerUnreadable>", "", _request_id(answer)),
    )
