"""The ways to a session that lose MFA or ask for too much, to show that they do.

The product's port `Sts` cannot express them, on purpose: a `RoleRequest` has no place for a code, a user session is
always asked for with one, and durations that AWS refuses are not sent. Who doubts that this is needed can see it on an
account of theirs with `runner doctor --live`, which uses such a session for one read and drops it. A plan uses one of
them, the session without a code, for AWS's own dry runs and for nothing else (port `WeakSts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from runner.aws.asked import ASSUME_ROLE, GET_SESSION_TOKEN, Asked
from runner.aws.clients import Connect, client
from runner.aws.codes import six_digits
from runner.aws.explanations import explain
from runner.aws.failures import AWS_FAILURES, translate
from runner.aws.sts import session_name
from runner.errors import AwsAnswer, CredentialsRefused
from runner.model.ports import Clock
from runner.model.session import Caller, Credentials, LongTermIdentity, RoleRequest, RoleSession, Secret, UserSession

_SHORTEST = 900
"""Seconds that the user session lasts: the least that STS makes (GetSessionToken, DurationSeconds)."""


class ProbeSts:
    """Make sessions in ways that carry no MFA (ports ``ProbeSts`` of ``runner.workflow.doctoring``, and `WeakSts`)."""

    def __init__(self, region: str, clock: Clock, connect: Connect = client) -> None:
        self._region = region
        self._clock = clock
        self._connect = connect

    def role_session_with_code(self, identity: LongTermIdentity, code: Secret, request: RoleRequest) -> RoleSession:
        """Give the code to ``sts:AssumeRole``, once: the usual mistake, which opens the role and loses MFA.

        Raises:
            CredentialsRefused: with AWS's words and what they mean; `CodeRefused` when another code may help.
        """
        factor = {"SerialNumber": identity.serial, "TokenCode": six_digits(code.reveal()).reveal()}
        asked = self._asked(identity.caller, identity.credentials, request, identity.serial)
        return self._assume(identity.credentials, request, asked, factor)

    def role_session_unchecked(self, user: UserSession, request: RoleRequest) -> RoleSession:
        """Call ``sts:AssumeRole`` with the duration as it is, so that AWS's own answer to it is seen.

        Raises:
            CredentialsRefused: with AWS's words and what they mean.
        """
        return self._assume(user.credentials, request, self._asked(user.caller, user.credentials, request), {})

    def user_session_without_code(self, identity: LongTermIdentity) -> UserSession:
        """Call ``sts:GetSessionToken`` without serial and code: the session says that there was no MFA.

        Raises:
            CredentialsRefused: with AWS's words and what they mean.
        """
        sts = self._connect("sts", self._region, identity.credentials, attempts=1)
        try:
            answer = sts.get_session_token(DurationSeconds=_SHORTEST)
        except AWS_FAILURES as error:
            failed = translate(error, GET_SESSION_TOKEN, identity.caller.arn)
            raise explain(failed.answer, self._asked(identity.caller, identity.credentials)) from error
        credentials, expires = _credentials(answer, GET_SESSION_TOKEN)
        return UserSession(credentials, identity.caller, "", None, expires, _request_id(answer))

    def _assume(self, key: Credentials, request: RoleRequest, asked: Asked, factor: Mapping[str, str]) -> RoleSession:
        issued = self._clock.now()
        sts = self._connect("sts", self._region, key, attempts=1)
        try:
            answer = sts.assume_role(
                RoleArn=request.role_arn,
                RoleSessionName=asked.session,
                Policy=request.policy,
                DurationSeconds=request.seconds,
                **factor,
            )
        except AWS_FAILURES as error:
            raise explain(translate(error, ASSUME_ROLE, request.role_arn).answer, asked) from error
        credentials, expires = _credentials(answer, ASSUME_ROLE)
        arn = str(answer.get("AssumedRoleUser", {}).get("Arn", ""))
        return RoleSession(credentials, arn, request.role_arn, issued, expires, _request_id(answer))

    def _asked(self, caller: Caller, key: Credentials, request: RoleRequest | None = None, serial: str = "") -> Asked:
        asked = Asked(caller.arn, self._region, key=key.access_key, serial=serial)
        if request is None:
            return asked
        size, name = len(request.policy), session_name(request.name)
        return replace(asked, role=request.role_arn, session=name, policy_size=size, seconds=request.seconds)


def _credentials(answer: Mapping[str, Any], operation: str) -> tuple[Credentials, datetime]:
    match answer.get("Credentials"):
        case {
            "AccessKeyId": str(access),
            "SecretAccessKey": str(secret),
            "SessionToken": str(token),
            "Expiration": datetime() as expiration,
        }:
            expires = expiration.astimezone(UTC)
            return Credentials(access, Secret(secret), Secret(token), expires), expires
        case _:
            raise CredentialsRefused(
                f"the answer to {operation} is not a session",
                on=operation,
                hint="check AWS_ENDPOINT_URL: something that is not AWS may have answered",
                aws=AwsAnswer(operation, "<AnswerUnreadable>", "", _request_id(answer)),
            )


def _request_id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))
