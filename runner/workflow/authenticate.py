"""From the operator's identity to a user session that is to carry MFA (steps 2 and 3 of apply)."""

from __future__ import annotations

from datetime import timedelta

from runner.errors import CodeRefused, CredentialsRefused
from runner.model.event import IdentityFound, SessionOpened
from runner.model.session import LongTermIdentity, ReadySession, UserSession
from runner.workflow.route import LIFETIME
from runner.workflow.services import Services

MAX_TRIES = 3
"""Codes per run: AWS was seen to accept nine checks per device in three minutes, good ones included."""


def authenticate(services: Services, max_age: timedelta) -> UserSession:
    """Return a user session whose MFA proof is at most ``max_age`` old, and that lasts for one role session more.

    A kept session of an earlier run is used when it is young enough. Else one code is asked for, by one process at a
    time. A refused code is asked for again only when a person can give another one; nothing is repeated by itself.

    Raises:
        CredentialsRefused: when the identity cannot carry MFA, or the code is not accepted.
    """
    identity = services.operator.identity()
    services.watcher.see(IdentityFound(identity))
    match identity:
        case ReadySession():
            session = _ready(identity, services)
            services.watcher.see(SessionOpened(session))
            return session
        case LongTermIdentity():
            pass
    with services.cache.slot(identity) as slot:
        kept = slot.session
        if kept is not None and is_good(kept, services, max_age):
            services.watcher.see(SessionOpened(kept, kept=True))
            return kept
        session = _with_code(identity, services)
        slot.keep(session)
    services.watcher.see(SessionOpened(session))
    return session


def is_good(session: UserSession, services: Services, max_age: timedelta) -> bool:
    """Return whether a session is young enough, and lasts for one role session more."""
    now = services.clock.now()
    age = session.age(now)
    return (age is None or age <= max_age) and session.expires > now + LIFETIME


def _ready(identity: ReadySession, services: Services) -> UserSession:
    # Where the source does not say when it ends, STS's longest session is assumed: AWS says when it is over.
    expires = identity.expires or services.clock.now() + timedelta(hours=36)
    return UserSession(identity.credentials, identity.caller, "", None, expires, "")


def _with_code(identity: LongTermIdentity, services: Services) -> UserSession:
    refused: CodeRefused | None = None
    for _ in range(MAX_TRIES if services.codes.can_repeat else 1):
        code = services.codes.code(identity, refused.what if refused is not None else "")
        try:
            return services.sts.user_session(identity, code)
        except CodeRefused as error:
            refused = error
    if refused is not None and not services.codes.can_repeat:
        raise refused
    raise CredentialsRefused(
        f"{MAX_TRIES} codes were not accepted",
        on=identity.serial,
        hint="wait three minutes so that AWS does not lock the device, check its clock, and start again",
        aws=None if refused is None else refused.aws,
    ) from refused
