"""A code is six digits, comes from one line, and is never seen again."""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.aws import processes
from runner.aws.codes import CodeFromProcess, CodeFromStdin, six_digits
from runner.errors import CredentialsRefused
from runner.model.ports import CodeSource
from runner.model.session import LongTermIdentity


def printing(text: str) -> tuple[str, ...]:
    """Return a command that prints a text."""
    return (sys.executable, "-c", f"import sys; sys.stdout.write({text!r})")


def test_six_digits_are_a_code() -> None:
    """Leading zeros count."""
    assert six_digits("012345").reveal() == "012345"


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", " 123456", "123456\n", "123 456", "١٢٣٤٥٦"])
def test_anything_else_is_not(text: str) -> None:
    """What AWS would count as a wrong try is never sent, and not repeated in the error."""
    with pytest.raises(CredentialsRefused, match="not six digits") as caught:
        six_digits(text)

    assert not text.strip() or text not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("line", ["123456\n", "123456", " 123456\r\n", "123456\nsecond line"])
def test_stdin_gives_its_first_line(identity: LongTermIdentity, line: str) -> None:
    """A pipe or a here-document gives one line."""
    source: CodeSource = CodeFromStdin(io.StringIO(line))

    assert source.code(identity).reveal() == "123456"
    assert source.can_repeat is False


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "ended without a code"),
        ("\n123456", "not six digits"),
        ("12345\n", "not six digits"),
        ("9" * 1000, "not six digits"),
    ],
)
def test_stdin_without_a_code_is_refused(identity: LongTermIdentity, line: str, what: str) -> None:
    """An empty or other first line ends it."""
    with pytest.raises(CredentialsRefused, match=what):
        CodeFromStdin(io.StringIO(line)).code(identity)


def test_stdin_that_is_not_text_is_refused(identity: LongTermIdentity) -> None:
    """Bytes that are no UTF-8 are no code."""
    stream = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8")

    with pytest.raises(CredentialsRefused, match="not text"):
        CodeFromStdin(stream).code(identity)


def test_stdin_is_not_asked_twice(identity: LongTermIdentity) -> None:
    """A second line is not a second try."""
    source = CodeFromStdin(io.StringIO("123456\n654321\n"))
    source.code(identity)

    with pytest.raises(CredentialsRefused, match="already"):
        source.code(identity, "AWS did not accept the code")


@pytest.mark.parametrize("text", ["123456", "123456\n", "\n  123456 \r\n\n"])
def test_a_command_prints_the_code(identity: LongTermIdentity, text: str) -> None:
    """One line of six digits; empty lines do not count."""
    source: CodeSource = CodeFromProcess(printing(text))

    assert source.code(identity).reveal() == "123456"
    assert source.can_repeat is False


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("123456\n654321\n", "printed 2 lines"),
        ("", "printed 0 lines"),
        ("AWS:alice  123456\n", "not six digits"),
        ("12345\n", "not six digits"),
    ],
    ids=["two codes", "nothing", "name and code", "five digits"],
)
def test_ambiguous_output_is_refused(identity: LongTermIdentity, text: str, what: str) -> None:
    """Which number is the code is never guessed, and the output is not repeated."""
    with pytest.raises(CredentialsRefused, match=what) as caught:
        CodeFromProcess(printing(text)).code(identity)

    shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint + caught.value.on
    assert not text.strip() or text.strip().splitlines()[0] not in shown


def test_a_command_that_is_not_there_is_named(identity: LongTermIdentity) -> None:
    """The profile's mistake, not AWS's."""
    with pytest.raises(CredentialsRefused, match=r"mfa_process \(no-such-command-here\): the command was not found"):
        CodeFromProcess(("no-such-command-here",)).code(identity)


def test_a_command_that_cannot_start_is_named(identity: LongTermIdentity, tmp_path: Path) -> None:
    """A directory is no program."""
    with pytest.raises(CredentialsRefused, match="cannot be started: Permission denied"):
        CodeFromProcess((str(tmp_path),)).code(identity)


def test_a_command_that_fails_is_named(identity: LongTermIdentity, capfd: pytest.CaptureFixture[str]) -> None:
    """Its own message reaches the operator, a code that it printed before counts for nothing."""
    script = "import sys; print('123456'); sys.stderr.write('touch your key'); sys.exit(3)"

    with pytest.raises(CredentialsRefused, match="exit code 3"):
        CodeFromProcess((sys.executable, "-c", script)).code(identity)

    assert capfd.readouterr().err == "touch your key"


def test_a_command_that_takes_too_long_is_ended(identity: LongTermIdentity) -> None:
    """What it printed so far is not shown."""
    script = "import sys, time; print('123456', flush=True); time.sleep(60)"

    with pytest.raises(CredentialsRefused, match=r"no answer within 0\.3 seconds") as caught:
        CodeFromProcess((sys.executable, "-c", script), timeout=0.3).code(identity)

    assert caught.value.__suppress_context__
    assert "123456" not in "".join(traceback.format_exception(caught.value))


def test_a_command_that_prints_no_text_is_refused(identity: LongTermIdentity) -> None:
    """Bytes that are no UTF-8 are no code."""
    script = "import sys; sys.stdout.buffer.write(bytes([255]))"

    with pytest.raises(CredentialsRefused, match="not text"):
        CodeFromProcess((sys.executable, "-c", script)).code(identity)


@pytest.fixture
def _our_stdin(tmp_path: Path) -> Iterator[None]:
    """Let this process's own stdin hold a code."""
    (tmp_path / "ours").write_text("654321", encoding="utf-8")
    kept = os.dup(0)
    with (tmp_path / "ours").open("rb") as ours:
        os.dup2(ours.fileno(), 0)
    yield
    os.dup2(kept, 0)
    os.close(kept)


@pytest.mark.usefixtures("_our_stdin")
def test_a_command_cannot_read_our_stdin(identity: LongTermIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal its stdin is empty: ours may hold something else."""
    monkeypatch.setattr(processes, "_TERMINAL", Path("/no/terminal"))
    script = "import sys; print(sys.stdin.read() or '123456')"

    assert CodeFromProcess((sys.executable, "-c", script)).code(identity).reveal() == "123456"


def test_a_command_may_ask_at_the_terminal(
    identity: LongTermIdentity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password manager may ask for its own PIN there; a file stands in for the terminal."""
    (tmp_path / "tty").write_text("654321\n", encoding="utf-8")
    monkeypatch.setattr(processes, "_TERMINAL", tmp_path / "tty")
    script = "import sys; print(sys.stdin.read())"

    assert CodeFromProcess((sys.executable, "-c", script)).code(identity).reveal() == "654321"


def test_no_shell_is_used(identity: LongTermIdentity, tmp_path: Path) -> None:
    """Arguments arrive as they were written."""
    marker = tmp_path / "touched"

    with pytest.raises(CredentialsRefused):
        CodeFromProcess((*printing("x"), f"; touch {marker}", f"$(touch {marker})")).code(identity)

    assert not marker.exists()


def test_a_code_is_in_no_log(identity: LongTermIdentity, caplog: pytest.LogCaptureFixture) -> None:
    """Not at any level."""
    caplog.set_level(logging.DEBUG)

    code = CodeFromProcess(printing("123456")).code(identity)

    assert "123456" not in caplog.text + repr(code) + str(code)
