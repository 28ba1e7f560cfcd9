"""Judge approvals again, from what the log holds: statement, signature, the plan, and who carried it out.

The rules are the ones that let the run begin (``runner.guard.approval_gate``), at the time when it began: the statement
is about the run's own plan, was good then, was used by no run before, is signed, and not by the operator; and as many
people approved as the plan needed, unless glass was broken. The keys are those of the auditor's list; without one,
those of the lines that the log holds, of which the log says only by its digest which list they stood in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from runner.audit.blob import BadBlob, BlobReader
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.line import number, text
from runner.audit.record import ApprovalAccepted, ApprovalsNeeded, GlassBroken, MfaSession, PlanKept, RunOpened
from runner.audit.signatories import Signatories, moment
from runner.errors import GuardRefused, UsageError
from runner.guard.allowed_signers import BadSigners, Signer, read_signers
from runner.guard.approval_gate import Accepted, Offered, Refused, Rules, count_people, judge
from runner.guard.approval_people import people as in_words
from runner.guard.approval_statement import Subject
from runner.model.canonical import Json, encode
from runner.model.sealed import SealedPlan, read_sealed

WATCHED = frozenset(
    kind.type for kind in (RunOpened, PlanKept, ApprovalsNeeded, ApprovalAccepted, GlassBroken, MfaSession)
)
"""The records that are of interest here."""


@dataclass
class _Run:
    """Hold what a run says about its plan and its approvals, until it says who acts."""

    place: Place
    at: datetime
    resumes: bool
    plan_sha256: str
    """Of the plan that it executes."""
    plan: Mapping[str, Json] = field(default_factory=dict)
    needed: int = 0
    glass: bool = False
    approvals: list[tuple[Mapping[str, Json], Place]] = field(default_factory=list)

    def take(self, kind: str, data: Mapping[str, Json], place: Place) -> None:
        """Take note of a record of the run."""
        match kind:
            case PlanKept.type:
                self.plan = data
            case ApprovalsNeeded.type:
                self.needed = number(data, "needed")
            case GlassBroken.type:
                self.glass = True
            case ApprovalAccepted.type:
                self.approvals.append((data, place))
            case _:
                pass


class ApprovalCheck:
    """Take records one after the other and add what does not hold to ``flaws``."""

    def __init__(self, blob: BlobReader, people: Signatories, flaws: list[Flaw], warnings: list[Flaw]) -> None:
        self.count = 0
        """How many approvals hold."""
        self._blob = blob
        self._people = people
        self._flaws = flaws
        self._warnings = warnings
        self._runs: dict[str, _Run] = {}
        self._used: set[str] = set()

    def take(self, data: Mapping[str, Json], place: Place) -> None:
        """Take note of a record; a run's approvals are judged when it says who carries the plan out."""
        name, kind = text(data, "run"), text(data, "type")
        if kind == RunOpened.type:
            resumes, digest = bool(text(data, "resume_of")), text(data, "plan_sha256")
            self._runs[name] = _Run(place, moment(text(data, "ts")), resumes, digest)
            return
        run = self._runs.get(name)
        if run is None:
            return
        if kind != MfaSession.type:
            run.take(kind, data, place)
            return
        del self._runs[name]
        # A run that goes on from another one acts on the approvals that were judged there.
        if not run.resumes:
            self._judge(run, text(data, "caller_arn"))

    def _judge(self, run: _Run, operator: str) -> None:
        sealed = self._sealed(run)
        if sealed is None:
            return
        listed: list[Signer] = list(self._people.listed or ())
        accepted: list[Accepted] = []
        for data, place in run.approvals:
            signers = self._signers(data, place)
            listed.extend(() if self._people.listed is not None else signers)
            name, signature = text(data, "approver"), text(data, "signature").encode()
            rules = Rules(signers, authorities=True, operator=operator, now=run.at, used=frozenset(self._used))
            offered = Offered(name, text(data, "statement").encode(), signature)
            match judge(offered, Subject.of(sealed), rules, self._people.verify):
                case Refused(_, why):
                    self._flaw(place, f"the approval of {name} does not hold: {why}")
                case Accepted() as one:
                    accepted.append(one)
        self._used |= {one.statement_sha256 for one in accepted}
        self.count += len(accepted)
        people, needed = count_people(tuple(accepted), tuple(listed)), max(run.needed, sealed.plan.approvals)
        if people < needed and not run.glass:
            had = f"the plan needed the approval of {in_words(needed)}, and the log holds that of {in_words(people)}"
            self._flaw(run.place, had)

    def _signers(self, data: Mapping[str, Json], place: Place) -> tuple[Signer, ...]:
        if self._people.listed is not None:
            return self._people.listed
        try:
            return read_signers(text(data, "signers").encode())
        except BadSigners as error:
            self._flaw(place, f"the lines that list the approver's key cannot be read: {error}")
            return ()

    def _sealed(self, run: _Run) -> SealedPlan | None:
        """Return the plan that the run executed; None when nobody can tell, which is said."""
        if not run.plan:
            return None
        digest = text(run.plan, "plan_sha256")
        try:
            content = self._blob(digest) if digest else encode(run.plan.get("plan"))
            sealed = read_sealed(content + b"\n", "the run's plan")
        except BadBlob:
            return None  # which is a flaw of the record that names it
        except UsageError as error:
            self._warnings.append(Flaw(Kind.NOT_JUDGED, run.place, f"its approvals cannot be judged: {error}"))
            return None
        except GuardRefused as error:
            self._flaw(run.place, str(error))
            return None
        if sealed.digest != run.plan_sha256:
            self._flaw(run.place, "the plan that the log keeps is not the one that was executed")
        return sealed

    def _flaw(self, place: Place, message: str) -> None:
        self._flaws.append(Flaw(Kind.NOT_APPROVED, place, message))
