"""Where the audit log lives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.errors import UsageError

VARIABLE = "RUNNER_LEDGER"


def ledger_directory(environ: Mapping[str, str]) -> Path:
    """Return the ledger's directory; one ledger holds all runs of a host.

    ``RUNNER_LEDGER`` when set, else ``$XDG_STATE_HOME/runner/ledger``, else ``~/.local/state/runner/ledger``. A
    relative ``XDG_STATE_HOME`` is ignored, as the XDG Base Directory Specification demands.

    Raises:
        UsageError: when ``RUNNER_LEDGER`` is relative, or nothing says where the home directory is.
    """
    named = environ.get(VARIABLE, "")
    if named:
        if not Path(named).is_absolute():
            hint = "begin it with /: otherwise there would be another log in each directory"
            raise UsageError(f"{VARIABLE} is not an absolute path", on=named, hint=hint)
        return Path(named)
    state = Path(environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        home = Path(environ.get("HOME", ""))
        if not home.is_absolute():
            raise UsageError("there is no place for the audit log: HOME is not set", hint=f"set {VARIABLE}")
        state = home / ".local" / "state"
    return state / "runner" / "ledger"
