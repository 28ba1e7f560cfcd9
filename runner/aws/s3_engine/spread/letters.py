"""What travels between the operator's process and the workers. Pure.

Everything is pickled, as Dask pickles: both sides run the same version of this package and trust each other. A session
travels in a `Loan` only, which nothing prints; no other letter holds a secret.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from runner.errors import RunnerError
from runner.model.bound import BoundSweep
from runner.model.bulk import Batch, Pace, Swept, Ticket
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import Credentials, RoleSession, Secret


def _as_dict(view: MappingProxyType[object, object]) -> tuple[object, ...]:
    return MappingProxyType, (dict(view),)


# Calls hold such views of their arguments, and pickle knows none by itself.
copyreg.pickle(MappingProxyType, _as_dict)  # type: ignore[arg-type]  # typeshed knows no generic view here


@dataclass(frozen=True)
class Share:
    """Hold one worker's part of a sweep: the keys after ``after`` up to ``until``, as in `Range`."""

    number: int
    after: bytes
    until: bytes | None


@dataclass(frozen=True)
class Order:
    """Ask a worker to sweep a share; ``hand`` counts how often this share was handed out."""

    room: str
    """Under which name the worker finds its letters."""
    share: Share
    hand: int
    sweep: BoundSweep
    base: str
    """Where the operator's process reaches the bucket; a worker that reaches it elsewhere deletes nothing."""


class Loan:
    """Carry the role session for one kind of call to a worker's memory, where it stays until it ends."""

    __slots__ = ("api", "session")

    def __init__(self, api: str, session: RoleSession) -> None:
        self.api = api
        self.session = session

    def __repr__(self) -> str:
        return f"Loan({self.api!r})"

    def __reduce__(self) -> tuple[object, ...]:
        """Open the secrets for the way: `Secret` refuses to be pickled, so that this is the only place."""
        keys, session = self.session.credentials, self.session
        token = None if keys.token is None else keys.token.reveal()
        opened = (keys.access_key, keys.secret.reveal(), token, keys.expires)
        return _lent, (self.api, opened, session.arn, session.role_arn, session.issued, session.expires)


def _lent(  # the session's own fields
    api: str,
    opened: tuple[str, str, str | None, datetime | None],
    arn: str,
    role_arn: str,
    issued: datetime,
    expires: datetime,
) -> Loan:
    access_key, secret, token, ends = opened
    keys = Credentials(access_key, Secret(secret), None if token is None else Secret(token), ends)
    return Loan(api, RoleSession(keys, arn, role_arn, issued, expires, request_id=""))


@dataclass(frozen=True)
class Post:
    """Hold what a worker is told: sessions, permissions to send a batch, and which of its sweepers are to end."""

    loans: tuple[Loan, ...] = ()
    tickets: tuple[tuple[str, int, Ticket], ...] = ()
    """The sweeper, its number of the request, and the place in the operator's journal."""
    dismissed: tuple[str, ...] = ()
    all_stop: bool = False


@dataclass(frozen=True)
class Began:
    """Say that a sweeper begins with a share."""

    sweeper: str
    number: int
    hand: int
    version: str


@dataclass(frozen=True)
class Wanted:
    """Ask for permission to send a batch, whose body stays with the worker."""

    sweeper: str
    number: int
    batch: Batch
    attempt: int
    together: bool
    """Whether it is one request for all the children."""


@dataclass(frozen=True)
class Heard:
    """Tell an answer of AWS's."""

    sweeper: str
    seq: int
    """The intent's place in the operator's log."""
    reply: Reply
    refused: tuple[Mapping[str, Json], ...]


@dataclass(frozen=True)
class Unheard:
    """Tell a refusal, or that no answer came."""

    sweeper: str
    seq: int
    error: RunnerError


@dataclass(frozen=True)
class Going:
    """Say how fast it goes."""

    sweeper: str
    pace: Pace


@dataclass(frozen=True)
class Ended:
    """Say how a sweeper ended."""

    sweeper: str
    swept: Swept
    error: RunnerError | None = None


Letter: TypeAlias = Began | Wanted | Heard | Unheard | Going | Ended
