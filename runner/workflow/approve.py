"""``runner approve``: a peer reads a sealed plan and signs that it may be executed. Nothing here talks to AWS.

1. Refuse a plan that cannot be applied any more. 2. Write the statement: this file, this long. 3. Have the phrase
typed. 4. Sign. 5. Judge the approval as ``runner apply`` will, as far as that is known here: one that would not count
is refused now, and not when the operator needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from runner.errors import NotApproved, UsageError
from runner.guard.approval_gate import Accepted, Offered, Refused, Rules, judge
from runner.guard.approval_statement import LONGEST, MAX_COMMENT, NAMESPACE, Statement, Subject, is_principal
from runner.guard.confirmation import approval_phrase
from runner.guard.ssh_key import Unreadable
from runner.guard.ssh_signature import read_signature
from runner.model.canonical import Json
from runner.model.ports import Clock, Signatures, Signer
from runner.model.sealed import SealedPlan
from runner.workflow.approvals import SignersList
from runner.workflow.plan_file import refuse_expired


@dataclass(frozen=True)
class Wish:
    """Say who approves, for how long, and why."""

    approver: str
    good_for: timedelta
    comment: str = ""


@dataclass(frozen=True)
class Approval:
    """Hold a signed statement; ``checked`` is False when nobody said here whose keys count."""

    statement: Statement
    offered: Offered
    fingerprint: str
    checked: bool

    def to_data(self, files: tuple[str, ...]) -> dict[str, Json]:
        """Return the plain form that ``--output json`` prints; ``files`` are where it was kept."""
        return {
            "format": "runner-approved/1",
            "statement": self.statement.to_data(),
            "fingerprint": self.fingerprint,
            "checked": self.checked,
            "files": files,
        }


def approve(
    sealed: SealedPlan,
    wish: Wish,
    confirm: Callable[[str], None],
    signer: Signer,
    clock: Clock,
    signatures: Signatures,
    signers: SignersList | None,
) -> Approval:
    """Return the signed approval of a sealed plan.

    Raises:
        UsageError: when the name or the comment cannot stand in a statement.
        GuardRefused: when the plan expired.
        NotApproved: when the phrase was not typed, the key did not sign, or the approval would not count.
    """
    refuse_expired(sealed, clock.now())  # 1
    statement = _statement(sealed, wish, clock)  # 2
    confirm(approval_phrase(sealed))  # 3
    signature = signer.sign(statement.encoded(), NAMESPACE)  # 4
    offered = Offered(wish.approver, statement.encoded(), signature)
    if signers is None:
        return Approval(statement, offered, _fingerprint(signature), checked=False)
    rules = Rules(signers.signers, signers.authorities, "", clock.now(), frozenset())
    match judge(offered, statement.subject, rules, signatures.verify):  # 5
        case Accepted() as accepted:
            return Approval(statement, offered, accepted.fingerprint, checked=True)
        case Refused(_, why, hint):
            raise NotApproved(f"this approval would not count, so it was not kept: {why}", on=wish.approver, hint=hint)


def _statement(sealed: SealedPlan, wish: Wish, clock: Clock) -> Statement:
    if not is_principal(wish.approver):
        raise UsageError(
            f"{wish.approver!r} is not the name of one person",
            on="--as",
            hint="write the name that allowed_signers has for your key, like bob@acme.example",
        )
    if len(wish.comment) > MAX_COMMENT:
        raise UsageError(f"the comment is longer than {MAX_COMMENT} characters", on="--comment", hint="shorten it")
    begins = clock.now().replace(microsecond=0)
    ends = [begins + min(wish.good_for, LONGEST), *([sealed.expires] if sealed.expires else [])]
    return Statement(Subject.of(sealed), wish.approver, begins, min(ends), wish.comment)


def _fingerprint(signature: bytes) -> str:
    try:
        return read_signature(signature).key.fingerprint
    except Unreadable as error:
        hint = "sign with another key; `ssh -V` says which OpenSSH it is"
        raise NotApproved(f"ssh-keygen made no signature that can be read: {error}", hint=hint) from error
