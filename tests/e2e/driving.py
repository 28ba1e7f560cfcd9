"""How end-to-end tests start commands: the AWS CLI beside ours, and ours inside this process where nothing is lost."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from unittest import mock

import typer.main

from runner.cli import main
from tests.conftest import Ended, Lab

_command = functools.cache(typer.main.get_command)
"""Makes the tree of commands once for all tests of a process; Typer makes it anew for every run, which is slow."""


def aws(lab: Lab, *args: str, code: str = "", env: Mapping[str, str | None] | None = None) -> Ended:
    """Run the AWS CLI; it has no terminal to ask at, so that it reads the code from stdin."""
    ended = subprocess.run(
        ("aws", *args),
        input=code,
        env=lab.environment(PYTHONWARNINGS="ignore", **(env or {})),
        cwd=lab.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def here(lab: Lab, *args: str, code: str | None = None, env: Mapping[str, str | None] | None = None) -> Ended:
    """Run ``runner`` in this process, five times as fast as `Lab.run` and otherwise the same."""
    given = (*args, "--mfa-code-stdin") if code is not None else args
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, lab.environment(**(env or {})), clear=True),
        mock.patch.object(sys, "argv", ["runner", *given]),
        mock.patch.object(typer.main, "get_command", _command),
        mock.patch.object(sys, "stdin", io.StringIO(code or "")),
        contextlib.chdir(lab.directory),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        ended = main._run()
    return Ended(ended, out.getvalue(), err.getvalue())


def phrase(lab: Lab, playbook: os.PathLike[str]) -> str:
    """Return the phrase of the plan as it is now."""
    planned = here(lab, "plan", str(playbook), "--output", "json", code=lab.sandbox.code())
    assert planned.code == 0, planned.err
    confirm: str = planned.data["confirm"]
    return confirm


def apply(lab: Lab, playbook: os.PathLike[str], *args: str, env: Mapping[str, str | None] | None = None) -> Ended:
    """Plan, and apply with the plan's phrase, both in this process."""
    confirm = phrase(lab, playbook)
    return here(lab, "apply", str(playbook), "--confirm", confirm, *args, code=lab.sandbox.code(), env=env)
