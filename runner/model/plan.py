"""The plan as a value with a digest: what was shown is what is executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from runner.model.action import Recovery
from runner.model.bound import PlannedCall, writes_of
from runner.model.call import Effect
from runner.model.canonical import Json, digest
from runner.model.fleet import OnFailure
from runner.model.playbook import NO_OVERRIDES, Account, Limits, Source, Wait
from runner.model.section import Section, limits_data, place_of
from runner.model.target_state import Exists, TargetState, state_data
from runner.model.verdict import Verdict

FORMAT = "runner-plan/1"


@dataclass(frozen=True)
class Census:
    """Count what a step's sweeps will delete; ``kinds`` splits it: ``{"Versions": 12, "DeleteMarkers": 3}``.

    ``complete`` is False when counting stopped because a limit was already exceeded.
    """

    children: int
    size: int
    """Bytes."""
    kinds: Mapping[str, int]
    complete: bool = True
    classes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many versions each storage class holds, where that is known."""
    newest: str = ""
    """When the newest version was written, ISO 8601; empty where that is not known."""


@dataclass(frozen=True)
class Cascade:
    """List what dies with a step's target although no step names it.

    ``complete`` is False when listing stopped because a limit was already exceeded.
    """

    what: str
    """What they are called, in the plural."""
    members: tuple[str, ...]
    """Their ARNs, or their names where they have none; sorted."""
    complete: bool = True


@dataclass(frozen=True)
class Finding:
    """Say why a step, or the whole plan, is refused, or what a reader should notice.

    ``blocks`` is False for notes. ``check`` is the name of the rule: ``object_lock_is_off``. ``unknown`` says that the
    rule could not be decided; ``accepted`` is the reviewers' reason to go on all the same, and only an unknown has one.
    ``said`` are AWS's own words besides the message; they may differ at each call, so what is accepted goes without.
    """

    check: str
    message: str
    hint: str = ""
    blocks: bool = True
    unknown: bool = False
    accepted: str = ""
    said: str = ""

    @property
    def told(self) -> str:
        """The message with AWS's own words."""
        return f"{self.message}: {self.said}" if self.said else self.message

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "check": self.check,
            "message": self.message,
            "hint": self.hint,
            "blocks": self.blocks,
            "unknown": self.unknown,
            "accepted": self.accepted,
            "said": self.said,
        }


@dataclass(frozen=True)
class PlannedStep:
    """Hold one step with everything that was found out about it."""

    id: str
    action: str
    summary: str
    target: str
    """The target's ARN."""
    params: Mapping[str, str]
    region: str
    needs: tuple[str, ...]
    recovery: Recovery
    irreversible: str | None
    mfa_protected: bool
    state: TargetState
    facts: Mapping[str, str]
    """Fact name to the SHA-256 of what was read."""
    census: Census | None
    calls: tuple[PlannedCall, ...]
    verdict: Verdict | None
    """None when there is nothing to do."""
    findings: tuple[Finding, ...]
    undo: str = ""
    """How it is undone, in a sentence; empty when it cannot be."""
    undo_days: int | None = None
    """For how many days after the deletion; None when that has no end, or there is no undoing."""
    evidence: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    """What ``facts`` are digests of, so that a difference can be shown; the digest covers it through them."""
    cascade: tuple[Cascade, ...] = ()
    override: Mapping[str, str] = field(default_factory=lambda: NO_OVERRIDES)
    """Rules that the reviewers overrule for this step, each with its reason."""
    wait: Wait | None = None
    """The time that has to pass after an earlier step's end."""

    account: str = ""
    """The account's id, in a plan for several accounts."""

    @property
    def acts(self) -> bool:
        """Whether the step has something to do."""
        return isinstance(self.state, Exists)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form: what the digest covers; a step that waits for nothing has no word about it.

        The account stands there in a plan for several.
        """
        waits: dict[str, Json] = {"account": self.account} if self.account else {}
        if self.wait is not None:
            waits["wait"] = {"after": self.wait.after, "seconds": self.wait.seconds}
        return {
            **waits,
            "id": self.id,
            "action": self.action,
            "summary": self.summary,
            "target": self.target,
            "params": dict(self.params),
            "region": self.region,
            "needs": self.needs,
            "recovery": self.recovery.value,
            "undo": {"how": self.undo, "days": self.undo_days},
            "irreversible": self.irreversible,
            "mfa_protected": self.mfa_protected,
            "state": state_data(self.state),
            "facts": dict(self.facts),
            "census": None if self.census is None else _census_data(self.census),
            "cascade": [_cascade_data(cascade) for cascade in self.cascade],
            "override": dict(self.override),
            "calls": [call.to_data() for call in self.calls],
            "verdict": None if self.verdict is None else self.verdict.to_data(),
            "findings": [finding.to_data() for finding in self.findings],
        }


@dataclass(frozen=True)
class Plan:
    """Hold everything that a reviewer approves and that apply executes.

    Times and request ids are left out on purpose: the same world gives the same digest, so a confirmation phrase from
    `runner plan` is still good for `runner apply` as long as nothing changed.
    """

    name: str
    description: str
    owner: str
    ticket: str
    account: Account
    region: str
    role_arn: str
    via: tuple[str, ...]
    limits: Limits
    source: Source
    steps: tuple[PlannedStep, ...]
    findings: tuple[Finding, ...]
    """Findings about the plan as a whole."""
    guardrails: Source | None = None
    """Where the organisation's guardrails came from; None when there were none."""
    approvals: int = 0
    """How many people besides the operator have to approve it."""
    sections: tuple[Section, ...] = ()
    """The accounts of a plan for several; ``account``, ``region`` and ``role_arn`` are empty then."""
    on_failure: OnFailure = OnFailure.STOP

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ids of its accounts."""
        return tuple(section.account.id for section in self.sections) or (self.account.id,)

    @property
    def place(self) -> str:
        """Where it acts, in words: the account with its alias, or how many there are."""
        if not self.sections:
            return place_of(self.account)
        return "1 account" if len(self.sections) == 1 else f"{len(self.sections)} accounts"

    @property
    def acting(self) -> tuple[PlannedStep, ...]:
        """The steps that have something to do."""
        return tuple(step for step in self.steps if step.acts)

    @property
    def restores(self) -> bool:
        """Whether all it does is to take deletions back."""
        effects = {call.effect for step in self.acting for call in writes_of(step.calls)}
        return effects == {Effect.RESTORE}

    @property
    def blocking(self) -> tuple[tuple[str, Finding], ...]:
        """Every finding that refuses the plan, with the step's id (empty for the whole plan)."""
        return tuple((step, finding) for step, finding in self.every_finding if finding.blocks)

    @property
    def accepted(self) -> tuple[tuple[str, Finding], ...]:
        """Every finding that the reviewers accepted although it could not be decided, with the step's id."""
        return tuple((step, finding) for step, finding in self.every_finding if finding.accepted)

    @property
    def every_finding(self) -> tuple[tuple[str, Finding], ...]:
        """Every finding with the step's id, empty for the plan as a whole."""
        whole = tuple(("", finding) for finding in self.findings)
        return whole + tuple((step.id, finding) for step in self.steps for finding in step.findings)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form: what the digest covers."""
        return {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "owner": self.owner,
            "ticket": self.ticket,
            **self._where(),
            "limits": limits_data(self.limits),
            "playbook": {"sha256": self.source.sha256},
            "guardrails": None if self.guardrails is None else {"sha256": self.guardrails.sha256},
            "approvals": self.approvals,
            "steps": [step.to_data() for step in self.steps],
            "findings": [finding.to_data() for finding in self.findings],
        }

    def _where(self) -> dict[str, Json]:
        if self.sections:
            sections: list[Json] = [section.to_data() for section in self.sections]
            return {"sections": sections, "on_failure": self.on_failure.value}
        return {
            "account": {"id": self.account.id, "alias": self.account.alias},
            "region": self.region,
            "role_arn": self.role_arn,
            "via": self.via,
        }

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical plan, as 64 hexadecimal digits."""
        return digest(self.to_data())


def _census_data(census: Census) -> dict[str, Json]:
    return {
        "children": census.children,
        "bytes": census.size,
        "kinds": dict(census.kinds),
        "complete": census.complete,
        **({"classes": dict(census.classes)} if census.classes else {}),
        **({"newest": census.newest} if census.newest else {}),
    }


def _cascade_data(cascade: Cascade) -> dict[str, Json]:
    return {"what": cascade.what, "members": cascade.members, "complete": cascade.complete}
