"""What the log says about who acts: ids only, never a key, token or code. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from runner.audit.record.fields import Fields
from runner.model.session import RoleSession, UserSession


@dataclass(frozen=True)
class MfaSession(Fields):
    """Say who gave an MFA code, with which device and when, in AWS's words."""

    type: ClassVar[str] = "mfa.session"
    caller_arn: str
    account: str
    access_key: str
    """The session's access key id (``ASIA…``), which CloudTrail's events carry too."""
    mfa_serial: str
    issued_at: datetime | None
    expires_at: datetime
    sts_request_id: str
    role_session_name: str = ""

    @classmethod
    def of(cls, session: UserSession, role_session_name: str = "") -> MfaSession:
        """Return the record for a user session."""
        return cls(
            caller_arn=session.caller.arn,
            account=session.caller.account,
            access_key=session.credentials.access_key,
            mfa_serial=session.serial,
            issued_at=session.issued,
            expires_at=session.expires,
            sts_request_id=session.request_id,
            role_session_name=role_session_name,
        )


@dataclass(frozen=True)
class Proof(Fields):
    """Say that AWS let a read through which the guard session allows only with MFA."""

    type: ClassVar[str] = "mfa.proof"
    role_session: str
    """The assumed-role ARN."""
    request_id: str
    operation: str = ""


@dataclass(frozen=True)
class RoleAssumed(Fields):
    """Say under which role session a step acts; its access key id is the one CloudTrail shows for the step's calls."""

    type: ClassVar[str] = "role.session"
    step: str
    role_arn: str
    session_arn: str
    access_key: str
    issued_at: datetime
    expires_at: datetime
    sts_request_id: str

    @classmethod
    def of(cls, step: str, session: RoleSession) -> RoleAssumed:
        """Return the record for a step's role session."""
        return cls(
            step=step,
            role_arn=session.role_arn,
            session_arn=session.arn,
            access_key=session.credentials.access_key,
            issued_at=session.issued,
            expires_at=session.expires,
            sts_request_id=session.request_id,
        )
