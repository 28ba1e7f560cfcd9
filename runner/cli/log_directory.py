"""Which audit log is meant: the option that names it, and where it is without one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

LogDirectory = Annotated[
    Path | None, typer.Option("--log", help="The log's directory; default: RUNNER_LEDGER, else the user's own.")
]


def log_directory(given: Path | None = None) -> Path:
    """Return the log's directory.

    Raises:
        UsageError: when nothing says where it is.
    """
    from runner.audit.location import ledger_directory  # noqa: PLC0415  # `--help` pays for nothing

    return given if given is not None else ledger_directory(os.environ)
