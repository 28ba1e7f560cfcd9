"""The statement that a peer signs: this plan, and no other, may be executed until then. Pure.

It is one line of canonical JSON. The bytes that were signed are the bytes that are kept, and reading them gives a value
that has the same bytes again: nothing can stand in a statement that is not looked at.

    {"_type":"runner-approval/1","accounts":["222222222222"],"approver":"bob@acme.example","comment":"",…}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runner.model.canonical import Json, NotCanonical, decode, digest, encode
from runner.model.sealed import SealedPlan
from runner.model.shape import Shape, WrongShape
from runner.model.target_state import state_data

TYPE = "runner-approval/1"
NAMESPACE = "runner-approval-v1@guarded-runner"
"""The SSH signature namespace: a signature for anything else, as git makes them, is none of these."""
LONGEST = timedelta(hours=24)
"""How long an approval may be good; what was looked at yesterday is not what dies today."""
MAX_BYTES = 16 * 1024
MAX_COMMENT = 1000

_APPROVE = "approve"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# What OpenSSH reads as a pattern, a list or a quote is left out.
_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._+:/=-]{0,254}")


class BadStatement(ValueError):
    """Say why bytes are no statement."""


@dataclass(frozen=True)
class Subject:
    """Say what is approved: one sealed plan, in digests and in numbers that a person can compare."""

    seal_sha256: str
    """Of the plan's file; the same plan sealed again has another one."""
    plan_sha256: str
    nonce: str
    """The file's own; the audit log tells by it that the plan was used."""
    playbook_sha256: str
    git_commit: str
    """Empty outside git."""
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    resource_count: int
    """How many targets the plan acts on."""
    resources_sha256: str
    """Of the targets that the plan acts on, each with the trait that tells it from a later one of the same name."""

    @classmethod
    def of(cls, sealed: SealedPlan) -> Subject:
        """Return what an approval of a sealed plan is about."""
        plan = sealed.plan
        found: list[Json] = [
            {
                "account": step.account or plan.account.id,
                "region": step.region,
                "target": step.target,
                "state": state_data(step.state),
            }
            for step in plan.acting
        ]
        return cls(
            seal_sha256=sealed.seal,
            plan_sha256=plan.digest,
            nonce=sealed.nonce,
            playbook_sha256=plan.source.sha256,
            git_commit=plan.source.commit,
            accounts=plan.accounts,
            regions=tuple(sorted({step.region for step in plan.acting})),
            resource_count=len(found),
            resources_sha256=digest(found),
        )

    def to_data(self) -> dict[str, Json]:
        """Return the plain form, a part of the statement's."""
        return {
            "seal_sha256": self.seal_sha256,
            "plan_sha256": self.plan_sha256,
            "nonce": self.nonce,
            "playbook_sha256": self.playbook_sha256,
            "git_commit": self.git_commit,
            "accounts": self.accounts,
            "regions": self.regions,
            "resource_count": self.resource_count,
            "resources_sha256": self.resources_sha256,
        }

    def differences(self, other: Subject) -> tuple[str, ...]:
        """Return the names of what differs."""
        mine, theirs = self.to_data(), other.to_data()
        return tuple(name for name, value in mine.items() if value != theirs[name])


@dataclass(frozen=True)
class Statement:
    """Hold one peer's word on one plan."""

    subject: Subject
    approver: str
    """The principal, as ``allowed_signers`` names it."""
    not_before: datetime
    """UTC, whole seconds; so is ``expires``."""
    expires: datetime
    comment: str = ""

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "_type": TYPE,
            "decision": _APPROVE,
            "approver": self.approver,
            **self.subject.to_data(),
            "not_before": self.not_before.strftime(_TIME),
            "expires": self.expires.strftime(_TIME),
            "comment": self.comment,
        }

    def encoded(self) -> bytes:
        """Return the bytes that are signed: the canonical form and a newline."""
        return encode(self.to_data()) + b"\n"


def read_statement(content: bytes) -> Statement:
    """Read the bytes of a statement.

    Raises:
        BadStatement: when they are none, or not in canonical form.
    """
    if len(content) > MAX_BYTES:
        raise BadStatement(f"it is larger than {MAX_BYTES} bytes")
    try:
        statement = _statement(Shape(decode(content.removesuffix(b"\n")), "statement"))
        known = statement.encoded() == content
    except (WrongShape, NotCanonical) as error:
        raise BadStatement(str(error)) from error
    if not known:
        raise BadStatement("something stands in it that this version does not know")
    return statement


def is_principal(text: str) -> bool:
    """Return whether a text can be the name of one person, and is no pattern."""
    return _PRINCIPAL.fullmatch(text) is not None


def _statement(data: Shape) -> Statement:
    for key, only in (("_type", TYPE), ("decision", _APPROVE)):
        if data.text(key) != only:
            raise data.wrong(key, only)
    if not is_principal(data.text("approver")):
        raise data.wrong("approver", "the name of one person")
    return Statement(
        subject=Subject(
            seal_sha256=data.text("seal_sha256"),
            plan_sha256=data.text("plan_sha256"),
            nonce=data.text("nonce"),
            playbook_sha256=data.text("playbook_sha256"),
            git_commit=data.text("git_commit"),
            accounts=data.texts("accounts"),
            regions=data.texts("regions"),
            resource_count=data.number("resource_count"),
            resources_sha256=data.text("resources_sha256"),
        ),
        approver=data.text("approver"),
        not_before=_time(data, "not_before"),
        expires=_time(data, "expires"),
        comment=data.text("comment"),
    )


def _time(data: Shape, key: str) -> datetime:
    try:
        return datetime.strptime(data.text(key), _TIME).replace(tzinfo=UTC)
    except WrongShape:
        raise
    except ValueError as error:
        raise data.wrong(key, "a time like 2026-12-01T08:00:00Z") from error
