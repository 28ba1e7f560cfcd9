"""Admit a sealed plan: as many peers as it needs approved it, and none of them is the operator.

Asked as soon as it is known who the operator is, and before an MFA code is spent. What is decided here is written into
the audit log with the bytes that prove it (``runner.workflow.journal``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.errors import GuardRefused, NotApproved
from runner.guard.allowed_signers import Signer
from runner.guard.approval_gate import Accepted, Offered, Refused, Rules, count_people, judge, knows_operator
from runner.guard.approval_statement import Subject
from runner.model.ports import Signatures
from runner.model.sealed import SealedPlan


@dataclass(frozen=True)
class SignersList:
    """Hold whose keys count, and where that was read."""

    origin: str
    """A path, or what git calls it: ``origin/main:.runner/allowed_signers at <commit>``."""
    sha256: str
    signers: tuple[Signer, ...]
    editable: str = ""
    """How the operator could have written it; empty when that cannot be seen."""
    authorities: bool = False
    """Whether certificates count."""


@dataclass(frozen=True)
class Approvals:
    """Hold what is needed, and what was found, to execute one plan."""

    needed: int
    signers: SignersList | None
    """None when nothing says whose keys count."""
    offered: tuple[Offered, ...]
    place: str
    """Where approvals are looked for, for the reader of a refusal."""
    used: frozenset[str]
    broken_glass: str = ""
    """Why the operator goes on without approvals; empty otherwise."""


@dataclass(frozen=True)
class Admitted:
    """Say by whose approval, or for which reason without one, a plan is executed."""

    needed: int = 0
    accepted: tuple[Accepted, ...] = ()
    signers: SignersList | None = None
    broken_glass: str = ""


def admit(sealed: SealedPlan, approvals: Approvals, operator: str, now: datetime, signatures: Signatures) -> Admitted:
    """Return on whose approval the plan may be executed by an operator, an IAM user's ARN.

    Raises:
        GuardRefused: when it cannot be told who may approve, or who of them the operator is.
        NotApproved: when fewer people than needed approved it, with what is wrong with each approval.
    """
    if not approvals.needed:
        return Admitted()
    if approvals.broken_glass:
        return Admitted(approvals.needed, (), approvals.signers, approvals.broken_glass)
    listed = _listed(approvals, operator)
    rules = Rules(listed.signers, listed.authorities, operator, now, approvals.used)
    subject = Subject.of(sealed)
    judged = tuple(judge(one, subject, rules, signatures.verify) for one in approvals.offered)
    accepted = tuple(one for one in judged if isinstance(one, Accepted))
    found = count_people(accepted, listed.signers)
    if found < approvals.needed:
        raise NotApproved(
            f"the plan needs the approval of {_people(approvals.needed)}, and has that of {found or 'nobody'}",
            findings=tuple(_finding(one) for one in judged),
            on=approvals.place,
            hint="have peers run `runner approve` on this plan file; approvals that share a person or a key count once",
        )
    return Admitted(approvals.needed, accepted, listed)


def _listed(approvals: Approvals, operator: str) -> SignersList:
    if approvals.signers is None:
        raise GuardRefused(
            "the plan needs approvals, and nothing says whose keys count",
            on=approvals.place,
            hint="have the guardrails name allowed_signers, or name the file with --allowed-signers",
        )
    if not knows_operator(operator, approvals.signers.signers):
        raise GuardRefused(
            f"{approvals.signers.origin} does not say which names and keys are the operator's",
            on=operator,
            hint="have the ARN added to the operator's own line: otherwise somebody could approve their own plan",
        )
    return approvals.signers


def _finding(judged: Accepted | Refused) -> str:
    match judged:
        case Accepted():
            return f"{judged.offered.name}: counts: {judged.statement.approver}, {judged.fingerprint}"
        case Refused(name, why, hint):
            return f"{name}: {why}" + (f" ({hint})" if hint else "")


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"
