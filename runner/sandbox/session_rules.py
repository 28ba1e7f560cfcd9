"""What AWS refuses before any policy is looked at: parameters of STS, the kind of credentials, MFA codes.

Runs in front of ministack's dispatcher, once the signature holds, in this order:

1. Parameters within their constraints.
2. Sessions make no sessions but by AssumeRole; one made by ``GetSessionToken`` may call IAM only when it carries MFA.
3. Durations: one hour for a role session made from a session, the role's own maximum otherwise.
4. The MFA code, last, because trying it uses it up.

Source: STS API reference; the texts are recorded answers of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.iam_evaluator import ResolvedCredential

from runner.sandbox.insides import ROLES, SESSIONS, Answer, query_error
from runner.sandbox.mfa import INCOMPLETE, Authenticators, MfaRefused
from runner.sandbox.mfa_context import carries_mfa
from runner.sandbox.sts_parameters import SECONDS, violations

CHAINED = 3600
"""Longest role session, in seconds, that a session can make."""
FREE = frozenset({"AssumeRole", "GetCallerIdentity"})
"""What a session of ``GetSessionToken`` may call of STS."""
LONG_TERM = frozenset({"GetSessionToken", "GetFederationToken"})
"""What no session may call of STS."""

CHAIN_TEXT = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
MAXIMUM_TEXT = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
TOKEN_TEXT = "The security token included in the request is invalid"  # noqa: S105  # AWS's words


class Refused(Exception):
    """Carry an answer of AWS that says no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Call:
    """Hold a signed call of STS or IAM and who makes it."""

    service: str
    action: str
    params: Mapping[str, str]
    caller: ResolvedCredential

    @property
    def is_temporary(self) -> bool:
        """Whether the caller's credentials are a session's."""
        return self.caller.session_token is not None

    @property
    def is_user_session(self) -> bool:
        """Whether the caller's credentials came from ``GetSessionToken``."""
        return self.is_temporary and self.caller.principal_type == "User"


def call_of(service: str, params: Mapping[str, Any], caller: ResolvedCredential) -> Call:
    """Return the call with one text per parameter; empty ones are left out."""
    texts = {name: value[0] if isinstance(value, list) else value for name, value in params.items()}
    return Call(service, texts.get("Action", ""), {name: value for name, value in texts.items() if value}, caller)


def judge(call: Call, authenticators: Authenticators) -> bool:
    """Return whether an MFA code came with the call and was accepted; the numbers are those of the module's list.

    Raises:
        Refused: with AWS's answer.
    """
    # 1.
    if call.service == "sts" and (broken := violations(call.action, call.params)):
        raise Refused(400, "ValidationError", broken)
    # 2.
    _check_credentials(call)
    # 3.
    if call.service == "sts" and call.action == "AssumeRole":
        _check_duration(call)
    # 4.
    return _check_code(call, authenticators)


def answer(refused: Refused, service: str) -> Answer:
    """Return a refusal as the query protocol words it."""
    status, headers, body = query_error(refused.status, refused.code, escape(str(refused)), service)
    return status, {**headers, "Content-Type": "text/xml"}, body


def _check_credentials(call: Call) -> None:
    if call.service == "sts" and call.is_temporary:
        if call.action in LONG_TERM or (call.is_user_session and call.action not in FREE):
            raise Refused(403, "AccessDenied", f"Cannot call {call.action} with session credentials")
    elif call.is_user_session and not carries_mfa(SESSIONS.get(call.caller.access_key_id)):
        raise Refused(403, "InvalidClientTokenId", TOKEN_TEXT)


def _check_duration(call: Call) -> None:
    wanted = int(call.params.get("DurationSeconds", "3600"))
    if call.is_temporary and wanted > CHAINED:
        raise Refused(400, "ValidationError", CHAIN_TEXT)
    account, name = call.params["RoleArn"].split(":")[4:5], call.params["RoleArn"].rsplit("/", 1)[-1]
    role = ROLES.get_scoped("".join(account), None, name)
    if role is not None and wanted > role["MaxSessionDuration"]:
        raise Refused(400, "ValidationError", MAXIMUM_TEXT)


def _check_code(call: Call, authenticators: Authenticators) -> bool:
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if call.service != "sts" or call.action not in SECONDS or not (serial or code):
        return False
    if not serial or not code:
        raise Refused(403, "AccessDenied", INCOMPLETE)
    try:
        authenticators.verify(call.caller.principal_arn, serial, code)
    except MfaRefused as refused:
        raise Refused(403, "AccessDenied", str(refused)) from refused
    return True
