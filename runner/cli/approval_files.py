"""Approvals as files beside the plan: ``plan.json.approvals/bob@acme.example.json``, and ``.sig`` with the signature.

They hold no secret and are passed on from people to people, so anybody may read them (0644, in a directory of 0755).
A file's name is for people; who approved stands in the statement.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from runner.audit.directory import write_new
from runner.cli.plain_file import read_file
from runner.errors import UsageError
from runner.guard.approval_gate import Offered
from runner.guard.approval_statement import MAX_BYTES

FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
MOST = 100
"""How many approvals of one plan are looked at."""


def approvals_place(plan: str, given: str | None) -> Path:
    """Return the directory of a plan's approvals: the one that was given, or the one beside the plan."""
    return Path(given) if given is not None else Path(f"{plan}.approvals")


def read_approvals(place: Path) -> tuple[Offered, ...]:
    """Return the approvals in a directory, in the order of their names; none when there is no such directory.

    Raises:
        UsageError: when something in it cannot be read, or when it holds too many.
    """
    try:
        names = sorted(entry.name for entry in place.iterdir() if entry.suffix == ".json")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(
            f"the approvals cannot be read: {error.strerror or error}",
            on=str(place),
            hint="name the directory with --approvals",
        ) from error
    if len(names) > MOST:
        hint = "leave only the approvals of this plan there"
        raise UsageError(f"it holds {len(names)} approvals, at most {MOST} are looked at", on=str(place), hint=hint)
    return tuple(_offered(place / name) for name in names)


def write_approval(place: Path, approval: Offered) -> tuple[Path, Path]:
    """Write an approval in place of an older one of the same person, and return its two files.

    Raises:
        UsageError: when it cannot be written; no half of a file is left.
    """
    statement = place / f"{quote(approval.name, safe='@+')}.json"
    signature = statement.with_name(f"{statement.name.removesuffix('.json')}.sig")
    try:
        if not place.is_dir():
            place.mkdir()
            place.chmod(DIRECTORY_MODE)
        directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            write_new(statement.name, directory, approval.statement, FILE_MODE)
            write_new(signature.name, directory, approval.signature, FILE_MODE)
        finally:
            os.close(directory)
    except OSError as error:
        raise UsageError(
            f"the approval cannot be written: {error.strerror or error}",
            on=str(place),
            hint="name another directory with --approvals, and hand its files to the operator",
        ) from error
    return statement, signature


def _offered(statement: Path) -> Offered:
    signature = statement.with_name(f"{statement.name.removesuffix('.json')}.sig")
    signed = read_file(str(signature), MAX_BYTES) if os.path.lexists(signature) else b""
    return Offered(statement.name, read_file(str(statement), MAX_BYTES), signed)
