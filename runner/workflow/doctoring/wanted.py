"""What the doctor is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from runner.model.guardrails import NO_GUARDRAILS, Guardrails
from runner.model.playbook import Playbook
from runner.workflow.binding import BoundStep

USUAL_AGE = timedelta(minutes=15)
"""How old the MFA proof may be where no playbook says: the default of ``mfa.max_age``."""


@dataclass(frozen=True)
class Wanted:
    """Hold what is looked at beyond the operator's own set-up.

    ``playbook`` is as reviewed, with the limits and calendars of the ``guardrails``.
    ``bound`` are the playbook's steps. ``role_arn`` is empty when nobody named a role, except perhaps the operator's
    profile. ``ask_code`` is False when no code may be asked for; ``code_given`` says that it comes on stdin.
    """

    playbook: Playbook | None = None
    guardrails: Guardrails = NO_GUARDRAILS
    bound: tuple[BoundStep, ...] = ()
    role_arn: str = ""
    ask_code: bool = True
    code_given: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The texts that name the role, the account and the targets."""
        if self.playbook is None:
            return (self.role_arn,)
        alias = self.playbook.account.alias or ""
        steps = (
            name for step in self.bound for name in (step.step.id, step.target, *map(str, step.step.target.values()))
        )
        return (self.playbook.role_arn, *self.playbook.via, self.playbook.name, alias, *steps)

    @property
    def max_age(self) -> timedelta:
        """How old the MFA proof may be."""
        return USUAL_AGE if self.playbook is None else self.playbook.max_age
