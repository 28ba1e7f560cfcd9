"""``ledger.json`` says which format a ledger has and what it is called; a format that is not known is left alone.

The name stands in every checkpoint, and no two ledgers share one, so that nobody can show one for the other.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from runner.audit.directory import open_to_read, write_new
from runner.audit.tail import Damaged
from runner.errors import LogUnwritable, UsageError
from runner.model.canonical import encode

FORMAT = "runner-ledger/1"
NAME = "ledger.json"
_ORIGIN = re.compile(r"guarded-runner/[0-9a-f]{16}")


def keep_format(root: int, now: str) -> str:
    """Return the ledger's name; write format and name into an open directory when nothing says them yet.

    Raises:
        Damaged: when the file cannot be understood.
        LogUnwritable: when the ledger has another format.
        OSError: when the file cannot be read or written.
    """
    try:
        descriptor = open_to_read(NAME, root)
    except FileNotFoundError:
        origin = f"guarded-runner/{os.urandom(8).hex()}"
        write_new(NAME, root, encode({"format": FORMAT, "created": now, "origin": origin}) + b"\n")
        return origin
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(4096)
    try:
        data = json.loads(content)
        found = data["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{NAME} cannot be read") from error
    if found != FORMAT:
        what = f"this version writes {FORMAT}, and the ledger is {found!r}"
        raise LogUnwritable(what, on=NAME, hint="use the version of runner that made it, or a newer one")
    return _origin(data)


def read_origin(directory: Path) -> str:
    """Return the name of a ledger; empty when nothing says it.

    Raises:
        UsageError: when ``ledger.json`` is there and cannot be read.
    """
    try:
        with os.fdopen(open_to_read(directory / NAME), "rb") as file:
            return _origin(json.loads(file.read(4096)))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{NAME} cannot be read: {error}", on=str(directory), hint="restore it from a copy") from error


def _origin(data: dict[str, object]) -> str:
    found = data.get("origin")
    if isinstance(found, str) and _ORIGIN.fullmatch(found):
        return found
    raise Damaged(f"{NAME} does not say what the ledger is called")
