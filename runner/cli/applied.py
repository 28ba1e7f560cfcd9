"""What ``runner apply`` was given: the file of a playbook, or of a sealed plan."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from runner.audit.used_plans import held
from runner.catalog import BY_NAME
from runner.cli.guardrails_file import read_guardrails
from runner.cli.plan_file import looks_like_plan, read_plan_file
from runner.cli.playbook_file import read_playbook
from runner.model.guardrails import Guardrails
from runner.model.playbook import Playbook
from runner.model.sealed import SealedPlan
from runner.workflow.plan_file import playbook_of, prepare_sealed
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.services import Services


@dataclass(frozen=True)
class Applied:
    """Hold a playbook, and the sealed plan that it was taken from when it was one."""

    playbook: Playbook
    sealed: SealedPlan | None
    guardrails: Guardrails

    def held(self, ledger: Path) -> AbstractContextManager[None]:
        """Hold a sealed plan for its one run; a playbook can be applied any number of times.

        Entering raises `GuardRefused` when the plan was used, or is being used.
        """
        return nullcontext() if self.sealed is None else held(ledger, self.sealed)

    def prepare(self, services: Services) -> Prepared:
        """Return the plan as made now; for a sealed plan it is that plan.

        Raises:
            CredentialsRefused: when no MFA-bearing role session can be had.
            GuardRefused: when a guard says no, or the sealed plan expired or drifted.
        """
        if self.sealed is None:
            return prepare(self.playbook, BY_NAME, services, self.guardrails)
        return prepare_sealed(self.sealed, BY_NAME, services, self.guardrails)


def read_applied(path: str, guardrails: str | None = None) -> Applied:
    """Return what a file holds, under the guardrails that are named or stand above it.

    Raises:
        UsageError: when it cannot be read.
        InvalidPlaybook: with every problem of a playbook, or of the guardrails.
        GuardRefused: when a sealed plan was changed.
    """
    floor = read_guardrails(guardrails, os.environ, path, BY_NAME)
    if not looks_like_plan(path):
        return Applied(read_playbook(path, BY_NAME), None, floor)
    sealed = read_plan_file(path)
    return Applied(playbook_of(sealed, BY_NAME), sealed, floor)
