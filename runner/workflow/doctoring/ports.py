"""What the doctor needs from outside beyond `Services`, one small Protocol each; ``runner.cli`` puts them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runner.guard.diagnosis_machine import Place
from runner.guard.diagnosis_network import Knock
from runner.guard.diagnosis_setup import FilesSeen, KeysSeen, Owner, RegionSeen
from runner.model.session import (
    Credentials,
    LongTermIdentity,
    RoleRequest,
    RoleSession,
    Secret,
    UserSession,
)
from runner.workflow.services import Services


class Setup(Protocol):
    """Look at the operator's AWS set-up, each part by itself."""

    def files(self) -> FilesSeen:
        """Read both AWS files.

        Raises:
            CredentialsRefused: when one is there and cannot be read or parsed.
        """
        ...

    def region(self) -> RegionSeen:
        """Return the region whose endpoints are asked when no playbook names one."""
        ...

    def keys(self) -> KeysSeen:
        """Return which keys win.

        Raises:
            CredentialsRefused: when there are none, or of a kind that cannot carry MFA.
        """
        ...

    def owner(self, region: str) -> Owner:
        """Return whose key it is.

        Raises:
            CredentialsRefused: when AWS does not take the key.
        """
        ...

    def knock(self, region: str) -> Knock:
        """Send STS an unsigned request and return what came back.

        Raises:
            AwsCallFailed: when there was no answer.
        """
        ...

    def devices(self, key: Credentials, region: str) -> tuple[str, ...]:
        """Return the serials of the MFA devices of the user whose key it is.

        Raises:
            AwsCallFailed: when AWS does not say.
        """
        ...


class Machine(Protocol):
    """Look at this machine; nothing is made or changed."""

    def command(self, name: str) -> str:
        """Return the path of a command that can be run; empty when there is none."""
        ...

    def log_place(self) -> Place:
        """Return what stands where the audit log goes.

        Raises:
            UsageError: when nothing says where that is.
        """
        ...


class ProbeSts(Protocol):
    """Make sessions in ways that the product never goes, to show what AWS answers."""

    def role_session_with_code(self, identity: LongTermIdentity, code: Secret, request: RoleRequest) -> RoleSession:
        """Give the code to ``sts:AssumeRole``, once.

        Raises:
            CredentialsRefused: when AWS refuses; `CodeRefused` when another code may help.
        """
        ...

    def role_session_unchecked(self, user: UserSession, request: RoleRequest) -> RoleSession:
        """Call ``sts:AssumeRole`` with the duration as it is.

        Raises:
            CredentialsRefused: when AWS refuses.
        """
        ...

    def user_session_without_code(self, identity: LongTermIdentity) -> UserSession:
        """Call ``sts:GetSessionToken`` without a code.

        Raises:
            CredentialsRefused: when AWS refuses.
        """
        ...


@dataclass(frozen=True)
class Instruments:
    """Hold what the doctor looks with; what talks to AWS is made for a region, which has to be found first."""

    setup: Setup
    machine: Machine
    services: Callable[[str], Services]
    probe: Callable[[str], ProbeSts]
    now: Callable[[], datetime]
    """The time, UTC and aware."""
