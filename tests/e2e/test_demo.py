"""The demonstration runs by itself, says why each way fails, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.e2e.terminal import terminal

ROOT = Path(__file__).parent.parent.parent
DEMO = ("sh", str(ROOT / "playbooks" / "demo.sh"))


@pytest.fixture
def mark() -> str:
    """Return a word that stands in the environment of every process of one demonstration."""
    return f"mark-{uuid.uuid4()}"


@pytest.fixture
def surroundings(tmp_path: Path, mark: str) -> dict[str, str]:
    """Return the environment of a newcomer: an empty home, nothing of AWS, this Python's own scripts first."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RUNNER_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    own = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "80", "DEMO_MARK": mark}
    return {**kept, **own, "PATH": path}


def left_processes(mark: str) -> list[str]:
    """Return the command lines of the processes that carry the mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended while we looked
    return found


def assert_shown(shown: str) -> None:
    """Fail unless the three ways that fail, the one that works and the auditor's view were shown."""
    headings = re.findall(r"^== (\d)\. ", shown, re.MULTILINE)
    assert headings[:5] == ["1", "2", "3", "4", "5"]
    assert shown.count("explicit deny in a resource-based policy") == 3
    assert "every target was seen gone (exit 0)" in shown
    assert "the log is intact" in shown
    assert "Traceback" not in shown


def assert_nothing_left(tmp_path: Path, mark: str) -> None:
    """Fail when a process or a file of the demonstration is still there."""
    assert left_processes(mark) == []
    assert [str(path) for path in tmp_path.rglob("*") if path.is_file()] == []


def test_without_a_terminal(tmp_path: Path, surroundings: dict[str, str], mark: str) -> None:
    """Without a terminal nothing is asked, from whatever directory it is started."""
    before = sorted(path.name for path in ROOT.iterdir())
    ended = subprocess.run(
        DEMO,
        env=surroundings,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert_shown(ended.stdout + ended.stderr)
    assert_nothing_left(tmp_path, mark)
    assert sorted(path.name for path in ROOT.iterdir()) == before


def test_at_a_terminal(tmp_path: Path, surroundings: dict[str, str], mark: str) -> None:
    """At a terminal it goes the same way and waits for nobody."""
    with terminal(DEMO, surroundings, tmp_path) as person:
        code = person.ended()

    assert code == 0, person.shown
    assert_shown(person.shown)
    assert_nothing_left(tmp_path, mark)
