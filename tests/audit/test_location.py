"""Where the audit log lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.audit.location import ledger_directory
from runner.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"RUNNER_LEDGER": "/srv/ledger", "XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/srv/ledger"),
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/runner/ledger"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state/runner/ledger"),
        ({"RUNNER_LEDGER": "", "XDG_STATE_HOME": "", "HOME": "/home/a"}, "/home/a/.local/state/runner/ledger"),
    ],
)
def test_the_first_that_is_set_wins(environ: dict[str, str], expected: str) -> None:
    """``RUNNER_LEDGER``, then an absolute ``XDG_STATE_HOME``, then the home directory."""
    assert Path(expected) == ledger_directory(environ)


@pytest.mark.parametrize("environ", [{"RUNNER_LEDGER": "ledger", "HOME": "/home/a"}, {}, {"HOME": "home"}])
def test_a_place_that_depends_on_the_working_directory_is_refused(environ: dict[str, str]) -> None:
    """A relative path would make a log per directory."""
    with pytest.raises(UsageError):
        ledger_directory(environ)
