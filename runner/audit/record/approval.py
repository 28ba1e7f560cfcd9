"""What the log says about peers' approvals: who gave them, and the bytes that prove it to anybody later. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from runner.audit.record.fields import Fields
from runner.guard.approval_gate import Accepted


@dataclass(frozen=True)
class ApprovalsNeeded(Fields):
    """Say how many people's approval the run needed, and by which list they were judged.

    The list is named by its digest: whoever keeps it can judge the approvals again.
    """

    type: ClassVar[str] = "approvals.needed"
    needed: int
    allowed_signers: str = ""
    """Where it was read: a path, or what git calls it, with the commit."""
    allowed_signers_sha256: str = ""
    editable: str = ""
    """How the operator could have written the list; empty when that could not be seen."""


@dataclass(frozen=True)
class ApprovalAccepted(Fields):
    """Say who approved the plan: ``ssh-keygen -Y verify`` holds ``signature`` against ``statement`` and ``signers``."""

    type: ClassVar[str] = "approval.accepted"
    approver: str
    fingerprint: str
    """Of the key that signed, as ``ssh-keygen -l`` prints it."""
    method: str
    nonce: str
    """The plan file's."""
    seal_sha256: str
    expires: datetime
    statement_sha256: str
    signature_sha256: str
    statement: str
    signature: str
    signers: str
    """The lines of ``allowed_signers`` that let this key speak for the approver."""

    @classmethod
    def of(cls, accepted: Accepted) -> ApprovalAccepted:
        """Return the record for an approval that counted."""
        subject = accepted.statement.subject
        return cls(
            approver=accepted.statement.approver,
            fingerprint=accepted.fingerprint,
            method=accepted.method,
            nonce=subject.nonce,
            seal_sha256=subject.seal_sha256,
            expires=accepted.statement.expires,
            statement_sha256=accepted.statement_sha256,
            signature_sha256=accepted.signature_sha256,
            statement=accepted.offered.statement.decode("utf-8"),
            signature=accepted.offered.signature.decode("ascii"),
            signers=accepted.lines,
        )


@dataclass(frozen=True)
class GlassBroken(Fields):
    """Say that the run went on without the approvals that it needed, and why; guardrails had to allow that."""

    type: ClassVar[str] = "glass.broken"
    reason: str
    needed: int
    given: int
    """How many people had approved."""
    operator: str
    """The ARN of the IAM user who took it upon himself."""
