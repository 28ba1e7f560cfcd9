"""The audit log beside the least that it could cost, in one run: ``make bench-ledger``.

- *Append*: a durable record beside a bare ``write`` and ``fsync`` of the same bytes to files next to it, in turns.
- *Run*: the share of the wall time that the log takes of a run whose calls take 30 ms each: the time of an intent and
  an outcome beside the call and both of them.
- *Verify*: a log of a million records, signed as often as a real one, and the most memory that a process took for it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_store import FOLDER, checkpoint_name
from runner.audit.directory import open_ledger_directories, open_log
from runner.audit.format import keep_format
from runner.audit.line import NOTHING, VERSION, sha256
from runner.audit.log import open_ledger
from runner.audit.log_key import keep_key
from runner.audit.merkle import Tree
from runner.audit.note import signed
from runner.audit.record import CallIntent, CallOutcome, RunClosed, RunOpened, StepClosed, StepOpened
from runner.audit.segment import segment_name
from runner.audit.signing import EVERY
from runner.audit.space import RECORD_SPACE, allocate
from runner.cli.wiring import SystemClock
from runner.model.canonical import Json, encode

APPENDS = 2000
CALL = 0.030
"""Seconds that a call to AWS takes."""
ROLE = "arn:aws:iam::222222222222:role/Teardown"
OPENED = RunOpened("a" * 64, "p", "p.yaml", "b" * 64, "c" * 40, "", False, "222222222222", "", ROLE, "", ("arn",))  # noqa: FBT003
INTENT = CallIntent(
    "empty",
    "s3",
    "DeleteObject",
    ("s3:DeleteObject",),
    "ap-northeast-1",
    "222222222222",
    ("arn:aws:s3:::acme-orders-exports/*",),
    {"Bucket": "acme-orders-exports", "Key": "exports/2026/11/25/part-000017.parquet", "VersionId": "v" * 32},
)

NOW = "2026-12-01T08:00:00.000000Z"
WHO: dict[str, Json] = {
    "mono_ns": "1",
    "boot_id": "b" * 36,
    "host": "bench",
    "os_user": "alice",
    "pid": 4242,
    "tool": "bench",
}


def append(directory: Path) -> tuple[float, float, float]:
    """Return the median seconds of a durable record, and of as many bytes written bare.

    Bare is done in two ways: ``fsync``, and what might be cheaper, ``fdatasync`` into space that was allocated before.
    """
    ours: list[float] = []
    bare: tuple[list[float], list[float]] = ([], [])
    with (
        open_ledger(directory / "ledger", tool="bench", clock=SystemClock()) as ledger,
        (directory / "bare").open("ab", buffering=0) as plain,
        (directory / "allocated").open("ab", buffering=0) as allocated,
    ):
        allocate(allocated.fileno(), 0, APPENDS * RECORD_SPACE)
        ledger.append(OPENED)
        log = directory / "ledger" / "log" / segment_name(0)
        size = log.stat().st_size
        ways = [(plain, os.fsync, bare[0]), (allocated, os.fdatasync, bare[1])]
        for _ in range(APPENDS):
            started = time.perf_counter()
            ledger.append(INTENT)
            ours.append(time.perf_counter() - started)
            grown = log.stat().st_size
            line, size = b"x" * (grown - size), grown
            ways.reverse()  # whoever is first waits for what the others left in the file system's journal
            for file, sync, took in ways:
                started = time.perf_counter()
                file.write(line)
                sync(file.fileno())
                took.append(time.perf_counter() - started)
    return statistics.median(ours), statistics.median(bare[0]), statistics.median(bare[1])


class Writer:
    """Write a sound log, signed as often as the ledger signs it, without making each record durable."""

    def __init__(self, directory: Path) -> None:
        root, log = open_ledger_directories(directory)
        self._key = keep_key(root, keep_format(root, NOW))
        self._file = os.fdopen(open_log(segment_name(0), log, create=True), "wb")
        self._checkpoints = directory / FOLDER
        self._checkpoints.mkdir()
        self._tree = Tree()
        self.seq = 0
        self._prev = NOTHING
        for descriptor in (root, log):
            os.close(descriptor)

    def put(self, run: int, kind: str, data: Mapping[str, Json]) -> tuple[int, str]:
        """Append a record; return its number and digest."""
        seq = self.seq
        shared: dict[str, Json] = {"v": VERSION, "seq": seq, "prev": self._prev, "ts": NOW, "type": kind}
        line = encode({**data, **shared, **WHO, "run": f"01JE{run:022d}"})
        self._file.write(line + b"\n")
        self._tree.append(line)
        self.seq, self._prev = seq + 1, sha256(line)
        return seq, self._prev

    def sign(self) -> None:
        """Sign what there is."""
        made = Checkpoint(self._key.public.name, self._tree.size, self._tree.root())
        note = signed(made.text, self._key.public, self._key.sign)
        (self._checkpoints / checkpoint_name(made.size)).write_text(note)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_log(directory: Path, records: int) -> None:
    """Write a log of so many records, in runs of a thousand calls."""
    log, run = Writer(directory), 0
    while log.seq < records:
        put = partial(log.put, run)
        put(OPENED.type, OPENED.to_data())
        log.sign()
        put(StepOpened.type, StepOpened("empty", "s3.empty_bucket", "arn").to_data())
        for call in range(1, 1001):
            number, digest = put(INTENT.type, INTENT.to_data())
            put(CallOutcome.type, CallOutcome(number, digest, "ok", 204, "R" * 16).to_data())
            if call % EVERY == 0:
                log.sign()
        put(StepClosed.type, StepClosed("empty", "s3.empty_bucket", "arn", "still there").to_data())
        put(RunClosed.type, RunClosed({"still there": 1}, "partial", 6).to_data())
        log.sign()
        run += 1
    log.close()


def verify(directory: Path) -> tuple[float, float, int]:
    """Return the seconds that `runner audit verify` takes, those of a processor, and its peak memory in KiB."""
    started = time.perf_counter()
    subprocess.run(
        (sys.executable, "-m", "runner", "audit", "verify", "--log", str(directory)), check=True, capture_output=True
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        directory = Path(name)
        ours, bare, allocated = append(directory)
        write_log(directory / "large", wanted.records)
        size = (directory / "large" / "log" / segment_name(0)).stat().st_size
        seconds, busy, memory = verify(directory / "large")
    share = 2 * ours / (2 * ours + CALL)
    sys.stdout.write(
        f"append              {ours * 1e6:8.0f} us\n"
        f"write and fsync     {bare * 1e6:8.0f} us   ratio {ours / bare:.2f}\n"
        f"write and fdatasync {allocated * 1e6:8.0f} us   ratio {ours / allocated:.2f}, into allocated space\n"
        f"log's share of a run at {CALL * 1000:.0f} ms a call: {share:.1%}\n"
        f"verify {wanted.records:,} records ({size / 2**20:,.0f} MiB): {seconds:.1f} s, "
        f"{busy:.1f} s of a processor, "
        f"{wanted.records / seconds:,.0f} a second, {memory / 1024:.0f} MiB in the largest process\n"
    )


if __name__ == "__main__":
    main()
