"""The port through which many children are deleted at once, and what goes through it.

A bulk engine lists and deletes at the same time, many requests at once. It decides nothing: what may be sent stands in
the sweep, whose session signs it is the step's, and each batch is in the journal before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from runner.errors import AwsCallFailed, LogUnwritable
from runner.model.bound import BoundCall, BoundSweep, Params
from runner.model.canonical import Json
from runner.model.children import Child
from runner.model.ports import Receipt, Reply
from runner.model.session import RoleSession


@dataclass(frozen=True)
class Part:
    """Say where the log names children: in which manifest, by its digest, and from which of its children on."""

    digest: str
    first: int = 0


@dataclass(frozen=True)
class Batch:
    """Hold the children of one request and its body; without one, ``params`` name the only child."""

    call: BoundCall
    params: Params
    children: Sequence[Child]
    body: bytes = b""
    part: Part | None = None
    """Where the children are named; None as long as they are not."""


@dataclass(frozen=True)
class Ticket:
    """Hold a batch's place in the journal, and the tag with which its request says so."""

    receipt: Receipt
    manifest: str
    """The manifest's digest; empty when there is none."""
    tag: str


class Book(Protocol):
    """Write down each batch before it is sent and after it was answered; called from several threads."""

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Return batches of one sweep once their children are named in a manifest that is durable.

        Raises:
            LogUnwritable: when it cannot be made so.
        """
        ...

    def intend(self, batch: Batch, attempt: int) -> Ticket:
        """Return when the batch is durable, and its manifest where it has none yet.

        Raises:
            LogUnwritable: when they cannot be made so; nothing may be sent then.
        """
        ...

    def answered(self, ticket: Ticket, batch: Batch, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Take note of an answer; ``refused`` are the children that AWS did not delete, in its own words.

        It is durable with whatever is written next, or by `settle`.

        Raises:
            LogUnwritable: when that cannot be written.
        """
        ...

    def failed(self, ticket: Ticket, batch: Batch, error: AwsCallFailed) -> None:
        """Take note of a refusal, or of an answer that never came.

        Raises:
            LogUnwritable: when that cannot be written.
        """
        ...

    def settle(self) -> None:
        """Return when all answers are durable.

        Raises:
            LogUnwritable: when they cannot be made so.
        """
        ...


class Sessions(Protocol):
    """Hand out the live role session for a call, renewed before it ends; called from several threads."""

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return the session.

        Raises:
            CredentialsRefused: when it cannot be renewed.
        """
        ...


@dataclass(frozen=True)
class Pace:
    """Say how fast it goes, for those who watch."""

    children: int
    """What AWS says is deleted, or what was counted."""
    in_flight: int = 0
    throttled: int = 0
    """How often AWS asked to slow down."""


class HandOut(Protocol):
    """Write down which keys are about to be handed out to other machines, to whom, and for which time."""

    def __call__(self, keys: str, to: str, time: int) -> None:
        """Return when that is durable.

        Raises:
            LogUnwritable: when it cannot be made so; nothing may be handed out then.
        """
        ...


def _not_written(keys: str, to: str, time: int) -> None:
    raise LogUnwritable(f"nobody writes down what is handed out to {to}", on=f"{keys}, time {time}")


@dataclass(frozen=True)
class Errand:
    """Hold what a bulk deletion works with; ``at_most`` is how many children the plan counted.

    With ``only`` nothing but these children is looked for, where they are: batches of an earlier run.
    """

    sessions: Sessions
    book: Book
    at_most: int
    stopped: Callable[[], bool]
    paced: Callable[[Pace], None]
    only: tuple[tuple[Child, ...], ...] = ()
    handed_out: HandOut = _not_written
    """Called before other machines get a part of it."""


@dataclass(frozen=True)
class Swept:
    """Say how one pass over a listing ended; ``why`` is empty when everything that was listed was sent."""

    found: int
    doubtful: int = 0
    """Children of batches that were never answered: they may be gone or not."""
    why: str = ""
    error: AwsCallFailed | None = None


@dataclass(frozen=True)
class Counted:
    """Count what a listing holds; ``kinds`` splits it, ``classes`` splits the versions by storage class."""

    children: int = 0
    size: int = 0
    kinds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    classes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    newest: str = ""
    """When the newest version was written, in AWS's ISO 8601 text."""
    complete: bool = True
    some: tuple[str, ...] = ()
    """A few of their keys, for people; not always the first ones."""


SOME = 5
"""How many keys a count names."""


def merged(first: Counted, second: Counted) -> Counted:
    """Return the sum of two counts."""
    return Counted(
        first.children + second.children,
        first.size + second.size,
        _sum(first.kinds, second.kinds),
        _sum(first.classes, second.classes),
        max(first.newest, second.newest),
        first.complete and second.complete,
        (*first.some, *second.some)[:SOME],
    )


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> Mapping[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}


class Bulk(Protocol):
    """List and delete children in bulk, where there is an engine for their kind."""

    def takes(self, sweep: BoundSweep) -> bool:
        """Return whether there is an engine for the sweep."""
        ...

    def count(self, sweep: BoundSweep, sessions: Sessions, at_most: int, paced: Callable[[Pace], None]) -> Counted:
        """Count what the sweep would delete; counting stops once there are more than ``at_most``.

        Raises:
            AwsCallFailed: when a listing fails; a listing that fails is never a shorter list.
        """
        ...

    def delete(self, sweep: BoundSweep, errand: Errand) -> Swept:
        """Delete everything that one pass over the listing finds.

        Raises:
            AwsCallFailed: when a listing fails.
            CredentialsRefused: when a session cannot be renewed.
            LogUnwritable: when the journal cannot be written.
        """
        ...
