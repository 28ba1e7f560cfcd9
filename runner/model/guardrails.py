"""The organisation's floor under every playbook; ``runner.workflow.loading`` makes it from ``guardrails.yaml``.

Where a playbook and the guardrails speak about the same thing, the stricter of the two holds; ``runner.guard.floor``
is the one place that compares them. Nothing in a playbook reaches below the floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from runner.model.notice import NotifyRule
from runner.model.playbook import ProtectRule, Source, StatedLimits, Window

NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Weekly:
    """Open on some days of the week between two times of a zone.

    ``days`` are Monday (0) to Sunday (6). An ``end`` that is not after ``start`` is on the next day; midnight as an
    end is the end of the day.
    """

    days: tuple[int, ...]
    start: time
    end: time
    zone: str
    """A name of the IANA time zone database: ``Asia/Tokyo``."""


ChangeWindow: TypeAlias = "Weekly | Window"


class Required(Enum):
    """Name what guardrails can demand of a playbook, in their own spelling."""

    TICKET = "ticket"
    OWNER = "owner"
    ALIAS = "account.alias"
    VALID = "valid"
    COMMIT = "commit"
    EXPECT = "expect"


@dataclass(frozen=True)
class ApprovalRules:
    """Bound approvals: how many at least, who may give them, and whether an emergency can do without."""

    minimum: int = 0
    """Distinct signers other than the operator."""
    allowed_signers: str = ""
    """The path of the file that `ssh-keygen` checks signatures against; empty when the guardrails name none."""
    break_glass: bool = False
    certificates: bool = False
    """Whether a key may sign by a certificate, of an authority that ``allowed_signers`` lists."""
    revoked_keys: str = ""
    """The path of keys that sign no more; empty when the guardrails name none."""


class AnchorMode(Enum):
    """Say what becomes of a run whose log cannot be anchored, or time-stamped."""

    REQUIRED = "required"
    """Nothing is touched."""
    BEST_EFFORT = "best-effort"
    """It goes on, and the log says so."""


@dataclass(frozen=True)
class AnchorRules:
    """Say where what the log's key signs is kept out of the operator's reach: a bucket with Object Lock."""

    bucket: str
    region: str
    role_arn: str
    """The role that writes there; its account owns the bucket."""
    retain: timedelta
    """How long nobody, the account's root included, can delete or replace an anchor."""
    mode: AnchorMode = AnchorMode.REQUIRED


@dataclass(frozen=True)
class StampRules:
    """Say which time-stamping authority (RFC 3161) says when the log's key signed something."""

    url: str
    roots: str
    """The path of PEM certificates; the chain of every stamp has to end in one of them."""
    mode: AnchorMode = AnchorMode.REQUIRED


@dataclass(frozen=True)
class AuditRules:
    """Bound how the audit log is vouched for."""

    signed: bool = False
    """Whether the operator has to sign how every run begins and ends."""
    anchor: AnchorRules | None = None
    timestamp: StampRules | None = None
    log_group: str = ""
    """The ARN of the CloudWatch log group that gets a copy, to raise alarms by; empty when none does."""


@dataclass(frozen=True)
class OwnershipRules:
    """Bound who counts as another owner of a resource, beside those that are always known.

    ``tags`` are keys that say so, with wildcards. ``override`` says whether a step may go on with a reason.
    """

    tags: tuple[str, ...] = ()
    override: bool = True


@dataclass(frozen=True)
class TerraformState:
    """Hold what a Terraform state manages: identifiers to the address of the resource that has them.

    ``unreadable`` says why nothing is known about it; empty once it was read.
    """

    path: str
    managed: Mapping[str, str] = field(default_factory=lambda: NOBODY)
    unreadable: str = "it was not read"


@dataclass(frozen=True)
class Guardrails:
    """Hold strictly loaded guardrails; without a source there is no floor."""

    source: Source | None = None
    accounts: tuple[str, ...] | None = None
    """Accounts that may be planned for; None when any may."""
    protect: tuple[ProtectRule, ...] = ()
    limits: StatedLimits = field(default_factory=StatedLimits)
    approvals: ApprovalRules = field(default_factory=ApprovalRules)
    windows: tuple[ChangeWindow, ...] = ()
    """One of them has to be open; none when it may be done at any time."""
    freezes: tuple[ChangeWindow, ...] = ()
    """None of them may be open."""
    calendars: tuple[str, ...] = ()
    """SSM Change Calendars, names or ARNs; all have to be open."""
    forbidden_actions: tuple[str, ...] = ()
    require: tuple[Required, ...] = ()
    terraform_states: tuple[TerraformState, ...] = ()
    ownership: OwnershipRules = field(default_factory=OwnershipRules)
    audit: AuditRules = field(default_factory=AuditRules)
    notify: tuple[NotifyRule, ...] = ()
    """Who is told how runs go."""


NO_GUARDRAILS = Guardrails()
"""What holds when no guardrails were found."""
