"""The log in several files: how one is left behind and the next one found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit import chain
from runner.audit.log import FileLedger, open_ledger
from runner.audit.record import CallIntent, CallOutcome, RunClosed, StepOpened
from runner.audit.segment import segment_name
from runner.audit.verify import Verified, verify_ledger
from runner.errors import LogUnwritable
from runner.model.ports import Clock, Ledger

RECORD = StepOpened("bucket", "s3.delete_bucket", "arn")


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make segments full after about three records."""
    monkeypatch.setattr(chain, "SEGMENT_BYTES", 1200)


@pytest.mark.usefixtures("small_segments")
def test_a_full_segment_is_left_behind(
    directory: Path, ledger: FileLedger, whole_run: Callable[[Ledger], None]
) -> None:
    """Segments are named by their first line, and the chain goes on over their border."""
    for _ in range(3):
        whole_run(ledger)

    names = sorted(path.name for path in (directory / "log").iterdir())
    firsts = [json.loads((directory / "log" / name).read_bytes().splitlines()[0])["seq"] for name in names]
    assert len(names) > 5
    assert names == [segment_name(first) for first in firsts]
    assert isinstance(verify_ledger(directory), Verified)


@pytest.mark.usefixtures("small_segments")
def test_handles_follow_each_other_over_segments(
    directory: Path, ledger: FileLedger, reopen: Callable[[], FileLedger], whole_run: Callable[[Ledger], None]
) -> None:
    """A handle goes on to the segment that another one began, and a new one finds the last."""
    with reopen() as other:
        for one in (ledger, other, ledger, other):
            whole_run(one)
    with reopen() as third:
        whole_run(third)

    result = verify_ledger(directory)
    assert isinstance(result, Verified)
    assert (result.records, result.runs) == (55, 3)


def test_writers_need_not_agree_on_the_size(
    directory: Path,
    ledger: FileLedger,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    whole_run: Callable[[Ledger], None],
) -> None:
    """A writer with larger segments goes on where one with smaller segments went on."""
    with open_ledger(directory, tool="runner 2", clock=clock) as other:
        monkeypatch.setattr(chain, "SEGMENT_BYTES", 1200)
        whole_run(ledger)
        monkeypatch.undo()
        whole_run(other)

    assert isinstance(verify_ledger(directory), Verified)


@pytest.mark.usefixtures("small_segments")
def test_how_something_ended_never_begins_a_segment(directory: Path, ledger: FileLedger) -> None:
    """Outcomes go where room was made for them, even when the segment is full."""
    intent = ledger.append(CallIntent("s", "s3", "DeleteBucket", (), "", "2", ("arn",)))
    for _ in range(5):
        ledger.append(CallOutcome(intent.seq, intent.sha256, "ok"))
    ledger.append(RunClosed({}, "ok", 0))

    assert [path.name for path in (directory / "log").iterdir()] == [segment_name(0)]


def test_a_crash_between_making_and_writing_a_segment(
    directory: Path, ledger: FileLedger, reopen: Callable[[], FileLedger], whole_run: Callable[[Ledger], None]
) -> None:
    """An empty last segment is continued, with the chain of the one before."""
    whole_run(ledger)
    ledger.close()
    (directory / "log" / segment_name(11)).touch(mode=0o600)

    with reopen() as other:
        whole_run(other)

    assert len((directory / "log" / segment_name(11)).read_bytes().splitlines()) == 11
    assert isinstance(verify_ledger(directory), Verified)


def test_a_torn_first_line_of_a_segment(
    directory: Path, ledger: FileLedger, reopen: Callable[[], FileLedger], whole_run: Callable[[Ledger], None]
) -> None:
    """A writer that is killed in the first line of a segment is recovered from like any other."""
    whole_run(ledger)
    ledger.close()
    (directory / "log" / segment_name(11)).write_bytes(b'{"torn')
    (directory / "log" / segment_name(11)).chmod(0o600)

    with reopen() as other:
        whole_run(other)

    found = verify_ledger(directory)
    assert isinstance(found, Verified), found
    assert found.records == 11 + 2 + 11


def test_a_log_that_shrinks_while_it_is_read_is_refused(
    ledger: FileLedger, reopen: Callable[[], FileLedger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that ends before the end of the file is not taken for the end of the log."""
    ledger.append(RECORD)
    monkeypatch.setattr(os, "pread", lambda *_: b"")

    with pytest.raises(LogUnwritable, match="shorter while it was read"):
        reopen()


def test_a_log_whose_beginning_is_gone_is_refused(directory: Path, reopen: Callable[[], FileLedger]) -> None:
    """A single segment that does not begin with line 0 has lost what came before."""
    (directory / "log").mkdir(parents=True, mode=0o700)
    (directory / "log" / segment_name(10)).touch(mode=0o600)

    with pytest.raises(LogUnwritable, match="what came before line 10 is gone"):
        reopen()


@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 70_000 + b"\n"], ids=["empty", "no newline", "too long"])
def test_a_segment_that_was_left_unfinished_is_refused(
    directory: Path, reopen: Callable[[], FileLedger], content: bytes
) -> None:
    """A segment is left behind only after a whole line."""
    (directory / "log").mkdir(parents=True, mode=0o700)
    for first, text in ((0, content), (10, b"")):
        (directory / "log" / segment_name(first)).write_bytes(text)
        (directory / "log" / segment_name(first)).chmod(0o600)

    with pytest.raises(LogUnwritable, match="does not end with a whole line"):
        reopen()


def test_a_torn_line_before_another_segment_is_refused(directory: Path, ledger: FileLedger, segment: Path) -> None:
    """Recovery happens in the segment that was torn, before the next one begins."""
    ledger.append(RECORD)
    with segment.open("ab") as file:
        file.write(b'{"torn')
    (directory / "log" / segment_name(2)).touch(mode=0o600)

    with pytest.raises(LogUnwritable, match="left with an unfinished line"):
        ledger.append(RECORD)
