"""What ``runner apply`` was given: the file of a playbook, or of a sealed plan."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from runner.audit.used_plans import held
from runner.catalog import BY_NAME
from runner.cli.plan_file import looks_like_plan, read_plan_file
from runner.cli.playbook_file import read_playbook
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
            return prepare(self.playbook, BY_NAME, services)
        return prepare_sealed(self.sealed, BY_NAME, services)


def read_applied(path: str) -> Applied:
    """Return what a file holds.

    Raises:
        UsageError: when it cannot be read.
        InvalidPlaybook: with every problem of a playbook.
        GuardRefused: when a sealed plan was changed.
    """
    if not looks_like_plan(path):
        return Applied(read_playbook(path, BY_NAME), None)
    sealed = read_plan_file(path)
    return Applied(playbook_of(sealed, BY_NAME), sealed)
