"""A source identity stays with the session that it was given to, and with every session made from that one.

Source: IAM user guide, "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sts

from runner.sandbox.insides import SESSIONS
from runner.sandbox.patching import Replacement

_KEY = "RunnerSourceIdentity"
"""The key in ministack's session record."""

_given: ContextVar[str] = ContextVar("runner_source_identity", default="")
"""The identity that the request being served sets."""


@contextmanager
def setting(identity: str) -> Iterator[None]:
    """Serve a request that sets this source identity; empty for none."""
    token = _given.set(identity)
    try:
        yield
    finally:
        _given.reset(token)


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's sessions carry it."""
    return (
        Replacement(sts, "register_session", ("access_key", "session"), _remember),
        Replacement(iam_evaluator, "_principal_keys", ("credential",), _tell),
    )


def _remember(original: Callable[..., None]) -> Callable[..., None]:
    def register_session(access_key: str, session: dict[str, Any]) -> None:
        source = SESSIONS.get(session.get("SourceAccessKeyId", ""), {})
        session[_KEY] = _given.get() or source.get(_KEY, "")
        original(access_key, session)

    return register_session


def _tell(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def principal_keys(credential: Any) -> dict[str, Any]:
        identity = SESSIONS.get(credential.access_key_id, {}).get(_KEY)
        return original(credential) | ({"aws:sourceidentity": identity} if identity else {})

    return principal_keys
