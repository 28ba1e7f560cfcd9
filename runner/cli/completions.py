"""What the Tab key offers behind a command: names of actions, runs of the audit log, playbooks and sealed plans.

A shell asks while somebody types, so that nothing here fails or takes long: what cannot be read offers nothing. Where
nothing is offered, the shell offers its own files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from runner.errors import RunnerError

_DEEP = 3
"""How many directories below what is typed are looked into."""
_MANY = 200
"""Files that are offered at most."""
_PLAYBOOKS = (".yaml", ".yml")
_PLANS = (".json",)


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


def playbook_files(incomplete: str) -> Iterator[str]:
    """Yield the YAML files whose paths begin so, in the directories below too."""
    yield from _files(incomplete, _PLAYBOOKS)


def plan_files(incomplete: str) -> Iterator[str]:
    """Yield the JSON files whose paths begin so, in the directories below too."""
    yield from _files(incomplete, _PLANS)


def reviewed_files(incomplete: str) -> Iterator[str]:
    """Yield what may be applied: playbooks and sealed plans."""
    yield from _files(incomplete, (*_PLAYBOOKS, *_PLANS))


def _files(incomplete: str, endings: tuple[str, ...]) -> Iterator[str]:
    typed, _, begun = incomplete.rpartition("/")
    start = f"{typed}/" if "/" in incomplete else ""
    found = (f"{start}{path}" for path in _below(Path(start or "."), begun, "", _DEEP) if path.endswith(endings))
    yield from (path for _, path in zip(range(_MANY), found, strict=False))


def _below(directory: Path, begun: str, inside: str, depth: int) -> Iterator[str]:
    """Yield the files of a directory that begin so, then those of its directories; the hidden ones only when asked."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    fitting = [entry for entry in entries if entry.name.startswith(begun) and (begun or entry.name[0] != ".")]
    yield from (f"{inside}{entry.name}" for entry in fitting if entry.is_file())
    for entry in fitting:
        if depth and entry.is_dir():
            yield from _below(Path(entry.path), "", f"{inside}{entry.name}/", depth - 1)
