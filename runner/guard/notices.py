"""What is told of a plan or a run. Pure: names, counts and digests, never a secret, a tag or a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.errors import ExitCode
from runner.model.canonical import Json
from runner.model.notice import Moment
from runner.model.plan import Plan

FORMAT = "runner-notice/1"
SUBJECT = 100
"""Characters of an SNS subject. Source: SNS API reference, Publish: ASCII, no line breaks, less than 100 long."""
_LOUD = {Moment.WAITING: "waits for approval", Moment.STARTED: "started", Moment.DONE: "done", Moment.FAILED: "failed"}


@dataclass(frozen=True)
class Notice:
    """Hold one thing to tell; ``run`` is empty before there is one, ``why`` when there is nothing to explain."""

    moment: Moment
    plan: Plan
    who: str
    """The ARN of the operator."""
    run: str = ""
    counts: Mapping[str, int] | None = None
    """How many steps ended in each state."""
    code: ExitCode | None = None
    why: str = ""

    @property
    def subject(self) -> str:
        """Return it in a line of printable ASCII."""
        line = f"runner {_LOUD[self.moment]}: {self.plan.name} in {', '.join(self.plan.accounts)}"
        plain = "".join(character if " " <= character <= "~" else "?" for character in line)
        return plain[: SUBJECT - 1]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": FORMAT,
            "moment": self.moment.value,
            "text": self.subject,
            "plan": self.plan.name,
            "plan_sha256": self.plan.digest,
            "accounts": self.plan.accounts,
            "owner": self.plan.owner,
            "ticket": self.plan.ticket,
            "steps": len(self.plan.acting),
            "approvals": self.plan.approvals,
            "who": self.who,
            "run": self.run,
            "counts": None if self.counts is None else dict(self.counts),
            "exit_code": None if self.code is None else int(self.code),
            "why": self.why,
        }
