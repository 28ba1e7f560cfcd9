"""``ledger.json`` says which format a ledger has; a format that this version does not know is left alone."""

from __future__ import annotations

import json
import os

from runner.audit.directory import open_to_read, write_new
from runner.audit.tail import Damaged
from runner.errors import LogUnwritable
from runner.model.canonical import encode

FORMAT = "runner-ledger/1"
NAME = "ledger.json"


def keep_format(root: int, now: str) -> None:
    """Write the format into an open ledger directory when nothing says it yet, and refuse another one.

    Raises:
        Damaged: when the file cannot be understood.
        LogUnwritable: when the ledger has another format.
        OSError: when the file cannot be read or written.
    """
    try:
        descriptor = open_to_read(NAME, root)
    except FileNotFoundError:
        write_new(NAME, root, encode({"format": FORMAT, "created": now}) + b"\n")
        return
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(4096)
    try:
        found = json.loads(content)["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{NAME} cannot be read") from error
    if found != FORMAT:
        what = f"this version writes {FORMAT}, and the ledger is {found!r}"
        raise LogUnwritable(what, on=NAME, hint="use the version of runner that made it, or a newer one")
