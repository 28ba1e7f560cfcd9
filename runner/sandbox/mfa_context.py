"""How MFA context travels: what every session knows of the MFA code behind it, and what policies see of it.

=====================================  ==============================  =========================
credentials                            aws:MultiFactorAuthPresent      aws:MultiFactorAuthAge
=====================================  ==============================  =========================
long-term key of a user                absent                          absent
GetSessionToken without a code         false                           absent
GetSessionToken with a code            true                            seconds since the code
AssumeRole by a long-term key          false                           absent
AssumeRole by a session                what that session has           what that session has
AssumeRole with a code                 as without the code             as without the code
=====================================  ==============================  =========================

A code given to AssumeRole counts for that one call only, so that a trust policy may ask for MFA; the session that comes
out does not carry it. Source: field reports, AWS documents only the first half ("credentials returned by AssumeRole do
not include MFA information").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sts

from runner.sandbox.clock import SandboxClock
from runner.sandbox.insides import SESSIONS
from runner.sandbox.patching import Replacement

_PROVED_AT = "RunnerMfaAt"
"""The key in ministack's session record: when the code was given, or None."""

_proved_now: ContextVar[float | None] = ContextVar("runner_mfa_proved_now", default=None)
"""When the code that came with the request being served was accepted."""


@contextmanager
def proved(moment: float | None) -> Iterator[None]:
    """Serve a request whose own MFA code was accepted at ``moment``, or one without a code."""
    token = _proved_now.set(moment)
    try:
        yield
    finally:
        _proved_now.reset(token)


def carries_mfa(session: Mapping[str, Any] | None) -> bool:
    """Return whether a session of ministack carries MFA."""
    return session is not None and session.get(_PROVED_AT) is not None


def replacements(clock: SandboxClock) -> tuple[Replacement, ...]:
    """Return what makes ministack's sessions carry MFA."""

    def remember(original: Callable[..., None]) -> Callable[..., None]:
        def register_session(access_key: str, session: dict[str, Any]) -> None:
            session[_PROVED_AT] = _inherited(session)
            original(access_key, session)

        return register_session

    def tell(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def principal_keys(credential: Any) -> dict[str, Any]:
            return original(credential) | _mfa_keys(SESSIONS.get(credential.access_key_id), clock)

        return principal_keys

    return (
        Replacement(sts, "register_session", ("access_key", "session"), remember),
        Replacement(sts, "_principal_keys", ("credential",), tell),
        Replacement(iam_evaluator, "_principal_keys", ("credential",), tell),
    )


def _inherited(session: Mapping[str, Any]) -> float | None:
    match session.get("PrincipalType"):
        case "User":
            return _proved_now.get()
        case "AssumedRole":
            source: Mapping[str, Any] = SESSIONS.get(session.get("SourceAccessKeyId", ""), {})
            return source.get(_PROVED_AT)
        case _:
            return None


def _mfa_keys(session: Mapping[str, Any] | None, clock: SandboxClock) -> dict[str, str]:
    if _proved_now.get() is not None:
        return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if session is None:
        return {}
    moment = session.get(_PROVED_AT)
    if moment is None:
        return {"aws:multifactorauthpresent": "false"}
    return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": str(int(clock.time() - moment))}
