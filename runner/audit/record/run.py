"""What the log says about a run and its steps. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Literal

from runner.audit.record.fields import Fields, shortened
from runner.audit.redaction import redact_remote
from runner.errors import ExitCode
from runner.model.bound import BoundCall, BoundSweep, PlannedCall
from runner.model.canonical import Json
from runner.model.figures import Figures
from runner.model.outcome import (
    AlreadyGone,
    Gone,
    NotAttempted,
    Quarantined,
    Restored,
    Scheduled,
    StepResult,
    StillThere,
    counts,
    state,
)
from runner.model.plan import Census, Plan


@dataclass(frozen=True)
class RunOpened(Fields):
    """Say which reviewed plan is about to be executed, on what, and what the operator typed to confirm it."""

    type: ClassVar[str] = "run.open"
    plan_sha256: str
    playbook: str
    playbook_path: str
    playbook_sha256: str
    git_commit: str
    git_remote: str
    git_dirty: bool
    account: str
    account_alias: str
    role_arn: str
    confirmation: str
    """The phrase that was typed; empty when the plan had nothing to do."""
    targets: tuple[str, ...]
    guardrails_path: str = ""
    """The organisation's guardrails; empty when there were none."""
    guardrails_sha256: str = ""
    overrides: tuple[str, ...] = ()
    """What the reviewers overruled: ``step: rule: reason``."""
    calls: int = 0
    """How many calls the plan is expected to send; room for their records is reserved."""
    resume_of: str = ""
    """The run that this one continues."""
    accounts: tuple[str, ...] = ()
    """The accounts of a plan for several; ``account`` and ``role_arn`` are empty then."""

    @classmethod
    def of(cls, plan: Plan, confirmation: str, resume_of: str = "") -> RunOpened:
        """Return the record for a plan."""
        return cls(
            plan_sha256=plan.digest,
            playbook=plan.name,
            playbook_path=plan.source.path,
            playbook_sha256=plan.source.sha256,
            git_commit=plan.source.commit,
            git_remote=redact_remote(plan.source.remote),
            git_dirty=plan.source.dirty,
            account=plan.account.id,
            account_alias=plan.account.alias or "",
            role_arn=plan.role_arn,
            confirmation=confirmation,
            targets=tuple(step.target for step in plan.steps),
            guardrails_path="" if plan.guardrails is None else plan.guardrails.path,
            guardrails_sha256="" if plan.guardrails is None else plan.guardrails.sha256,
            overrides=tuple(
                f"{step.id}: {rule}: {reason}" for step in plan.steps for rule, reason in step.override.items()
            ),
            calls=sum(_expected(call, step.census) for step in plan.acting for call in step.calls),
            resume_of=resume_of,
            accounts=plan.accounts if plan.sections else (),
        )

    def to_data(self) -> dict[str, Json]:
        """Return the record's own fields; what there is none of has no word."""
        data = super().to_data()
        return {
            name: value
            for name, value in data.items()
            if value or not name.startswith(("guardrails_", "overrides", "accounts"))
        }


@dataclass(frozen=True)
class StepOpened(Fields):
    """Say that a step begins."""

    type: ClassVar[str] = "step.open"
    step: str
    action: str
    target: str


@dataclass(frozen=True)
class SeenGone(Fields):
    """Say what the last look at a step's target saw, and how many looks it took."""

    type: ClassVar[str] = "check.gone"
    step: str
    target: str
    verdict: Literal["gone", "scheduled", "quarantined", "restored", "present", "unknown"]
    method: str = ""
    """The read that looked: ``s3:HeadBucket``."""
    request_id: str = ""
    polls: int = 1


@dataclass(frozen=True)
class CopySeen(Fields):
    """Say whether a copy that is kept of a step's target was seen there, whole."""

    type: ClassVar[str] = "check.kept"
    step: str
    key: str
    """What kind of copy it is, by its key under ``keep``: ``final_snapshot``."""
    name: str
    verdict: Literal["kept", "unknown"]
    method: str = ""
    request_id: str = ""
    polls: int = 1


@dataclass(frozen=True)
class StepClosed(Fields):
    """Say how a step ended, in the words of ``runner.model.outcome.state``."""

    type: ClassVar[str] = "step.close"
    step: str
    action: str
    target: str
    state: str
    children: int = 0
    """How many children were deleted."""
    why: str = ""
    until: datetime | None = None
    """When AWS will delete a scheduled target."""
    figures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Of a deletion in bulk: how much, how long, and what stood in the way."""

    def to_data(self) -> dict[str, Json]:
        """Return the record's own fields; without a deletion in bulk there is no word about one."""
        data = super().to_data()
        if not self.figures:
            del data["figures"]
        return data

    @classmethod
    def of(cls, result: StepResult, figures: Figures | None = None) -> StepClosed:
        """Return the record for a step's result."""
        children, why, until = 0, "", None
        match result.outcome:
            case Gone():
                children = result.outcome.children
            case StillThere():
                children, why = result.outcome.children, result.outcome.why
            case Scheduled():
                until = result.outcome.until
            case Quarantined():
                why = result.outcome.seen
            case Restored():
                pass
            case AlreadyGone() | NotAttempted():
                why = result.outcome.why
        why = shortened(why)
        counted = MappingProxyType({} if figures is None else asdict(figures))
        return cls(result.step, result.action, result.target, state(result.outcome), children, why, until, counted)


@dataclass(frozen=True)
class RunClosed(Fields):
    """Say how the run ended."""

    type: ClassVar[str] = "run.close"
    counts: Mapping[str, int]
    """How many steps ended in each state."""
    status: str
    exit_code: int
    in_doubt: tuple[int, ...] = ()
    """The intents whose call was never answered, by their number in the log."""

    @classmethod
    def of(cls, results: tuple[StepResult, ...], code: ExitCode, in_doubt: tuple[int, ...] = ()) -> RunClosed:
        """Return the record for a run's results."""
        return cls(counts(results), code.name.lower().replace("_", " "), int(code), in_doubt)


def _expected(call: PlannedCall, census: Census | None) -> int:
    """Return how many requests a planned call becomes."""
    match call:
        case BoundCall():
            return int(call.is_write)
        case BoundSweep():
            children = 0 if census is None else census.children
            return math.ceil(children / call.batch_size)
