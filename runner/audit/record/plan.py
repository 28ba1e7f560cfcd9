"""What the log says about the plan besides which one it is: the plan, that it is used, and what was accepted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from runner.audit.record.fields import Fields, shortened
from runner.model.canonical import Json
from runner.model.plan import Plan
from runner.model.sealed import SealedPlan, moment


@dataclass(frozen=True)
class PlanUsed(Fields):
    """Say that the run uses up a sealed plan; on disk before the first call, and looked for by every later run."""

    type: ClassVar[str] = "plan.used"
    nonce: str
    seal_sha256: str
    plan_sha256: str
    created: str
    expires: str
    """Empty for a plan without an end; a time is written as in the plan's file."""
    runner: str
    """The version that made the plan."""

    @classmethod
    def of(cls, sealed: SealedPlan) -> PlanUsed:
        """Return the record for a sealed plan."""
        expires = "" if sealed.expires is None else moment(sealed.expires)
        return cls(sealed.nonce, sealed.seal, sealed.digest, moment(sealed.created), expires, sealed.runner)


@dataclass(frozen=True)
class PlanKept(Fields):
    """Keep the plan whole, with its playbook's text: what a resumption goes on from, and what an auditor reads."""

    type: ClassVar[str] = "plan.kept"
    plan: Mapping[str, Json]
    """The content of the plan's file; when the run was given a playbook, of the file that it would have been."""

    @classmethod
    def of(cls, sealed: SealedPlan) -> PlanKept:
        """Return the record for a plan."""
        return cls(sealed.to_data())


@dataclass(frozen=True)
class UnknownAccepted(Fields):
    """Say that a check could not be decided, and why the reviewers let the plan pass all the same."""

    type: ClassVar[str] = "unknown.accepted"
    step: str
    """Empty for the plan as a whole."""
    check: str
    message: str
    reason: str

    @classmethod
    def all_of(cls, plan: Plan) -> tuple[UnknownAccepted, ...]:
        """Return a record for each finding of a plan that was accepted."""
        return tuple(
            cls(step, finding.check, shortened(finding.message), shortened(finding.accepted))
            for step, finding in plan.accepted
        )
