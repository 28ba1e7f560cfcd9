"""Disk space is allocated before it is needed."""

from __future__ import annotations

import ctypes
import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.audit import chain, space
from runner.audit.log import FileLedger
from runner.audit.record import CallIntent, CallOutcome, StepOpened
from runner.audit.segment import segment_name
from runner.audit.space import MARGIN, allocate, space_for
from runner.errors import LogUnwritable

INTENT = CallIntent("bucket", "s3", "DeleteBucket", (), "eu-west-1", "2", ("arn",))


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Open an empty file."""
    opened = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield opened
    os.close(opened)


def _answering(*numbers: int) -> Callable[[int, int, int, int], int]:
    """Return an ``fallocate`` that fails with these error numbers, one after the other; 0 is success."""
    left = iter(numbers)

    def call(*_: int) -> int:
        number = next(left)
        ctypes.set_errno(number)
        return -1 if number else 0

    return call


def test_space_lies_past_the_end(descriptor: int) -> None:
    """Allocating changes neither the size nor where the next byte goes."""
    if skipped := allocate(descriptor, 0, 1 << 20):
        pytest.skip(skipped)

    assert os.fstat(descriptor).st_size == 0
    assert os.fstat(descriptor).st_blocks * 512 >= 1 << 20


def test_an_interrupted_call_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal is no failure."""
    monkeypatch.setattr(space, "_fallocate", _answering(errno.EINTR, errno.EINTR, 0))

    assert allocate(3, 0, 1) == ""


def test_a_system_that_has_no_way_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the call is missing or not supported, the reason is returned."""
    monkeypatch.setattr(space, "_fallocate", _answering(errno.EOPNOTSUPP))
    unsupported = allocate(3, 0, 1)
    monkeypatch.setattr(space, "_fallocate", None)

    assert unsupported == "fallocate(2): Operation not supported"
    assert allocate(3, 0, 1) == "this system has no fallocate(2)"


def test_a_library_without_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A C library that lacks fallocate(2) is found out when it is looked for."""
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())

    assert space._find_fallocate() is None


def test_a_full_disk_refuses_the_run(ledger: FileLedger, monkeypatch: pytest.MonkeyPatch, segment: Path) -> None:
    """When the reservation fails nothing is written, and nothing will be."""
    monkeypatch.setattr(space, "_fallocate", _answering(errno.ENOSPC))

    with pytest.raises(LogUnwritable, match="No space left") as caught:
        ledger.reserve(space_for(10))

    assert "free disk space" in caught.value.hint
    assert segment.read_bytes() == b""


def test_the_log_says_what_was_reserved(ledger: FileLedger, segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reserved bytes are recorded, and so is why there are none."""
    monkeypatch.setattr(space, "_fallocate", _answering(0))
    ledger.reserve(space_for(10))
    monkeypatch.setattr(space, "_fallocate", None)
    ledger.reserve(space_for(10))

    first, second = (json.loads(line) for line in segment.read_bytes().splitlines())
    assert (first["type"], first["size"], first["skipped"]) == ("log.reserved", 10 * 2 * 4096 + MARGIN, "")
    assert second["skipped"] == "this system has no fallocate(2)"


def test_there_is_room_after_every_intent(ledger: FileLedger, segment: Path) -> None:
    """After an intent, at least `MARGIN` bytes past the end of the log are this log's already."""
    if "log.reserved" not in _reserved(ledger, segment):
        pytest.skip("this file system cannot allocate past the end")

    for _ in range(600):
        ledger.append(StepOpened("bucket", "s3.delete_bucket", "x" * 3000))
        found = segment.stat()

        assert found.st_blocks * 512 - found.st_size >= MARGIN


def _reserved(ledger: FileLedger, segment: Path) -> str:
    ledger.reserve(0)
    data = json.loads(segment.read_bytes().splitlines()[0])
    return "" if data["skipped"] else str(data["type"])


def test_an_outcome_does_not_ask_for_space(ledger: FileLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the disk full, how a call ended is written, and no further call is begun."""
    intent = ledger.append(INTENT)
    monkeypatch.setattr(chain, "MARGIN", 1 << 40)
    monkeypatch.setattr(space, "_fallocate", _answering(errno.ENOSPC))

    ledger.append(CallOutcome(intent.seq, intent.sha256, "ok"))
    with pytest.raises(LogUnwritable, match="No space left"):
        ledger.append(INTENT)


def test_a_segment_without_room_is_not_begun(
    ledger: FileLedger, directory: Path, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], FileLedger]
) -> None:
    """Another run, whose call is under way, can still write its outcome where it wrote the intent."""
    with reopen() as other:
        intent = other.append(INTENT)
        monkeypatch.setattr(chain, "SEGMENT_BYTES", 100)
        monkeypatch.setattr(space, "_fallocate", _answering(errno.ENOSPC))
        with pytest.raises(LogUnwritable, match="No space left"):
            ledger.append(INTENT)

        other.append(CallOutcome(intent.seq, intent.sha256, "ok"))

    assert [path.name for path in (directory / "log").iterdir()] == [segment_name(0)]


def test_an_outcome_whose_details_do_not_fit_is_written_without_them(
    ledger: FileLedger, segment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What AWS refused of a batch may be lost with the disk full, but not that the batch was sent; then it is over."""
    refused = tuple({"Key": f"exports/{number}", "Code": "AccessDenied"} for number in range(500))
    intent = ledger.append(INTENT)
    monkeypatch.setattr("runner.audit.large.put_blob", _full)

    with pytest.raises(LogUnwritable, match="No space left"):
        ledger.append(CallOutcome(intent.seq, intent.sha256, "ok", refused=refused))

    data = json.loads(segment.read_bytes().splitlines()[-1])
    assert (data["type"], data["refused_lost"], data["refused_count"]) == ("call.outcome", "No space left", 500)
    with pytest.raises(LogUnwritable):
        ledger.append(INTENT)


def test_an_intent_whose_parameters_do_not_fit_is_refused(
    ledger: FileLedger, segment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call is not sent when what it would delete cannot be recorded."""
    monkeypatch.setattr("runner.audit.large.put_blob", _full)

    with pytest.raises(LogUnwritable, match="No space left"):
        ledger.append(CallIntent("s", "s3", "DeleteObjects", (), "", "2", tuple("x" * 5000)))

    assert segment.read_bytes() == b""


def _full(*_: object) -> str:
    raise OSError(errno.ENOSPC, "No space left")
