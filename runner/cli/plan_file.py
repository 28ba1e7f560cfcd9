"""The sealed plan as a file: the user's alone (0600), whole or not there, and read byte for byte."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from runner.audit.directory import write_new
from runner.cli.plain_file import read_file
from runner.errors import UsageError
from runner.model.sealed import MAX_BYTES, SealedPlan, read_sealed
from runner.workflow.loading.units import length_of

LONGEST = timedelta(days=30)
"""How long a sealed plan may be good for."""

_FORMS = frozenset({"json", "text", "markdown"})
_NOT_WRITTEN = "no plan was written; name another file, or make room"


def looks_like_plan(path: str) -> bool:
    """Return whether a file is meant as a sealed plan, by its name or its first character.

    A playbook in YAML may begin with a brace as well; then it has ``version`` and no ``format``, and is a playbook.
    """
    if Path(path).suffix == ".json":
        return True
    beginning = read_file(path, 0)
    return beginning == b"{" and b'"format"' in read_file(path, MAX_BYTES)


def read_plan_file(path: str) -> SealedPlan:
    """Return the sealed plan in a file.

    Raises:
        UsageError: when it cannot be read, or is no sealed plan.
        GuardRefused: when it was changed after it was sealed.
    """
    content = read_file(path, MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise UsageError(
            f"this is no plan: it is larger than {MAX_BYTES:,} bytes",
            on=path,
            hint="name a file that `runner plan -o` wrote",
        )
    return read_sealed(content, path)


def write_plan_file(path: str, sealed: SealedPlan) -> None:
    """Write a sealed plan, in place of an older file of that name.

    Raises:
        UsageError: when it cannot be written; no half of it is left.
    """
    where = Path(path)
    try:
        parent = _directory(where)
        try:
            write_new(where.name, parent, sealed.to_bytes())
        finally:
            os.close(parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def check_place(path: str) -> None:
    """Return when a plan can be written there, as far as can be told before it is made.

    Raises:
        UsageError: when there is no such directory, it may not be written, or a file's name is missing.
    """
    if path in _FORMS:
        raise UsageError(f"-o names the file of the plan, not the form {path}", on=path, hint=f"write --output {path}")
    where = Path(path)
    if not where.name or where.is_dir():
        raise UsageError("this names no file", on=path, hint="name the file that the plan is written to")
    try:
        os.close(_directory(where))
    except OSError as error:
        raise _unwritable(path, error) from error
    if not os.access(where.parent, os.W_OK):
        raise UsageError("this directory may not be written", on=str(where.parent), hint=_NOT_WRITTEN)


def validity(written: str | None, option: str = "--valid-for", longest: timedelta = LONGEST) -> timedelta | None:
    """Return how long a sealed plan, or an approval of one, is good for, from ``24h`` on the command line.

    Raises:
        UsageError: for anything that is no duration, none at all, or a longer one than ``longest``.
    """
    if written is None:
        return None
    found = length_of(written)
    if not found or found > longest:
        most = f"{longest // timedelta(hours=1)}h"
        raise UsageError("this is not a duration", on=f"{option} {written}", hint=f"write 90m or 4h, up to {most}")
    return found


def _directory(where: Path) -> int:
    return os.open(where.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"the plan cannot be written: {error.strerror or error}", on=path, hint=_NOT_WRITTEN)
