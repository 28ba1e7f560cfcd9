"""Admit a plan: as many peers as it needs approved it, and none of them is the operator.

Asked as soon as it is known who the operator is, and before an MFA code is spent; looked at again when the question to
the operator was answered, because an approval may have expired meanwhile. What is decided here is written into the
audit log with the bytes that prove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.errors import GuardRefused, NotApproved
from runner.guard.allowed_signers import Signer
from runner.guard.approval_gate import Accepted, Judged, Offered, Refused, Rules, count_people, judge, knows_operator
from runner.guard.approval_people import people as in_words
from runner.guard.approval_statement import Subject
from runner.model.canonical import Json
from runner.model.event import PlanAdmitted
from runner.model.plan import Plan
from runner.model.ports import Clock, Operator, Signatures, Watcher
from runner.model.sealed import SealedPlan
from runner.model.session import Identity

_ASK = "have peers run `runner approve` on this plan file; approvals that share a person or a key count once"


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
    sealed: SealedPlan | None
    """None for a playbook that was not sealed, which nobody can approve."""
    signers: SignersList | None
    """None when nothing says whose keys count."""
    offered: tuple[Offered, ...]
    place: str
    """Where approvals are looked for, for the reader of a refusal."""
    used: frozenset[str]
    """Digests of the statements that the audit log tells of."""
    broken_glass: str = ""
    """Why the operator goes on without approvals; empty otherwise."""


@dataclass(frozen=True)
class Admitted:
    """Say by whose approval, or for which reason without one, an operator may execute a plan."""

    operator: str = ""
    """The ARN of the IAM user."""
    needed: int = 0
    accepted: tuple[Accepted, ...] = ()
    people: int = 0
    """How many people gave them."""
    signers: SignersList | None = None
    broken_glass: str = ""


class AdmittedOperator:
    """Find the operator, and let nobody through whose plan is not approved (port `Operator`)."""

    def __init__(
        self, operator: Operator, approvals: Approvals, signatures: Signatures, clock: Clock, watcher: Watcher
    ) -> None:
        self._operator = operator
        self._approvals = approvals
        self._signatures = signatures
        self._clock = clock
        self._watcher = watcher
        self.admitted = Admitted()
        """What was decided, once somebody asked who the operator is."""

    def identity(self) -> Identity:
        """Return the operator's identity; the approvals are judged the first time.

        Raises:
            GuardRefused: when it cannot be told who may approve, or who of them the operator is.
            NotApproved: when fewer people than needed approved the plan, with what is wrong with each approval.
            CredentialsRefused: when there is no identity.
        """
        identity = self._operator.identity()
        if self.admitted.operator != identity.caller.arn:
            self.admitted = admit(self._approvals, identity.caller.arn, self._clock.now(), self._signatures)
            names = tuple(one.statement.approver for one in self.admitted.accepted)
            self._watcher.see(PlanAdmitted(self.admitted.needed, names, self.admitted.broken_glass))
        return identity


def admit(approvals: Approvals, operator: str, now: datetime, signatures: Signatures) -> Admitted:
    """Return on whose approval an operator, an IAM user's ARN, may execute the plan.

    Raises:
        GuardRefused: when it cannot be told who may approve, or who of them the operator is.
        NotApproved: when fewer people than needed approved it, with what is wrong with each approval.
    """
    if not approvals.needed:
        return Admitted(operator)
    if not approvals.broken_glass:
        _refuse_unknown(approvals, operator)
    judged = _judged(approvals, operator, now, signatures)
    accepted = tuple(one for one in judged if isinstance(one, Accepted))
    people = 0 if approvals.signers is None else count_people(accepted, approvals.signers.signers)
    if people < approvals.needed and not approvals.broken_glass:
        raise NotApproved(
            f"the plan needs the approval of {in_words(approvals.needed)}, and has that of {in_words(people)}",
            findings=tuple(_finding(one) for one in judged),
            on=approvals.place,
            hint=_ASK,
        )
    return Admitted(operator, approvals.needed, accepted, people, approvals.signers, approvals.broken_glass)


@dataclass(frozen=True)
class Review:
    """Say who approved a plan, for those who wait for it; ``operator`` is empty when nobody said who will apply it."""

    sealed: SealedPlan
    operator: str
    judged: tuple[Judged, ...]
    people: int

    @property
    def enough(self) -> bool:
        """Whether the plan needs no more."""
        return self.people >= self.sealed.plan.approvals

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": "runner-approvals/1",
            "seal_sha256": self.sealed.seal,
            "needed": self.sealed.plan.approvals,
            "people": self.people,
            "enough": self.enough,
            "operator": self.operator,
            "approvals": [_judged_data(one) for one in self.judged],
        }


def review(  # each is another source
    sealed: SealedPlan,
    signers: SignersList,
    offered: tuple[Offered, ...],
    operator: str | None,
    now: datetime,
    signatures: Signatures,
) -> Review:
    """Return what there is of approvals, without the audit log, which may be another host's."""
    rules = Rules(signers.signers, signers.authorities, operator or "", now, frozenset())
    subject = Subject.of(sealed)
    judged = tuple(judge(one, subject, rules, signatures.verify) for one in offered)
    accepted = tuple(one for one in judged if isinstance(one, Accepted))
    return Review(sealed, operator or "", judged, count_people(accepted, signers.signers))


def refuse_unapproved(plan: Plan, admitted: Admitted, operator: str, now: datetime) -> None:
    """Return when this operator may execute this plan now.

    Raises:
        GuardRefused: when somebody else was admitted.
        NotApproved: when the plan needs more approvals than were judged, or one of them expired.
    """
    if not plan.approvals:
        return
    if admitted.operator != operator:
        raise GuardRefused(
            f"the approvals were judged for {admitted.operator or 'nobody'}, and {operator} is about to act",
            on=plan.source.path,
            hint="start again as one person",
        )
    if admitted.broken_glass:
        return
    live = tuple(one for one in admitted.accepted if now < one.statement.expires)
    people = 0 if admitted.signers is None else count_people(live, admitted.signers.signers)
    if people < plan.approvals:
        raise NotApproved(
            f"the plan needs the approval of {in_words(plan.approvals)}, and that of {in_words(people)} is still good",
            on=plan.source.path,
            hint=_ASK,
        )


def _refuse_unknown(approvals: Approvals, operator: str) -> None:
    """Return when it can be told who may approve what, and that the operator is none of them."""
    if approvals.sealed is None:
        raise NotApproved(
            f"this playbook needs the approval of {in_words(approvals.needed)}, and only a sealed plan can be approved",
            on=approvals.place,
            hint="`runner plan PLAYBOOK -o plan.json`, have peers run `runner approve plan.json`, and apply plan.json",
        )
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


def _judged(approvals: Approvals, operator: str, now: datetime, signatures: Signatures) -> tuple[Judged, ...]:
    """Judge every approval; none, when it cannot be told who may approve, or who of them the operator is."""
    signers = approvals.signers
    if approvals.sealed is None or signers is None or not knows_operator(operator, signers.signers):
        return ()
    rules = Rules(signers.signers, signers.authorities, operator, now, approvals.used)
    subject = Subject.of(approvals.sealed)
    return tuple(judge(one, subject, rules, signatures.verify) for one in approvals.offered)


def _judged_data(judged: Judged) -> Json:
    match judged:
        case Accepted(statement, offered, fingerprint):
            ends = statement.to_data()["expires"]
            found: dict[str, Json] = {"approver": statement.approver, "fingerprint": fingerprint, "expires": ends}
            return {"file": offered.name, "counts": True, **found, "comment": statement.comment}
        case Refused(name, why, hint):
            return {"file": name, "counts": False, "why": why, "hint": hint}


def _finding(judged: Judged) -> str:
    match judged:
        case Accepted():
            return f"{judged.offered.name}: counts: {judged.statement.approver}, {judged.fingerprint}"
        case Refused(name, why, hint):
            return f"{name}: {why}" + (f" ({hint})" if hint else "")
