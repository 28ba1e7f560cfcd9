"""Starting, stopping and dying: nothing of a sandbox is left, whatever ends it."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.sandbox import lifecycle, state_directory
from runner.sandbox.lifecycle import attach, running, start, stop

HOLDER = """
import json, sys, time
from pathlib import Path
from runner.sandbox.lifecycle import running
with running(directory=Path(sys.argv[1])) as sandbox:
    print(json.dumps({"pid": sandbox.pid}), flush=True)
    sys.stdin.read()
"""


def _wait_until_gone(pid: int) -> bool:
    """Return whether a process that is no child of ours ended within ten seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([handle], [], [], 10)
        return bool(ended)
    finally:
        os.close(handle)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Hand over a place for a sandbox that is cleared away afterwards, whatever the test did."""
    directory = tmp_path / "sandbox"
    yield directory
    if (directory / state_directory.STATE).exists():
        stop(directory)


def test_started_sandbox_answers_and_stops(place: Path) -> None:
    """It answers at once, can be found by its directory, and leaves neither process nor directory."""
    started = start(directory=place)

    assert attach(place) == started
    assert len(attach(place).code()) == 6
    stop(place)
    assert not place.exists()
    assert _wait_until_gone(started.pid)


def test_stop_ends_a_server_of_another_process(place: Path) -> None:
    """Whoever has the directory can stop the sandbox, and stop returns when it is gone."""
    script = (
        f"import pathlib, runner.sandbox.lifecycle as l; print(l.start(directory=pathlib.Path({str(place)!r})).pid)"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    stop(place)

    assert not place.exists()
    assert _wait_until_gone(int(made.stdout))


def test_stop_waits_as_long_as_the_server_has_its_directory(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop looks again until the lock is free; a server that ends in time is not killed."""
    answers = [True, True, False]
    monkeypatch.setattr(state_directory, "is_alive", lambda _: answers.pop(0))

    lifecycle._outwait(place, pid=os.getpid())

    assert answers == []


def test_files_are_private_whatever_the_umask(place: Path) -> None:
    """Under umask 000 directories are 0700 and files 0600."""
    before = os.umask(0)
    try:
        start(directory=place)
    finally:
        os.umask(before)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (place, *place.rglob("*"))}
    assert {name for name, mode in modes.items() if mode == 0o700} == {"sandbox", "tmp"}
    assert {mode for name, mode in modes.items() if name not in ("sandbox", "tmp")} == {0o600}
    assert {"config", "credentials", "token"} <= set(modes)


def test_environment_leads_to_the_sandbox_only(place: Path) -> None:
    """Settings that would lead past the sandbox are dropped, a proxy is not asked, and ``runner`` is found."""
    outside = {
        "PATH": "/nowhere",
        "HOME": "/home/me",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_ENDPOINT_URL_S3": "https://real",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "HTTP_PROXY": "http://proxy",
        "NO_PROXY": "intranet",
    }
    with running(directory=place) as sandbox:
        inside = sandbox.around(outside)

        assert {name for name in inside if name.startswith("AWS_")} == set(sandbox.environment) - {"RUNNER_SANDBOX"}
        assert sandbox.environment["AWS_PROFILE"] == "alice"
        assert (sandbox.environment["AWS_REGION"], sandbox.environment["AWS_DEFAULT_REGION"]) == ("ap-northeast-1",) * 2
        assert (inside["NO_PROXY"], inside["no_proxy"], inside["HOME"]) == (
            "intranet,127.0.0.1",
            "127.0.0.1",
            "/home/me",
        )
        assert inside["PATH"] == f"/nowhere:{Path(sys.executable).parent}"
        assert "NO_PROXY" not in sandbox.around({"PATH": str(Path(sys.executable).parent)})


def test_port_can_be_chosen(place: Path) -> None:
    """A free port that is asked for is used; a taken one is an error that says so, and nothing is left."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(UsageError) as refused:
            start(port=port, directory=place)

    assert refused.value.what == "the sandbox did not start"
    assert f"port {port} cannot be used" in refused.value.hint
    assert not place.exists()
    with running(port=port, directory=place) as sandbox:
        assert sandbox.endpoint == f"http://127.0.0.1:{port}"


def test_second_sandbox_in_one_place_is_refused(place: Path) -> None:
    """The first one goes on undisturbed."""
    with running(directory=place) as sandbox:
        with pytest.raises(UsageError, match="already runs here"):
            start(directory=place)

        sandbox.reset()


def test_world_with_a_mistake_starts_nothing(place: Path, tmp_path: Path) -> None:
    """The world is read before anything is started."""
    world = tmp_path / "mine.yaml"
    world.write_text("region: 7")

    with pytest.raises(UsageError) as refused:
        start(world, directory=place)

    assert refused.value.on == str(world)
    assert not place.exists()


def test_server_that_cannot_build_its_world_says_so(place: Path, tmp_path: Path) -> None:
    """What the server said before it died is in the error, and nothing is left."""
    world = tmp_path / "mine.yaml"
    world.write_text('region: eu-west-1\naccounts: [{id: "333333333333", buckets: [{name: UPPER}]}]\n')

    with pytest.raises(UsageError) as refused:
        start(world, directory=place)

    assert "the world cannot be built (PUT /UPPER)" in refused.value.hint
    assert not place.exists()


def test_server_that_says_nothing_is_given_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not get ready in time is killed."""
    monkeypatch.setattr(lifecycle, "PATIENCE", 0)

    with pytest.raises(UsageError, match="did not start") as refused:
        start(directory=place)

    assert refused.value.hint == "its server said nothing in 0 seconds"
    assert not place.exists()


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ministack the error says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(UsageError) as refused:
        start()

    assert refused.value.hint == "pip install 'guarded-runner[sandbox]'"


def test_server_that_does_not_answer_is_stopped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first question to a new server fails, the server is not left running."""

    def fail(directory: Path) -> None:
        raise UsageError("the sandbox does not answer", on=str(directory))

    monkeypatch.setattr(lifecycle, "attach", fail)
    with pytest.raises(UsageError, match="does not answer"):
        start(directory=place)

    assert not place.exists()


def test_own_place_is_temporary() -> None:
    """Without a directory a sandbox makes one, and takes it away again."""
    with running() as sandbox:
        assert sandbox.directory.parent == Path(tempfile.gettempdir())

    assert not sandbox.directory.exists()


def test_sandbox_stopped_from_inside_ends_quietly(place: Path) -> None:
    """A block whose sandbox was stopped by somebody else ends without an error."""
    with running(directory=place) as sandbox:
        stop(place)

    assert _wait_until_gone(sandbox.pid)


def test_sandbox_that_is_gone_is_named(place: Path) -> None:
    """Questions to a stopped sandbox are usage errors."""
    with running(directory=place) as sandbox:
        pass

    with pytest.raises(UsageError, match="does not answer"):
        sandbox.code()
    with pytest.raises(UsageError, match="no sandbox runs here"):
        stop(place)


@pytest.mark.parametrize("again", [False, True], ids=["stop clears it", "the next start clears it"])
def test_killed_server_leaves_a_place_that_can_be_used(place: Path, again: bool) -> None:
    """After SIGKILL the directory is stale, and nobody has to clear it away by hand."""
    child = lifecycle._children.pop(start(directory=place).pid)
    child.kill()
    child.wait()
    if again:
        start(directory=place)

    stop(place)

    assert not place.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server_ends_on_signals(place: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end the server, which clears its directory itself."""
    started = start(directory=place)

    os.kill(started.pid, number)

    assert lifecycle._children.pop(started.pid).wait(10) == 0
    assert not place.exists()


def test_stubborn_server_is_killed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not end in time is killed, by the process that started it and by others."""
    monkeypatch.setattr(lifecycle, "GRACE", 0)
    for forget in (False, True):
        started = start(directory=place)
        os.kill(started.pid, signal.SIGSTOP)
        child = lifecycle._children.pop(started.pid) if forget else None
        stop(place)

        assert not place.exists()
        assert child is None or child.wait() == -signal.SIGKILL


def test_server_ends_with_the_process_that_holds_it(place: Path) -> None:
    """When whoever runs a sandbox is killed, the server ends and clears its directory."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        pid = json.loads(holder.stdout.readline())["pid"]

        holder.kill()

    assert _wait_until_gone(pid)
    assert not place.exists()
