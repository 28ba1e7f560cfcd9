"""The command line as such: help, version, usage errors, exit codes, and readers that go away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from runner import __version__
from runner.cli.main import app
from tests.conftest import Lab
from tests.e2e.driving import here
from tests.forking import RUNNER

HEAVY = ("boto3", "botocore", "ministack", "yaml", "runner.aws", "runner.sandbox.lifecycle")


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group."""
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*words, name))


@pytest.mark.parametrize("command", tuple(commands(get_command(app))), ids=" ".join)
def test_help(lab: Lab, command: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself on stdout and exits 0."""
    ended = here(lab, *command, "--help")

    assert ended.code == 0, ended.err
    assert "Usage: runner" in ended.out
    assert ended.err == ""
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("question", ["--version", "--help"])
def test_questions_about_itself_are_answered_at_once(lab: Lab, question: str) -> None:
    """No command, and neither the AWS SDK nor the sandbox nor the YAML loader, is loaded for them."""
    ended = subprocess.run(
        (sys.executable, "-X", "importtime", *RUNNER[1:], question),
        env=lab.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0
    assert question == "--help" or ended.stdout == f"runner {__version__}\n"
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "runner.cli.main" in loaded
    assert not [name for name in loaded if name.startswith(HEAVY) or name.endswith(("_command", "_commands"))]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("aply", "x.yaml"), "aply"),
        (("apply",), "PLAYBOOK"),
        (("apply", "x.yaml", "--yes"), "--yes"),
        (("apply", "x.yaml", "--mfa-code", "123456"), "--mfa-code"),
        (("plan", "x.yaml", "--confirm", "delete"), "--confirm"),
        (("plan", "x.yaml", "--output", "xml"), "xml"),
        (("apply", "x.yaml", "y.yaml"), "y.yaml"),
        (("audit", "shw"), "shw"),
        (("sandbox", "run"), "COMMAND"),
        (("sandbox", "start", "--port", "99999"), "--port"),
        (("audit", "show", "--log", "/nowhere"), "/nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(lab: Lab, words: tuple[str, ...], named: str) -> None:
    """A wrong command, option or value is named on stderr, with exit code 2."""
    ended = here(lab, *words)

    assert ended.code == 2, ended.err
    assert named in ended.said
    assert "next: " in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_no_arguments_shows_the_help(lab: Lab) -> None:
    """A group without a command shows its help on stderr and exits 2, because nothing was done."""
    alone, audit = here(lab), here(lab, "audit")

    assert (alone.code, audit.code) == (2, 2)
    assert alone.err.startswith("Usage: ")
    assert "\n  apply " in alone.err
    assert "\n  verify " in audit.err
    assert alone.out == audit.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "teardown.yaml"),
        ("plan", "teardown.yaml", "--output", "json"),
        ("validate", "teardown.yaml", "--output", "json"),
        ("apply", "missing.yaml", "--output", "json"),
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away(lab: Lab, words: tuple[str, ...]) -> None:
    """When nobody reads stdout any more, as in ``runner plan … | head -1``, no traceback is shown."""
    lab.playbook()
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        (*RUNNER, *words),
        env=lab.environment(PYTHONUNBUFFERED=None),
        cwd=lab.directory,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    for word in ("Traceback", "BrokenPipeError", "Exception ignored", "a bug in runner"):
        assert word not in ended.stderr
