"""The ports: everything that `runner.workflow` needs from outside, one small Protocol each.

Adapters live in ``runner.aws``, ``runner.audit`` and ``runner.cli``; ``runner.cli.wiring`` puts them together and
nobody else chooses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from runner.model.bound import BoundCall, Params
from runner.model.canonical import Json
from runner.model.event import Event
from runner.model.generic_call import ModelProblem
from runner.model.plan import Plan
from runner.model.session import Identity, LongTermIdentity, RoleRequest, RoleSession, Secret, UserSession

T = TypeVar("T")
R = TypeVar("R")


class Clock(Protocol):
    """Tell the time and let it pass, so that tests need no sleeping."""

    def now(self) -> datetime:
        """Return the time, UTC and aware."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class Operator(Protocol):
    """Find the operator's identity."""

    def identity(self) -> Identity:
        """Return the one identity that is used: a long-term key, or a session that was made elsewhere.

        Raises:
            CredentialsRefused: when there is none, or one that cannot carry MFA; before any code is asked for.
        """
        ...


class CodeSource(Protocol):
    """Ask for a six-digit MFA code."""

    @property
    def can_repeat(self) -> bool:
        """Whether asking again after a refusal can help: True for a person at a terminal only."""
        ...

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return a code of six digits; ``refusal`` says why the last one was not accepted.

        Raises:
            NoCode: when nobody can give one.
            CredentialsRefused: when what came is not six digits, or the command that gives codes failed.
        """
        ...


class Sts(Protocol):
    """Make sessions, the two calls of the chain."""

    def user_session(self, identity: LongTermIdentity, code: Secret) -> UserSession:
        """Call ``sts:GetSessionToken`` with the serial and the code.

        Raises:
            CredentialsRefused: with AWS's words and what they mean; `CodeRefused` when another code may help.
        """
        ...

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Call ``sts:AssumeRole`` without serial or code; a role session as ``source`` is a further hop.

        Raises:
            CredentialsRefused: with AWS's words and what they mean.
        """
        ...


class WeakSts(Protocol):
    """Make the operator's session *without* MFA, only to let AWS itself try what such a session may do."""

    def user_session_without_code(self, identity: LongTermIdentity) -> UserSession:
        """Call ``sts:GetSessionToken`` without serial and code.

        Raises:
            CredentialsRefused: with AWS's words and what they mean.
        """
        ...


class SessionSlot(Protocol):
    """Be the one place where an identity's user session is kept, held by one process at a time."""

    @property
    def session(self) -> UserSession | None:
        """The kept session; None when there is none that is still good."""
        ...

    def keep(self, session: UserSession) -> None:
        """Keep a session for later runs, where the operator asked for that."""
        ...


class SessionCache(Protocol):
    """Keep user sessions between runs, when the operator opted in. Role credentials are never kept."""

    def slot(self, identity: LongTermIdentity) -> AbstractContextManager[SessionSlot]:
        """Hold the identity's slot: a second process waits, so that two runs burn one code."""
        ...


@dataclass(frozen=True)
class Reply:
    """Hold AWS's answer to one request, as plain JSON: times are ISO 8601 texts, bytes are base64."""

    data: Mapping[str, Json]
    request_id: str
    status: int
    extended_request_id: str = ""
    date: str = ""
    """AWS's own ``Date`` header."""
    duration_ms: int = 0


class Sender(Protocol):
    """Send calls under one role session; refuses whatever was not declared when it was opened."""

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Send one request, once; ``tag`` is added to the User-Agent so that CloudTrail carries it.

        Raises:
            AwsCallFailed: with AWS's words, when AWS refuses or does not answer.
        """
        ...

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Send a listing, page after page until AWS says it was the last; ``params`` when a child fills them.

        Raises:
            AwsCallFailed: when any page fails; a listing that fails is never a shorter list.
        """
        ...


class Aws(Protocol):
    """Open senders."""

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Sender:
        """Return a sender whose write gate lets exactly ``allowed`` through."""
        ...


class Record(Protocol):
    """Be something the ledger can hold; ``runner.audit.record`` has them all."""

    @property
    def type(self) -> str:
        """The record's type: ``call.intent``."""
        ...

    def to_data(self) -> Mapping[str, Json]:
        """Return the record's own fields, without those that the ledger adds."""
        ...


@dataclass(frozen=True)
class Receipt:
    """Say where a record stands, once it is on disk."""

    seq: int
    sha256: str


@dataclass(frozen=True)
class SignedNote:
    """Hold what the log's own key signed: which log, how many of its lines, and the root over them."""

    origin: str
    """The log's name."""
    size: int
    root: str
    text: str
    """The signed note."""


class Ledger(Protocol):
    """Append records to the audit log of one run."""

    @property
    def run(self) -> str:
        """The run's id (a ULID)."""
        ...

    def append(self, record: Record) -> Receipt:
        """Append a record and return when it is durable (fsynced).

        Raises:
            LogUnwritable: on any write error; the run must stop at once.
        """
        ...

    def post(self, record: Record) -> None:
        """Append a record together with the next one that is appended, or by `settle`; only then it is durable.

        Raises:
            LogUnwritable: when that is known to be impossible.
        """
        ...

    def settle(self) -> None:
        """Return when everything that was posted is durable.

        Raises:
            LogUnwritable: on any write error; the run must stop at once.
        """
        ...

    def store(self, content: bytes) -> str:
        """Store a content beside the log, durably, and return its digest; for records that name it.

        Raises:
            LogUnwritable: when it cannot be stored; the run must stop at once.
        """
        ...

    @property
    def signed(self) -> SignedNote | None:
        """What this run had signed last; None when nothing was."""
        ...

    def claim(self, targets: tuple[str, ...]) -> AbstractContextManager[None]:
        """Keep every other run on this host away from the targets (ARNs) inside the block.

        Raises:
            GuardRefused: when another run is working on one of them.
            LogUnwritable: when that cannot be made sure.
        """
        ...


@dataclass(frozen=True)
class TimeStamp:
    """Say when a checkpoint was there, by the clock of an authority that holds to named roots."""

    time: datetime
    sha256: str
    """Of the authority's answer, which lies beside the checkpoint."""
    roots: tuple[str, ...]
    """PEM certificates that its chain was held against."""


class NotStamped(Exception):
    """Say why no time stamp was had; ``may_pass`` when asking again can help."""

    def __init__(self, why: str, *, may_pass: bool = False) -> None:
        super().__init__(why)
        self.may_pass = may_pass


class TimeStamper(Protocol):
    """Have a time-stamping authority say when a checkpoint was there, and keep what it says."""

    def stamp(self, note: SignedNote) -> TimeStamp:
        """Have what the log's key signed stamped; what is returned holds and is kept.

        Raises:
            NotStamped: when there is no answer, or one that does not hold.
            LogUnwritable: when it cannot be kept.
        """
        ...


class Crew(Protocol):
    """Do independent jobs side by side; their number is bounded, however many ask at the same time."""

    def map(self, job: Callable[[T], R], items: Iterable[T], at_most: int | None = None) -> tuple[R, ...]:
        """Do one job for each item and return what they return, in the items' order.

        Items are taken one after the other, in order; ``at_most`` of these jobs are done at a time. After a job failed
        no further item is taken, and the error of the first item that failed is raised: the one that doing them in
        turn would have met.
        """
        ...


class Watcher(Protocol):
    """See what happens, to show it; several threads may tell it something at the same time."""

    def see(self, event: Event) -> None:
        """Take note of an event."""
        ...


class Confirmer(Protocol):
    """Ask the operator for the phrase that confirms one plan."""

    def confirm(self, plan: Plan, phrase: str) -> None:
        """Return when the operator typed the phrase.

        Raises:
            NotApproved: when it was not typed, or when there is nobody to type it.
        """
        ...


class Stop(Protocol):
    """Know whether the operator pressed Ctrl-C, so that a run can end between two calls and not inside one."""

    def armed(self) -> AbstractContextManager[None]:
        """Turn the first Ctrl-C inside the block into a request, instead of an exception."""
        ...

    @property
    def requested(self) -> bool:
        """Whether Ctrl-C was pressed inside an armed block."""
        ...


@dataclass(frozen=True)
class Signed:
    """Hold a message with its SSH signature, and all that the signature has to hold against."""

    message: bytes
    signature: bytes
    """Armored, as a ``.sig`` file holds it."""
    namespace: str
    principal: str
    signers: bytes
    """Lines of ``allowed_signers``."""
    at: datetime
    """The time at which keys and certificates have to be valid, UTC."""


class SignatureRefused(Exception):
    """Say why a signature does not hold."""


class Signatures(Protocol):
    """Verify SSH signatures."""

    def verify(self, signed: Signed) -> None:
        """Return when the signature holds.

        Raises:
            SignatureRefused: when it does not, or when that could not be found out.
        """
        ...


class Signer(Protocol):
    """Sign with one person's key."""

    def sign(self, message: bytes, namespace: str) -> bytes:
        """Return an armored SSH signature of a message.

        Raises:
            NotApproved: when the key did not sign.
        """
        ...


class ServiceModels(Protocol):
    """Know what requests AWS's services take, offline."""

    def problems(self, service: str, operation: str, params: Mapping[str, object]) -> tuple[ModelProblem, ...]:
        """Return what is wrong with a request, nothing when the service would understand it.

        A path begins with the key that a playbook has for the part: ``service``, ``operation`` or ``params``.
        """
        ...
