"""The reviewed playbook as a value; ``runner.workflow.loading`` makes it from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from runner.model.generic_call import GenericCall
from runner.model.session import Assume


@dataclass(frozen=True)
class Account:
    """Pin the account: a 12-digit id, and the alias when the reviewers gave one."""

    id: str
    alias: str | None = None


NO_COUNTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Limits:
    """Bound the blast radius; the defaults apply when the playbook is silent."""

    steps: int = 20
    objects: int = 100_000
    """Children that sweeps delete, over the whole plan."""
    size: int = 100 * 1024**3
    """Bytes that sweeps delete, over the whole plan; ``bytes`` in the playbook."""
    cascade: int = 0
    """What dies although no step names it, over the whole plan."""
    share: int = 50
    """Percent of all resources of a kind that may go; counted where the action can list them all."""
    drift: int = 0
    """By how many children a count right before a step may differ from the plan's, for each step."""
    actions: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
    """Steps of one action, by its name."""


@dataclass(frozen=True)
class StatedLimits:
    """Hold the limits that a file states; None where it is silent. The fields are those of `Limits`."""

    steps: int | None = None
    objects: int | None = None
    size: int | None = None
    cascade: int | None = None
    share: int | None = None
    drift: int | None = None
    actions: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)


@dataclass(frozen=True)
class ProtectedArn:
    """Protect whatever has an ARN that fits a pattern: ``arn:aws:s3:::*-tfstate``."""

    pattern: str


@dataclass(frozen=True)
class ProtectedTags:
    """Protect whatever has all of these tags; a value may hold wildcards, and case makes no difference."""

    tags: Mapping[str, str]


ProtectRule: TypeAlias = "ProtectedArn | ProtectedTags"


@dataclass(frozen=True)
class Window:
    """Bound the time in which the playbook may run; UTC, either end may be open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Expectation:
    """Hold what the reviewers believe about a target; a different world refuses the step.

    ``tags`` must be present with these values, ``versioning`` must be the state, and a sweep must find at most
    ``max_objects`` children. ``pin`` is the trait that tells the target from a later one of the same name.
    """

    tags: Mapping[str, str]
    versioning: str | None = None
    max_objects: int | None = None
    pin: str | None = None


NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
NO_COPIES: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True)
class Wait:
    """Let time pass between the end of an earlier step and this one."""

    after: str
    """The id of the step that has to be done."""
    seconds: int


@dataclass(frozen=True)
class Step:
    """Hold one reviewed step; ``line`` is where it stands in the playbook (from 1)."""

    id: str
    action: str
    target: Mapping[str, str]
    needs: tuple[str, ...]
    region: str
    expect: Expectation
    irreversible: str | None
    mfa_protected: bool
    line: int
    override: Mapping[str, str] = field(default_factory=lambda: NO_OVERRIDES)
    """Rules that the reviewers overrule for this step, each with its reason."""
    unprotect: tuple[str, ...] = ()
    """The target's protection flags that are switched off for the deletion, by AWS's names."""
    keep: Mapping[str, str | None] = field(default_factory=lambda: NO_COPIES)
    """How the target's last copies are called; None drops the copy, what is absent is called as the action does."""
    wait: Wait | None = None
    unless_used_within: timedelta | None = None
    """The step is refused when the target was used in so much time before the plan."""
    call: GenericCall | None = None
    """What an ``aws.call`` step says about its operation."""


@dataclass(frozen=True)
class Source:
    """Say which bytes the playbook came from, for the plan and the log.

    ``commit`` is the git commit of the work tree, empty outside one; ``dirty`` says the file differs from that commit.
    """

    path: str
    sha256: str
    commit: str = ""
    remote: str = ""
    dirty: bool = False


@dataclass(frozen=True)
class Acceptance:
    """Name a check that need not be decided, and the reviewers' reason."""

    check: str
    reason: str


@dataclass(frozen=True)
class Playbook:
    """Hold a strictly loaded playbook."""

    name: str
    description: str
    owner: str
    ticket: str
    account: Account
    region: str
    role_arn: str
    max_age: timedelta
    """How old the MFA proof may be when a step starts."""
    valid: Window
    limits: Limits
    steps: tuple[Step, ...]
    """In dependency order: every step after all it needs, otherwise as written."""
    source: Source
    via: tuple[str, ...] = ()
    """Roles that are assumed one after the other before ``role_arn``; empty for one hop."""
    assume: Assume = field(default_factory=Assume)
    protect: tuple[ProtectRule, ...] = ()
    """What no step may touch, whatever the steps say."""
    calendars: tuple[str, ...] = ()
    """SSM Change Calendars, names or ARNs; all have to be open."""
    accept_unknown: tuple[Acceptance, ...] = ()
    text: str = field(default="", repr=False)
    """What the file says, to the letter; ``source.sha256`` is its digest."""

    approvals: int = 0
    """How many people besides the operator have to approve the plan."""

    @property
    def partition(self) -> str:
        """The AWS partition, from the role's ARN."""
        return self.role_arn.split(":", 2)[1]
