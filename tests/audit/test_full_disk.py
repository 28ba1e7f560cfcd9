"""Disks that are full for real: a limit on the file's size, and a file system of two megabytes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.audit.flaw import Kind
from runner.audit.log import open_ledger
from runner.audit.record import CallIntent, CallOutcome, RunClosed, RunOpened, SeenGone, StepClosed, StepOpened
from runner.audit.verify import Verified, verify_ledger
from runner.errors import LogUnwritable
from runner.model.ports import Clock, Ledger

OPENED = RunOpened("a", "p", "p.yaml", "b", "c", "r", False, "2", "", "role", "phrase", ("arn",))  # noqa: FBT003  # the order is the point
INTENT = CallIntent("bucket", "s3", "DeleteBucket", (), "eu-west-1", "2", ("arn",), {"Bucket": "b"})

_LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from runner.audit.log import open_ledger
from runner.audit.record import StepClosed, StepOpened
from runner.errors import LogUnwritable


class Clock:
    def now(self):
        return datetime.now(UTC)

    def sleep(self, seconds):
        raise AssertionError


directory = Path(sys.argv[1])
with open_ledger(directory, tool="t", clock=Clock()) as ledger:
    ledger.append(StepOpened("s", "a", "t"))
    size = next((directory / "log").iterdir()).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
    for _ in range(2):
        try:
            ledger.append(StepClosed("s", "a", "t", "still there"))
        except LogUnwritable as error:
            print(error.what)
            print(error.hint)
"""


@pytest.mark.parametrize(("left", "said"), [(0, "File too large"), (100, "only 100 of")])
def test_a_file_that_may_not_grow(directory: Path, clock: Clock, left: int, said: str) -> None:
    """A line that does not fit ends the log's use, leaves at most an unfinished line, and the next run recovers."""
    # Measuring coverage in a process that cannot write files leaves broken measurements.
    calm = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(directory), str(left)],
        env=calm,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    first, hint, second, _ = done.stdout.splitlines()
    with open_ledger(directory, tool="t", clock=clock) as ledger:
        ledger.reserve(0)

    assert said in first
    assert ("ulimit -f" in hint) == (left == 0)
    assert "takes no more records" in second
    content = next((directory / "log").iterdir()).read_bytes()
    assert len(content.splitlines()) == (2 if left == 0 else 4)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def _fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def _append_for_ever(ledger: Ledger) -> None:
    while True:
        ledger.append(INTENT)


def test_outcomes_of_started_calls_fit_on_a_full_disk(small_disk: Path, clock: Clock) -> None:
    """The disk fills up behind an intent: no further call is begun, and how the started one ended is recorded.

    That the run is over is recorded too; only signing it fails, which is told.
    """
    directory = small_disk / "ledger"
    with (
        open_ledger(directory, tool="t", clock=clock) as started,
        open_ledger(directory, tool="t", clock=clock) as eager,
    ):
        started.append(OPENED)
        started.append(StepOpened("bucket", "s3.delete_bucket", "arn"))
        intent = started.append(INTENT)
        eager.append(OPENED)
        _fill(small_disk)
        with pytest.raises(LogUnwritable, match="No space left"):
            _append_for_ever(eager)

        started.append(CallOutcome(intent.seq, intent.sha256, "ok"))
        for _ in range(100):
            started.append(SeenGone("bucket", "arn", "gone", method="x" * 1500))
        started.append(StepClosed("bucket", "s3.delete_bucket", "arn", "gone"))
        with pytest.raises(LogUnwritable, match="No space left"):
            started.append(RunClosed({"gone": 1}, "ok", 0))

    found = verify_ledger(directory)
    assert isinstance(found, Verified), found
    # The eager run is the one that is not closed.
    assert [warning.kind for warning in found.warnings].count(Kind.NOT_CLOSED) == 1
    assert os.statvfs(small_disk).f_bavail == 0


def test_no_run_begins_on_a_full_disk(small_disk: Path, clock: Clock) -> None:
    """A full disk is found when the ledger is opened, before anything else happens."""
    (small_disk / "ledger").mkdir(mode=0o700)
    _fill(small_disk)

    with pytest.raises(LogUnwritable, match="No space left"):
        open_ledger(small_disk / "ledger", tool="t", clock=clock)


def test_a_run_that_is_too_large_for_the_disk_is_refused(small_disk: Path, clock: Clock) -> None:
    """Room for the records of every planned call is taken before the run is opened."""
    large = dataclasses.replace(OPENED, calls=1000)
    with (
        open_ledger(small_disk / "ledger", tool="t", clock=clock) as ledger,
        pytest.raises(LogUnwritable, match="No space left"),
    ):
        ledger.append(large)

    assert next((small_disk / "ledger" / "log").iterdir()).read_bytes() == b""
