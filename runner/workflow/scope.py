"""A role session that AWS itself limits to declared calls, renewed before it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from runner.errors import CredentialsRefused
from runner.model.call import BoundCall, Params
from runner.model.ports import Reply, Sender
from runner.model.session import RoleSession
from runner.policy.session import session_policy
from runner.workflow.route import LIFETIME, Route
from runner.workflow.services import Services

MARGIN = timedelta(seconds=120)
"""A session this close to its end is renewed before the next request."""


class Scope:
    """Send calls under a role session whose session policy allows exactly ``calls``, and those only with MFA.

    The session is made at the first use; ``opened`` is told of it and of each later one. A renewal asks for no code: it
    uses the user session. ``max_age`` is how old AWS lets the MFA proof be while the first session lives; each renewal
    adds a session's lifetime, because a step that began in time may go on. `session` and the request methods raise
    `CredentialsRefused` when AWS refuses the role.
    """

    def __init__(
        self,
        services: Services,
        route: Route,
        calls: tuple[BoundCall, ...],
        max_age: timedelta,
        opened: Callable[[RoleSession], None] = lambda _: None,
    ) -> None:
        self._services = services
        self._route = route
        self._calls = calls
        self._max_age = max_age
        self._opened = opened
        self._open: tuple[RoleSession, Sender] | None = None

    @property
    def session(self) -> RoleSession:
        """The live role session."""
        return self._live()[0]

    @property
    def is_ending(self) -> bool:
        """Whether the next request would renew the session."""
        return self._open is not None and self._services.clock.now() > self._open[0].expires - MARGIN

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Send one request (port `Sender`)."""
        return self._live()[1].send(call, params, tag)

    def pages(self, call: BoundCall) -> Iterator[Reply]:
        """Send a listing (port `Sender`); the pages of one listing come under one session."""
        return self._live()[1].pages(call)

    def sender(self, calls: tuple[BoundCall, ...]) -> Sender:
        """Return a sender under the same session for calls whose parameters were not known when it was opened.

        AWS still holds them to the session policy; the write gate holds them to exactly ``calls``.
        """
        return self._services.aws.sender(self.session, calls)

    def _live(self) -> tuple[RoleSession, Sender]:
        if self._open is None or self.is_ending:
            now = self._services.clock.now()
            policy = session_policy(self._calls, until=now + LIFETIME, max_age=self._max_age)
            session = self._route.take(self._services.sts, policy, now)
            _check_clocks(session, self._services.clock.now())
            self._max_age += LIFETIME
            self._opened(session)
            self._open = (session, self._services.aws.sender(session, self._calls))
        return self._open


def _check_clocks(session: RoleSession, now: datetime) -> None:
    """Return when a session that was made just now is not over yet; each request would make another one.

    Raises:
        CredentialsRefused: when this machine's clock is far ahead of AWS's.
    """
    if now >= session.expires:
        raise CredentialsRefused(
            f"the role session that AWS made just now ends at {session.expires:%H:%M:%S} UTC, and by this machine's "
            f"clock it is {now:%H:%M:%S}",
            on=session.arn,
            hint="set the clock (NTP): AWS allows five minutes of difference",
        )
