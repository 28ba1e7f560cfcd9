"""What is to be done: the file of a playbook or of a sealed plan (``apply``), or the rest of a run (``resume``)."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from runner.audit.run_progress import interrupted_run
from runner.audit.run_summary import chosen_run
from runner.audit.used_plans import held, locked
from runner.catalog import BY_NAME
from runner.cli.guardrails_file import read_guardrails
from runner.cli.plan_file import looks_like_plan, read_plan_file
from runner.cli.playbook_file import read_playbook
from runner.cli.prompt import GivenConfirmation, TypedConfirmation
from runner.cli.scope_view import show_scope
from runner.model.fleet import Reviewed
from runner.model.guardrails import Guardrails
from runner.model.interrupted import InterruptedRun
from runner.model.plan import Plan
from runner.model.sealed import SealedPlan
from runner.workflow.plan_file import playbook_of, prepare_sealed
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.resume import prepare_rest
from runner.workflow.services import Services


@dataclass(frozen=True)
class Applied:
    """Hold a playbook, and the sealed plan that it was taken from when it was one."""

    playbook: Reviewed
    sealed: SealedPlan | None
    guardrails: Guardrails

    def held(self, ledger: Path) -> AbstractContextManager[None]:
        """Hold a sealed plan for its one run; a playbook can be applied any number of times.

        Entering raises `GuardRefused` when the plan was used, or is being used.
        """
        return nullcontext() if self.sealed is None else held(ledger, self.sealed)

    def services(self, services: Services, confirm: str | None) -> Services:
        """Return the adapters; before a sealed plan is confirmed its scope is shown, because it was read before."""
        if self.sealed is None:
            return services
        show = partial(_show_scope, self.sealed)
        return replace(
            services, confirmer=TypedConfirmation(show) if confirm is None else GivenConfirmation(confirm, show)
        )

    def prepare(self, services: Services) -> Prepared:
        """Return the plan as made now; for a sealed plan it is that plan.

        Raises:
            CredentialsRefused: when no MFA-bearing role session can be had.
            GuardRefused: when a guard says no, or the sealed plan expired or drifted.
        """
        if self.sealed is None:
            return prepare(self.playbook, BY_NAME, services, self.guardrails)
        return prepare_sealed(self.sealed, BY_NAME, services, self.guardrails)


def _show_scope(sealed: SealedPlan, plan: Plan, console: Console) -> None:
    show_scope(plan, sealed, console)


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


@dataclass(frozen=True)
class Rest:
    """Hold a run that ended early, and the playbook that its plan was made from."""

    before: InterruptedRun
    playbook: Reviewed
    guardrails: Guardrails

    def held(self, ledger: Path) -> AbstractContextManager[None]:
        """Hold the run, so that one process goes on from it; entering raises `GuardRefused` when another one does."""
        return locked(ledger, self.before.run, f"run {self.before.run}")

    def services(self, services: Services, confirm: str | None) -> Services:
        """Return the adapters as they are: what is left of a run is a plan that nobody has read yet."""
        del confirm
        return services

    def prepare(self, services: Services) -> Prepared:
        """Return the plan for what is left.

        Raises:
            CredentialsRefused: when no MFA-bearing role session can be had.
            GuardRefused: when a guard says no, or the world is not what the run left.
        """
        return prepare_rest(self.before, BY_NAME, services, self.guardrails)


def read_rest(ledger: Path, run: str, guardrails: str | None) -> Rest:
    """Return what is left of a run; ``run`` is its id, the beginning of it, or empty for the last one.

    Raises:
        UsageError: when there is no such run, or nothing to go on from.
        InvalidPlaybook: with every problem of the guardrails.
        GuardRefused: when its plan was changed.
    """
    before = interrupted_run(ledger, chosen_run(ledger, run))
    floor = read_guardrails(guardrails, os.environ, before.plan.plan.source.path, BY_NAME)
    return Rest(before, playbook_of(before.plan, BY_NAME), floor)
