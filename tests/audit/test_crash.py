"""Writers that are killed with SIGKILL, for real and at random moments, and writers at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.audit.flaw import Kind
from runner.audit.line import sha256
from runner.audit.log import open_ledger
from runner.audit.verify import Verified, verify_ledger
from runner.model.ports import Clock

KILLS = 80

_WRITERS = '''
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from runner.audit.log import open_ledger
from runner.audit.record import CallIntent, CallOutcome, RunClosed, RunOpened, StepClosed


class Clock:
    def now(self):
        return datetime.now(UTC)

    def sleep(self, seconds):
        time.sleep(seconds)


OPENED = RunOpened("a", "p", "p", "b", "c", "r", False, "2", "", "role", "phrase", ("arn",))
directory, mode, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def intent(size):
    keys = tuple(f"{size}-{number}" for number in range(min(size, 400)))
    return CallIntent("s", "s3", "DeleteObjects", (), "eu-west-1", "2", ("arn",), {"Keys": keys}, 1, "x" * size)


def aim(after):
    """Let the kernel kill this process in the middle of a write, some writes from now."""
    write, left = os.write, iter(range(after, -1, -1))

    def aimed(descriptor, content):
        if len(content) > 1000 and next(left, 1) == 0:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-5))
        return write(descriptor, content)

    os.write = aimed


def write_until_killed(pipe, aimed):
    if aimed:
        aim(random.randint(0, 8))
    with open_ledger(directory, tool="t", clock=Clock()) as ledger:
        ledger.append(OPENED)
        while True:
            receipt = ledger.append(intent(random.choice((1, 400, 45_000))))
            os.write(pipe, f"{receipt.seq} {receipt.sha256}\\n".encode())
            done = ledger.append(CallOutcome(receipt.seq, receipt.sha256, "ok", error_message="y" * 50_000))
            os.write(pipe, f"{done.seq} {done.sha256}\\n".encode())


def write_some():
    with open_ledger(directory, tool="t", clock=Clock()) as ledger:
        ledger.append(OPENED)
        for _ in range(times):
            receipt = ledger.append(intent(1))
            ledger.append(CallOutcome(receipt.seq, receipt.sha256, "ok"))
        ledger.append(RunClosed({}, "ok", 0))


def forked(work, *args):
    child = os.fork()
    if child == 0:
        work(*args)
        os._exit(0)
    return child


def kill_one(aimed):
    """Kill a writer after some acknowledged records and a moment more, and print what it acknowledged.

    The default action of a timer's SIGALRM ends a process as SIGKILL does, and can be aimed at a write.
    """
    reading, writing = os.pipe()
    child = forked(write_until_killed, writing, aimed)
    os.close(writing)
    seen = b""
    for _ in range(random.randint(0, 6) if not aimed else 100):
        seen += os.read(reading, 4096)
    time.sleep(random.random() * 0.001)
    os.kill(child, signal.SIGKILL)
    while part := os.read(reading, 4096):
        seen += part
    os.waitpid(child, 0)
    sys.stdout.write(seen.decode())


if mode == "kill":
    for number in range(times):
        kill_one(aimed=number % 2)
else:
    children = [forked(write_some) for _ in range(3)]
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
'''


def _run(directory: Path, mode: str, times: int) -> list[str]:
    # Measuring coverage in processes that are killed leaves broken measurements.
    calm = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", _WRITERS, str(directory), mode, str(times)],
        env=calm,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.splitlines()


def test_killed_writers_leave_a_sound_log(directory: Path, clock: Clock) -> None:
    """After many kills, every acknowledged record is there and the log verifies with what crashes leave as warnings."""
    acknowledged = _run(directory, "kill", KILLS)

    with open_ledger(directory, tool="t", clock=clock) as ledger:
        ledger.reserve(0)
    found = verify_ledger(directory)

    assert isinstance(found, Verified), found
    assert {warning.kind for warning in found.warnings} <= {Kind.IN_DOUBT, Kind.NOT_CLOSED}
    lines = b"".join(path.read_bytes() for path in sorted((directory / "log").glob("*.jsonl"))).splitlines()
    assert acknowledged
    for receipt in acknowledged:
        seq, digest = receipt.split()
        assert sha256(lines[int(seq)]) == digest


def test_writers_at_the_same_time_make_one_chain(directory: Path) -> None:
    """Three processes append at once, and every record is in its place."""
    _run(directory, "share", 60)

    found = verify_ledger(directory)
    assert isinstance(found, Verified), found
    assert (found.records, found.runs, found.warnings) == (3 * (2 + 120 + 1), 3, ())
