"""What the audit log says: one frozen value per record type. Pure.

A run begins with `RunOpened`, with `PlanUsed` when its plan was sealed and `UnknownAccepted` for what could not be
decided; then it says who acts (`MfaSession`, `Proof`). Each step stands between `StepOpened` and `StepClosed`, under
its own `RoleAssumed`; each call is written twice, `CallIntent` before it is sent and `CallOutcome` after; `SeenGone` is
the look that a step called gone must have had, `CopySeen` the look at a copy that is kept. The run ends with
`RunClosed`.

The ledger (``runner.audit.log``) adds the fields that all records share, keeps large fields outside the line, and
writes `Recovered` and `Reserved` itself.
"""

from __future__ import annotations

from runner.audit.record.approval import ApprovalAccepted, ApprovalsNeeded, GlassBroken
from runner.audit.record.call import CallIntent, CallOutcome, HandedOut, intent_tag
from runner.audit.record.plan import PlanKept, PlanUsed, UnknownAccepted
from runner.audit.record.run import CopySeen, RunClosed, RunOpened, SeenGone, StepClosed, StepOpened
from runner.audit.record.session import MfaSession, Proof, RoleAssumed
from runner.audit.record.upkeep import Anchored, CheckpointSigned, Recovered, Reserved, Stamped, Torn

__all__ = [
    "Anchored",
    "ApprovalAccepted",
    "ApprovalsNeeded",
    "CallIntent",
    "CallOutcome",
    "CheckpointSigned",
    "CopySeen",
    "GlassBroken",
    "HandedOut",
    "MfaSession",
    "PlanKept",
    "PlanUsed",
    "Proof",
    "Recovered",
    "Reserved",
    "RoleAssumed",
    "RunClosed",
    "RunOpened",
    "SeenGone",
    "Stamped",
    "StepClosed",
    "StepOpened",
    "Torn",
    "UnknownAccepted",
    "intent_tag",
]
