"""``runner sandbox``: run, start, stop, mfa-code."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from runner.cli.sandbox_commands import app
from runner.errors import ExitCode, UsageError
from runner.sandbox import child_command
from runner.sandbox.child_command import Relay

# Gives the process a terminal of its own, as a login does: the terminal's signals then go to its group.
SETSID_SCRIPT = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
SETSID = [sys.executable, "-c", SETSID_SCRIPT]
# Waits for one Ctrl-C, then for a line, and tells how many more came meanwhile.
COUNTING = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("ready", flush=True)
signal.sigwait({signal.SIGINT})
print("once", flush=True)
input()
print(len(signal.sigpending()), "more", flush=True)
"""
RUN = [sys.executable, "-m", "runner", "sandbox", "run"]


@pytest.fixture
def outside(tmp_path: Path) -> dict[str, str]:
    """Hand over an environment in which no sandbox is in use, with a state directory of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "XDG_STATE_HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_PROFILE": "real"}


def _invoke(environment: dict[str, str], *arguments: str) -> str:
    unset = {name: None for name in ("RUNNER_SANDBOX", "AWS_ACCESS_KEY_ID") if name not in environment}
    result = CliRunner().invoke(app, list(arguments), env={**environment, **unset}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_run_passes_on_output_and_exit_code(outside: dict[str, str]) -> None:
    """The command sees the sandbox and nothing of the outside; its exit code is ours; nothing is left."""
    shown = "import json, os; print(json.dumps(dict(os.environ))); raise SystemExit(7)"

    ended = subprocess.run(
        [*RUN, "--", sys.executable, "-c", shown], env=outside, capture_output=True, text=True, check=False
    )

    inside = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (7, "")
    assert inside["AWS_PROFILE"] == "alice"
    assert "AWS_ACCESS_KEY_ID" not in inside
    assert not Path(inside["RUNNER_SANDBOX"]).exists()


def test_run_needs_no_dashes(outside: dict[str, str]) -> None:
    """Options after the command are the command's."""
    ended = subprocess.run([*RUN, "sh", "-c", "exit 3"], env=outside, check=False)

    assert ended.returncode == 3


def test_run_tells_signals_as_shells_do(outside: dict[str, str]) -> None:
    """A command that died of signal n ends with 128+n."""
    ended = subprocess.run([*RUN, "--", "sh", "-c", "kill -KILL $$"], env=outside, check=False)

    assert ended.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_forwards_signals(outside: dict[str, str], number: signal.Signals) -> None:
    """A signal sent to ``run`` reaches the command, whose end is told, and the sandbox is gone."""
    waiting = [*RUN, "--", "sh", "-c", "echo $RUNNER_SANDBOX; exec cat"]
    with subprocess.Popen(
        waiting, env=outside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stdout is not None
        place = Path(child.stdout.readline().strip())

        child.send_signal(number)

        assert child.wait(20) == 128 + number
    assert not place.exists()


def test_run_leaves_the_terminals_signals_to_the_terminal(outside: dict[str, str]) -> None:
    """Ctrl-C reaches the command once: the terminal sends it to the whole group, and ``run`` does not repeat it."""
    ours, terminal = os.openpty()
    with subprocess.Popen(
        [*SETSID, *RUN, "--", sys.executable, "-c", COUNTING], env=outside, stdin=terminal, stdout=terminal
    ) as child:
        os.close(terminal)
        _read_until(ours, b"ready")
        os.write(ours, b"\x03")
        _read_until(ours, b"once")
        os.write(ours, b"\n")

        assert b"0 more" in _read_until(ours, b"more")
        assert child.wait(20) == 0
    os.close(ours)


def _read_until(descriptor: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        assert select.select([descriptor], [], [], 20)[0], f"only {seen!r} came in twenty seconds"
        seen += os.read(descriptor, 1024)
    return seen


@pytest.mark.parametrize(
    ("foreground", "handed_on"),
    [(True, [signal.SIGTERM, signal.SIGHUP]), (False, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])],
)
def test_what_the_terminal_sends_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, foreground: bool, handed_on: list[int]
) -> None:
    """In the foreground of a terminal Ctrl-C is the terminal's business; every other signal is handed on."""
    sent: list[int] = []
    child: Any = SimpleNamespace(send_signal=sent.append)
    monkeypatch.setattr(child_command, "_in_foreground", lambda: foreground)
    relay = Relay()
    relay.connect(child)

    with relay.listening():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)

    assert sent == handed_on


def test_signals_before_the_command_is_there_are_handed_on() -> None:
    """A signal that comes while the command is being started reaches it."""
    relay = Relay()
    with relay.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        relay.connect(child)

    with child:
        assert child.wait(20) == -signal.SIGTERM


def test_run_names_a_command_that_is_not_there(outside: dict[str, str]) -> None:
    """A command that cannot be started is a usage error."""
    ended = subprocess.run([*RUN, "--", "no-such-command"], env=outside, capture_output=True, text=True, check=False)

    assert ended.returncode == ExitCode.USAGE
    assert "no-such-command" in ended.stderr


def test_run_builds_another_world(outside: dict[str, str], tmp_path: Path) -> None:
    """``--world`` is the world of the command."""
    world = tmp_path / "mine.yaml"
    world.write_text('region: eu-west-1\naccounts: [{id: "333333333333", users: [{name: carol}]}]\n')

    shown = subprocess.run(
        [*RUN, "--world", str(world), "--", "sh", "-c", "echo $AWS_PROFILE $AWS_REGION"],
        env=outside,
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout == "carol eu-west-1\n"


def test_start_prints_lines_for_a_shell(outside: dict[str, str]) -> None:
    """A shell that evaluates them is in the sandbox, gets codes there, and is out again after stop."""
    script = """
        set -e
        eval "$(python -m runner sandbox start)"
        echo "$AWS_PROFILE ${AWS_ACCESS_KEY_ID-unset}"
        sh -c "$(sed -n 's/^mfa_process = //p' "$AWS_CONFIG_FILE")"
        eval "$(python -m runner sandbox stop)"
        echo "${AWS_PROFILE-unset} ${RUNNER_SANDBOX-unset}"
    """
    here = str(Path(sys.executable).parent)
    environment = {**outside, "PATH": f"{here}:{outside['PATH']}"}

    ended = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)

    first, code, last = ended.stdout.splitlines()
    assert (first, last) == ("alice unset", "unset unset")
    assert (len(code), code.isdecimal()) == (6, True)
    assert not (Path(outside["XDG_STATE_HOME"]) / "runner" / "sandbox").exists()


def test_values_are_quoted_for_the_shell(outside: dict[str, str], tmp_path: Path) -> None:
    """A directory with a blank and a quote in its name comes through."""
    environment = {**outside, "XDG_STATE_HOME": str(tmp_path / "it's here")}

    printed = _invoke(environment, "start")
    shown = subprocess.run(
        ["sh", "-c", f'{printed}\nprintf %s "$RUNNER_SANDBOX"'], capture_output=True, text=True, check=True
    )
    _invoke(environment, "stop")

    assert shown.stdout == str(tmp_path / "it's here" / "runner" / "sandbox")


def test_second_start_is_refused(outside: dict[str, str]) -> None:
    """There is one sandbox in the default place; stop finds it without RUNNER_SANDBOX."""
    _invoke(outside, "start")

    with pytest.raises(UsageError, match="already runs here"):
        _invoke(outside, "start")
    assert _invoke(outside, "stop").startswith("unset AWS_CONFIG_FILE ")


def test_stop_without_a_sandbox_is_a_usage_error(outside: dict[str, str]) -> None:
    """There is nothing to stop."""
    with pytest.raises(UsageError, match="no sandbox runs here"):
        _invoke(outside, "stop")


def test_mfa_code_prints_fresh_codes(aws: Any) -> None:
    """Each call prints another code that AWS accepts, for the first device or the one that is named."""
    inside = dict(aws.sandbox.environment)

    codes = [_invoke(inside, "mfa-code").strip(), _invoke(inside, "mfa-code", aws.device).strip()]

    assert codes[0] != codes[1]
    for code in codes:
        aws.client("sts", aws.keys("alice")).get_session_token(SerialNumber=aws.device, TokenCode=code)


def test_mfa_code_without_a_sandbox_is_a_usage_error(outside: dict[str, str]) -> None:
    """Outside a sandbox there are no codes."""
    with pytest.raises(UsageError, match="no sandbox is in use"):
        _invoke(outside, "mfa-code")


def test_importing_the_commands_imports_no_aws() -> None:
    """``runner --help`` pays for neither ministack nor boto3, nor for the sandbox."""
    unwanted = {"boto3", "botocore", "ministack", "runner.sandbox"}
    script = f"import sys, runner.cli.sandbox_commands; print(sorted(set(sys.modules) & {unwanted}))"

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert shown.stdout == "[]\n"
