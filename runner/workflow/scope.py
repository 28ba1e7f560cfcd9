"""Role sessions that AWS itself limits to declared calls, renewed before they end.

Most often it is one session. Calls that no session policy of AWS's size can hold are spread over several: each call
goes under the one that is limited to it (``runner.policy.packing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from runner.errors import CredentialsRefused
from runner.model.bound import BoundCall, Params
from runner.model.ports import Reply, Sender
from runner.model.session import RoleSession
from runner.policy.grants import grants_of, includes
from runner.policy.packing import pack
from runner.policy.session import session_policy
from runner.workflow.route import LIFETIME, Route
from runner.workflow.services import Services

MARGIN = timedelta(seconds=120)
"""A session this close to its end is renewed before the next request."""


@dataclass
class _Lane:
    """Hold calls that go under one session, how old the MFA proof of its next session may be, and the live session."""

    calls: tuple[BoundCall, ...]
    max_age: timedelta
    open: tuple[RoleSession, Sender] | None = None
    opening: Lock = field(default_factory=Lock)
    """Held by whoever makes the next session, so that several threads make one."""


class Scope:
    """Send calls under role sessions whose session policies allow exactly ``groups``, and those only with MFA.

    A group stays under one session where that is possible. A session is made at the first use; ``opened`` is told of it
    and of each later one, of one at a time. A renewal asks for no code: it uses the user session. ``max_age`` is how
    old AWS lets the MFA proof be while a first session lives; each renewal adds a session's lifetime, because a step
    that began in time may go on. `session` and the request methods raise `CredentialsRefused` when AWS refuses it.

    Raises:
        PolicyTooLarge: when a single call does not fit into a session policy.
    """

    def __init__(
        self,
        services: Services,
        route: Route,
        groups: tuple[tuple[BoundCall, ...], ...],
        max_age: timedelta,
        opened: Callable[[RoleSession], None] = lambda _: None,
    ) -> None:
        self._services = services
        self._route = route
        self._opened = opened
        self._telling = Lock()
        self._lanes = tuple(_Lane(calls, max_age) for calls in pack(groups))
        self._places: dict[str, list[tuple[BoundCall, _Lane]]] = {}
        for lane in self._lanes:
            for call in lane.calls:
                self._places.setdefault(call.api, []).append((call, lane))

    @property
    def session(self) -> RoleSession:
        """The live role session, that of the first group."""
        return self._live(self._lanes[0])[0]

    def is_ending(self, call: BoundCall) -> bool:
        """Return whether the next request of the call would renew its session."""
        live = self._lane(call).open
        return live is not None and self._ends(live[0])

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return the live session of a call, renewed before it ends (port `Sessions`)."""
        return self._live(self._lane(call))[0]

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Send one request (port `Sender`)."""
        return self._live(self._lane(call))[1].send(call, params, tag)

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Send a listing (port `Sender`); the pages of one listing come under one session."""
        return self._live(self._lane(call))[1].pages(call, params)

    def sender(self, calls: tuple[BoundCall, ...]) -> Sender:
        """Return a sender for calls whose parameters were not known when the scope was made, all under one session.

        AWS still holds them to that session's policy; the write gate holds them to exactly ``calls``.
        """
        wanted = grants_of(calls)
        lane = next((lane for lane in self._lanes if includes(grants_of(lane.calls), wanted)), self._lanes[0])
        return self._services.aws.sender(self._live(lane)[0], calls)

    def _lane(self, call: BoundCall) -> _Lane:
        """Return where a call belongs; one that was never declared goes anywhere, and the write gate stops it."""
        places = self._places.get(call.api, ())
        return next((lane for own, lane in places if own is call or own == call), self._lanes[0])

    def _ends(self, session: RoleSession) -> bool:
        return self._services.clock.now() > session.expires - MARGIN

    def _live(self, lane: _Lane) -> tuple[RoleSession, Sender]:
        live = lane.open
        if live is not None and not self._ends(live[0]):
            return live
        with lane.opening:
            return self._renewed(lane)

    def _renewed(self, lane: _Lane) -> tuple[RoleSession, Sender]:
        # Whoever waited for this lock may find that another thread has made the session.
        if lane.open is None or self._ends(lane.open[0]):
            now = self._services.clock.now()
            policy = session_policy(lane.calls, until=now + LIFETIME, max_age=lane.max_age)
            session = self._route.take(self._services.sts, policy, now)
            _check_clocks(session, self._services.clock.now())
            lane.max_age += LIFETIME
            with self._telling:
                self._opened(session)
            lane.open = (session, self._services.aws.sender(session, lane.calls))
        return lane.open


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
