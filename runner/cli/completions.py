"""What the Tab key offers behind a command: names of actions, and runs of the audit log. Files are the shell's own.

A shell asks while somebody types, so that nothing here fails: what cannot be read offers nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from runner.errors import RunnerError


def action_names(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the actions that begin so, each with what it does."""
    from runner.catalog import ACTIONS  # noqa: PLC0415  # a command that is run needs no completion

    for action in ACTIONS:
        if action.name.startswith(incomplete):
            yield action.name, action.summary


def run_ids(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the runs of the audit log that begin so, the last one first, each with what it was."""
    from runner.audit.location import ledger_directory  # noqa: PLC0415  # same
    from runner.audit.run_summary import runs  # noqa: PLC0415  # same

    try:
        found = runs(ledger_directory(os.environ))
    except (RunnerError, OSError):
        return
    for run in reversed(found):
        if run.run.startswith(incomplete.upper()):
            yield run.run, f"{run.playbook}, {run.started[:10]}"
