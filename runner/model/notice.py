"""What an organisation wants to be told of, and where; the guardrails say so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Moment(Enum):
    """Name what can be told, in the guardrails' own spelling."""

    WAITING = "waiting"
    """A plan was sealed that needs approvals."""
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class NotifyRule:
    """Hold one place to tell: a webhook or an SNS topic, one of the two.

    ``webhook`` is a URL, or ``env:NAME`` for one that is itself a secret. ``topic`` is an ARN.
    """

    webhook: str = ""
    topic: str = ""
    moments: tuple[Moment, ...] = tuple(Moment)

    @property
    def place(self) -> str:
        """Where it is told, for messages; of a URL only the host, because the rest may be a secret."""
        return self.topic or (self.webhook if self.webhook.startswith("env:") else self.webhook.split("/")[2])
