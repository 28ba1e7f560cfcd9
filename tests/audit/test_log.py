"""The audit log as a writer."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from runner.audit import chain
from runner.audit import directory as places
from runner.audit.blob import read_blob
from runner.audit.entry import entry_of
from runner.audit.line import NOTHING, SHARED, sha256
from runner.audit.log import FileLedger, open_ledger
from runner.audit.record import CallIntent, StepClosed, StepOpened
from runner.audit.verify import Verified, verify_ledger
from runner.errors import LogUnwritable, UsageError
from runner.model.canonical import Json, encode
from runner.model.ports import Clock, Ledger, Receipt, Record
from runner.model.session import Secret

RECORD = StepOpened("bucket", "s3.delete_bucket", "arn")


def _lines(segment: Path) -> list[bytes]:
    return segment.read_bytes().splitlines()


def test_a_ledger_is_a_ledger(ledger: Ledger) -> None:
    """The file satisfies the port, and its run id is a ULID."""
    assert len(ledger.run) == 26


def test_a_receipt_says_where_the_record_stands(ledger: FileLedger, segment: Path) -> None:
    """The receipt has the line's number and the digest of its bytes, and the line is on disk by then."""
    receipts = [ledger.append(RECORD) for _ in range(3)]

    assert receipts == [Receipt(seq, sha256(line)) for seq, line in enumerate(_lines(segment))]


def test_a_follower_gets_what_is_on_disk(ledger: FileLedger, segment: Path) -> None:
    """Each line is handed on as it is, once it stands in the file."""
    got: list[tuple[bytes, bool]] = []
    ledger.append(RECORD)
    ledger.follow(lambda line: got.append((line, segment.read_bytes().endswith(line + b"\n"))))
    ledger.append(RECORD)
    ledger.append(RECORD)

    assert got == [(line, True) for line in _lines(segment)[1:]]


def test_each_record_names_the_one_before(ledger: FileLedger, segment: Path) -> None:
    """The chain begins with zeros and goes on with digests."""
    for _ in range(3):
        ledger.append(RECORD)

    lines = _lines(segment)
    assert [json.loads(line)["prev"] for line in lines] == [NOTHING, sha256(lines[0]), sha256(lines[1])]


def test_every_record_has_the_shared_fields(ledger: FileLedger, segment: Path) -> None:
    """Who, where and when stand in every line, beside the record's own fields."""
    ledger.append(RECORD)

    data = json.loads(_lines(segment)[0])
    assert set(data) == {*SHARED, "step", "action", "target"}
    assert (data["run"], data["type"], data["pid"]) == (ledger.run, "step.open", os.getpid())
    assert (data["ts"], data["tool"], data["v"]) == ("2026-12-01T08:00:00.003000Z", "runner 1", 1)
    assert data["mono_ns"].isdecimal()


def test_a_run_may_be_continued(directory: Path, clock: Clock, segment: Path) -> None:
    """A resumed run writes under its own id."""
    with open_ledger(directory, tool="runner 1", clock=clock, run="01JE0000000000000000000001") as ledger:
        ledger.append(RECORD)

    assert json.loads(_lines(segment)[0])["run"] == "01JE0000000000000000000001"


def test_an_odd_run_id_is_refused(directory: Path, clock: Clock) -> None:
    """What becomes part of a User-Agent and a session name has one form."""
    with pytest.raises(UsageError):
        open_ledger(directory, tool="runner 1", clock=clock, run="../x")

    assert not directory.exists()


def test_two_handles_share_one_chain(
    ledger: FileLedger, reopen: Callable[[], FileLedger], directory: Path, whole_run: Callable[[Ledger], None]
) -> None:
    """What another handle appended is read before the next line is written."""
    with reopen() as other:
        for one in (ledger, other, ledger):
            whole_run(one)

    result = verify_ledger(directory)
    assert isinstance(result, Verified)
    assert (result.records, result.runs, result.warnings) == (33, 2, ())


def test_threads_share_one_handle(ledger: FileLedger, segment: Path) -> None:
    """A ledger may be used from several threads at once."""
    threads = [threading.Thread(target=lambda: [ledger.append(RECORD) for _ in range(20)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [json.loads(line)["seq"] for line in _lines(segment)] == list(range(60))


def gathered(ledger: FileLedger, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], int]:
    """Append a record, and others from threads of their own while the disk is busy; return their numbers, and syncs."""
    synced: list[int] = []
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda one=one: numbers.append(ledger.append(one).seq)) for one in records]

    def busy(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 1:
            for thread in threads:
                thread.start()
            while len(ledger._waiting) < len(records):
                time.sleep(0)
        places.sync(descriptor)

    monkeypatch.setattr(chain, "sync", busy)
    ledger.append(RECORD)
    for thread in threads:
        thread.join()
    return numbers, len(synced)


def test_threads_that_wait_are_written_together(
    ledger: FileLedger, segment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one record is made durable others queue; all of them become durable at once, each with its own number."""
    numbers, synced = gathered(ledger, [RECORD] * 5, monkeypatch)

    assert (sorted(numbers), synced) == ([1, 2, 3, 4, 5], 2)
    lines = _lines(segment)
    assert [json.loads(line)["prev"] for line in lines[1:]] == [sha256(line) for line in lines[:-1]]


def test_what_is_posted_goes_to_disk_with_the_next_record(ledger: FileLedger, segment: Path) -> None:
    """Posting waits for no disk; appending another record, or settling, makes what was posted durable, in its order."""
    seen = []
    for settle in (lambda: ledger.append(StepOpened("next", "a", "t")), ledger.settle, ledger.settle):
        ledger.post(RECORD)
        before = len(_lines(segment))
        settle()
        seen.append((before, len(_lines(segment))))

    assert seen == [(0, 2), (2, 3), (3, 4)]
    assert [json.loads(line)["step"] for line in _lines(segment)] == ["bucket", "next", "bucket", "bucket"]


def test_what_was_posted_is_not_taken_for_durable_after_an_error(
    ledger: FileLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the record that it was to be written with cannot be written, settling says so."""
    ledger.post(RECORD)
    monkeypatch.setattr(os, "write", lambda _descriptor, _content: 3)
    with pytest.raises(LogUnwritable):
        ledger.append(RECORD)
    monkeypatch.undo()
    for write in (ledger.settle, lambda: ledger.post(RECORD)):
        with pytest.raises(LogUnwritable, match="takes no more records"):
            write()


def test_how_something_ended_does_not_wait_for_room(
    ledger: FileLedger, segment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full, outcomes that wait beside an intent are written all the same, and the intent is not."""
    ledger.append(RECORD)
    monkeypatch.setattr(chain, "allocate", refuse_room)
    monkeypatch.setattr(ledger._chain, "_allocated", 0)
    entries = [entry_of(RECORD), entry_of(StepClosed("s", "a", "t", "gone"))]
    ledger._waiting.extend(entries)
    with pytest.raises(LogUnwritable, match="cannot be written"):
        ledger.append(RECORD)

    assert [json.loads(line)["type"] for line in _lines(segment)] == [RECORD.type, StepClosed.type]
    assert [entry.is_durable for entry in entries] == [False, True]


def refuse_room(descriptor: int, offset: int, size: int) -> str:
    """Have no disk space."""
    del descriptor, offset, size
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fails_is_asked_once(
    directory: Path, clock: Clock, segment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After EIO from ``fsync`` nobody knows what is on disk: it is not repeated, and a new start reads the disk."""
    asked: list[int] = []

    def broken(descriptor: int) -> None:
        """Fail as a disk does."""
        asked.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with open_ledger(directory, tool="t", clock=clock) as ledger:
        ledger.append(RECORD)
        with monkeypatch.context() as changed:
            changed.setattr(chain, "sync", broken)
            for _ in range(2):
                with pytest.raises(LogUnwritable, match="Input/output error"):
                    ledger.append(RECORD)
        with pytest.raises(LogUnwritable, match="takes no more records"):
            ledger.append(RECORD)
    with open_ledger(directory, tool="t", clock=clock) as again:
        again.append(RECORD)

    assert len(asked) == 1
    assert [json.loads(line)["seq"] for line in _lines(segment)] == [0, 1, 2]


def test_large_parameters_go_to_a_blob(ledger: FileLedger, segment: Path, directory: Path) -> None:
    """A batch of a thousand keys stays out of the line, which names its digest and count."""
    objects: list[Json] = [{"Key": "x" * 1000 + str(number)} for number in range(1000)]
    params: Mapping[str, Json] = {"Bucket": "b", "Delete": {"Objects": objects}}

    ledger.append(CallIntent("empty", "s3", "DeleteObjects", (), "eu-west-1", "2", ("arn",), params))

    line = _lines(segment)[0]
    data = json.loads(line)
    assert len(line) < 1000
    assert "params" not in data
    assert data["params_count"] == 1000
    assert read_blob(directory, data["params_sha256"]) == encode(params)
    assert (directory / data["params_blob"]).is_file()


def test_what_cannot_be_written_is_refused_before_anything_is(ledger: FileLedger, segment: Path) -> None:
    """A secret or a number that JSON readers lose ends the ledger's use and leaves no line."""
    record = StepClosed("s", "a", "t", "gone", children=2**53)

    with pytest.raises(LogUnwritable, match="cannot be written"):
        ledger.append(record)

    assert segment.read_bytes() == b""


def test_a_secret_never_reaches_the_disk(ledger: FileLedger, directory: Path) -> None:
    """A `Secret` among the parameters is an error, not text."""
    params = {"Code": Secret("123456")}

    with pytest.raises(LogUnwritable, match="Secret has no place"):
        ledger.append(CallIntent("s", "iam", "X", (), "", "2", (), params))  # type: ignore[arg-type]  # the mistake this is about

    assert b"123456" not in b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_a_line_has_a_longest_length(ledger: FileLedger, segment: Path) -> None:
    """A record that would not fit a transparency log's entry is refused."""
    with pytest.raises(LogUnwritable, match="a record has"):
        ledger.append(StepClosed("s", "a", "t", "gone", why="x" * 61_440))

    assert segment.read_bytes() == b""


@pytest.mark.parametrize("call", ["write", "fsync", "fstat"])
def test_the_first_error_is_the_last(
    ledger: FileLedger, call: str, monkeypatch: pytest.MonkeyPatch, segment: Path
) -> None:
    """After any error of the operating system the ledger takes nothing more, even when the disk is well again."""
    ledger.append(RECORD)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, _fails)
        with pytest.raises(LogUnwritable, match="cannot be written: it broke"):
            ledger.append(RECORD)
    before = segment.read_bytes()

    with pytest.raises(LogUnwritable, match="takes no more records"):
        ledger.append(RECORD)

    assert segment.read_bytes() == before


def _fails(*_: object, **__: object) -> int:
    raise OSError(5, "it broke")


def test_a_short_write_is_an_error(ledger: FileLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a line is not written with a second call."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: real(descriptor, content[:10]))

    with pytest.raises(LogUnwritable, match="only 10 of"):
        ledger.append(RECORD)


def test_an_interrupted_append_is_the_last(ledger: FileLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of an append leaves a ledger that takes nothing more."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ledger.append(RECORD)

    with pytest.raises(LogUnwritable, match="KeyboardInterrupt"):
        ledger.append(RECORD)


def test_a_closed_ledger_takes_nothing(ledger: FileLedger) -> None:
    """Closing is final, and may be done twice."""
    ledger.close()
    ledger.close()

    with pytest.raises(LogUnwritable, match="closed"):
        ledger.append(RECORD)


def test_a_log_that_shrank_is_refused(ledger: FileLedger, segment: Path) -> None:
    """A log that became shorter under an open ledger was changed."""
    ledger.append(RECORD)
    os.truncate(segment, 10)

    with pytest.raises(LogUnwritable, match="shorter than it was"):
        ledger.append(RECORD)


def test_a_log_whose_end_was_changed_is_refused(
    ledger: FileLedger, segment: Path, reopen: Callable[[], FileLedger]
) -> None:
    """Nothing is appended to a log from which the line before the last was removed."""
    for _ in range(3):
        ledger.append(RECORD)
    first, _, third = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(first + third)

    with pytest.raises(LogUnwritable, match="the audit log was changed"):
        reopen()


def test_the_lock_is_not_waited_for_forever(ledger: FileLedger, directory: Path) -> None:
    """Another process that was stopped while it held the lock ends the run instead of hanging it."""
    other = os.open(directory / "log", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    with pytest.raises(LogUnwritable, match="keeps it locked"):
        ledger.append(RECORD)

    os.close(other)


def test_a_ledger_of_another_format_is_refused(
    ledger: FileLedger, directory: Path, reopen: Callable[[], FileLedger]
) -> None:
    """A newer version's ledger is not written to."""
    ledger.close()
    (directory / "ledger.json").write_text('{"format":"runner-ledger/2"}')

    with pytest.raises(LogUnwritable, match="runner-ledger/2"):
        reopen()


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00"])
def test_an_unreadable_format_is_refused(
    ledger: FileLedger, directory: Path, reopen: Callable[[], FileLedger], content: str
) -> None:
    """What cannot be read is not taken for the right format."""
    ledger.close()
    (directory / "ledger.json").write_text(content)

    with pytest.raises(LogUnwritable, match=r"ledger\.json cannot be read"):
        reopen()
