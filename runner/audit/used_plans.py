"""A sealed plan is good for one run: held by one process at a time, and used as soon as its run stands in the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runner.audit.claims import claimed
from runner.audit.directory import open_root
from runner.audit.unwritable import writing
from runner.audit.used import used_in
from runner.errors import GuardRefused
from runner.model.sealed import SealedPlan


@contextmanager
def held(directory: Path, plan: SealedPlan) -> Iterator[None]:
    """Hold a sealed plan that no run has used, for the run that may use it; ``directory`` is the ledger's.

    1. Lock it: a process that is killed lets go by itself. 2. Look for a run of it in the log, which nobody else can
    add meanwhile. Its use is recorded by `PlanUsed`; a run that ends before that, at the confirmation say, uses up
    nothing. Another host has a ledger of its own and knows nothing of this one's runs.

    Raises:
        GuardRefused: when another process holds it, or a run used it.
        LogUnwritable: when the lock cannot be made.
        UsageError: when the log cannot be read.
    """
    with locked(directory, plan.nonce, plan.file):  # 1
        refuse_used(directory, plan)  # 2
        yield


@contextmanager
def locked(directory: Path, name: str, on: str) -> Iterator[None]:
    """Let one process at a time work on what the name stands for; ``on`` says what that is.

    Raises:
        GuardRefused: when another process does.
        LogUnwritable: when the lock cannot be made.
    """
    with ExitStack() as stack:
        with writing(str(directory)):
            root = open_root(directory)
            stack.callback(os.close, root)
            try:
                stack.enter_context(claimed(root, (f"plan {name}",), f"process {os.getpid()}"))
            except GuardRefused as error:
                hint = "wait until it has ended; `runner audit list` says how"
                raise GuardRefused("another run holds this plan right now", on=on, hint=hint) from error
        yield


def refuse_used(directory: Path, plan: SealedPlan) -> None:
    """Return when no run in the log used the plan.

    Raises:
        GuardRefused: else, with the run.
        UsageError: when the log cannot be read.
    """
    found = used_in(directory).plans.get(plan.nonce)
    if found is not None:
        run, when = found
        raise GuardRefused(
            f"this plan was used on {when[:16].replace('T', ' ')} UTC by run {run}, and a plan is good for one run",
            on=plan.file,
            hint=f"`runner audit show {run}` says what it did, `runner resume {run}` does the rest; or plan again",
        )
