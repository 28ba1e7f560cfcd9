"""Every kind of error and every exit code is explained, and ``runner help`` shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from runner.cli.error_pages import EXIT_CODES, PAGES
from runner.cli.main import app
from runner.errors import ExitCode, RunnerError


def kinds(kind: type[RunnerError] = RunnerError) -> Iterator[type[RunnerError]]:
    """Yield a kind of error and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


def shown(*args: str) -> str:
    """Return what ``runner help`` prints."""
    ended = CliRunner().invoke(app, ["help", *args], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return " ".join(ended.stdout.split())


def test_every_kind_of_error_has_one_page() -> None:
    """An error without a page, or a page without its error, is found here."""
    ours = {kind for kind in kinds() if kind.__module__ == "runner.errors"}

    assert {page.kind for page in PAGES} == ours
    assert len(PAGES) == len(ours)


def test_every_exit_code_is_explained() -> None:
    """The table holds each code once, in order."""
    assert [code for code, _ in EXIT_CODES] == list(ExitCode)


def test_help_lists_codes_and_kinds() -> None:
    """Without an argument everything is listed."""
    said = shown()

    assert all(meaning in said for _, meaning in EXIT_CODES)
    assert all(page.name in said for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_help_tells_a_kind_in_any_case(page: object) -> None:
    """What an error line names can be asked for as it is printed, or in lower case."""
    name = getattr(page, "name", "")

    assert getattr(page, "happened", "-") in shown(name)
    assert shown(name.lower()) == shown(name)


def test_help_tells_an_exit_code_with_its_errors() -> None:
    """A script's exit code leads to the errors behind it."""
    said = shown("4")

    assert all(name in said for name in ("CredentialsRefused", "CodeRefused", "NoCode"))
    assert "GuardRefused" not in said
