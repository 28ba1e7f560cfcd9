"""What happens during a command, as values that a watcher may show; nothing depends on anybody watching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.errors import ExitCode
from runner.model.outcome import StepResult
from runner.model.plan import Plan
from runner.model.session import Identity, RoleSession, UserSession


@dataclass(frozen=True)
class IdentityFound:
    """Say which identity is used."""

    identity: Identity


@dataclass(frozen=True)
class PlanAdmitted:
    """Say who approved the plan; ``broken_glass`` is the reason when it is executed without the approvals it needs."""

    needed: int
    approvers: tuple[str, ...]
    broken_glass: str = ""


@dataclass(frozen=True)
class SessionOpened:
    """Say that there is a user session; ``kept`` when an earlier run's code made it."""

    session: UserSession
    kept: bool = False


@dataclass(frozen=True)
class ProofPassed:
    """Say that AWS let a read through that the guard session allows only with MFA."""

    role_session: str
    request_id: str


@dataclass(frozen=True)
class StepResolving:
    """Say which step is being looked at; ``index`` counts from 1."""

    step: str
    index: int
    count: int


@dataclass(frozen=True)
class Counting:
    """Say how many children the census has seen so far."""

    step: str
    children: int


@dataclass(frozen=True)
class Simulating:
    """Say which step's permissions are being simulated."""

    step: str


@dataclass(frozen=True)
class RunStarted:
    """Say that a confirmed plan begins to be executed."""

    run: str
    plan: Plan


@dataclass(frozen=True)
class RunEnded:
    """Say how a run ended; ``counts`` tells how many steps ended in each state."""

    run: str
    plan: Plan
    code: ExitCode
    counts: Mapping[str, int]


@dataclass(frozen=True)
class StepStarted:
    """Say that a step begins; ``total`` is the number of children, 0 when there are none, ``size`` their bytes."""

    step: str
    action: str
    target: str
    index: int
    count: int
    total: int
    size: int = 0


@dataclass(frozen=True)
class RoleAssumed:
    """Say that a step has a role session of its own, and how much of STS's packed policy limit its policy uses."""

    step: str
    session: RoleSession


@dataclass(frozen=True)
class Deleted:
    """Say how many of a step's children are deleted so far, and how hard it is at it.

    ``throttled`` is how often AWS asked to slow down, ``errors`` what it refused or did not answer.
    """

    step: str
    children: int
    in_flight: int = 0
    throttled: int = 0
    errors: int = 0


@dataclass(frozen=True)
class Waiting:
    """Say what is being waited for, for how many seconds at most, and how many it usually takes; 0 if nobody knows."""

    step: str
    what: str
    seconds: int
    usually: int = 0


@dataclass(frozen=True)
class StillWaiting:
    """Say what is seen of a step meanwhile, in AWS's words, and for how many seconds it has been waited for."""

    step: str
    seen: str
    seconds: int


@dataclass(frozen=True)
class LogNotAnchored:
    """Say that the log could not be anchored; the run goes on only where it may without."""

    why: str


@dataclass(frozen=True)
class CountDrifted:
    """Say that a step's contents are not as many as the plan counted, within what is agreed to."""

    step: str
    told: str


@dataclass(frozen=True)
class Settled:
    """Say of how many children an earlier run left open what became of them, and how many were still there."""

    step: str
    children: int
    there: int


@dataclass(frozen=True)
class LogNotStamped:
    """Say that nobody told when the log was signed; the run goes on only where it may without."""

    why: str


@dataclass(frozen=True)
class StepEnded:
    """Say how a step ended."""

    result: StepResult


Happening: TypeAlias = (
    IdentityFound
    | PlanAdmitted
    | SessionOpened
    | ProofPassed
    | StepResolving
    | Counting
    | Simulating
    | StepStarted
    | RoleAssumed
    | Deleted
    | Waiting
    | StillWaiting
    | LogNotAnchored
    | CountDrifted
    | Settled
    | LogNotStamped
    | StepEnded
)
"""What goes on inside a command."""
Event: TypeAlias = Happening | RunStarted | RunEnded
