"""Several processes read one log: they find what one finds, and one is enough when they cannot."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from runner.audit import survey, surveyor
from runner.audit.log import open_ledger
from runner.audit.reading import read_lines
from runner.audit.stretch import Stretch
from runner.audit.survey import Apart
from runner.audit.surveyor import Begin, Cut, answer_from, send
from runner.audit.verify import Broken, Verified, verify_ledger
from runner.errors import UsageError
from runner.model.ports import Clock, Ledger

ONE = Apart(processes=1)
TWO = Apart(processes=2, stretch=3000, least=0)


@pytest.fixture
def long(directory: Path, clock: Clock, whole_run: Callable[[Ledger], None]) -> Path:
    """Return the directory of a log of seven runs."""
    for _ in range(7):
        with open_ledger(directory, tool="runner 1", clock=clock) as ledger:
            whole_run(ledger)
    return directory


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let there be two processors, and return the ids of the processes that are started."""
    monkeypatch.setattr(survey, "_processors", lambda: 2)
    ids: list[int] = []
    real = survey._started

    def start() -> object:
        process = real()
        ids.append(process.pid)
        return process

    monkeypatch.setattr(survey, "_started", start)
    return ids


def _read_again(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return where the stretches begin whose lines are read in this process."""
    begun: list[int] = []
    real = read_lines

    def read(path: Path, start: int, end: int | None) -> object:
        def lines() -> object:
            begun.append(start)
            yield from real(path, start, end)

        return lines()

    monkeypatch.setattr(survey, "read_lines", read)
    return begun


def test_two_processes_find_what_one_finds(long: Path, started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a sound log no line is read twice; the processes have ended afterwards."""
    again = _read_again(monkeypatch)
    found = verify_ledger(long, apart=TWO)

    assert (len(started), again) == (2, [])
    assert isinstance(found, Verified)
    assert found == verify_ledger(long, apart=ONE)
    assert (found.records, found.checkpoints) == (77, 14)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_was_changed_is_found_where_it_is(long: Path, started: list[int]) -> None:
    """A line of the middle was changed: the same flaws, and the log is read line by line from there."""
    segment = long / "log" / "000000000000.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[40] = lines[40].replace(b'"runner 1"', b'"runner 2"')
    segment.write_bytes(b"".join(lines))

    found = verify_ledger(long, apart=TWO)

    assert isinstance(found, Broken)
    assert len(started) == 2
    assert found == verify_ledger(long, apart=ONE)
    assert 42 in {flaw.place.line for flaw in found.flaws}


def test_a_short_log_is_read_by_one(long: Path, started: list[int]) -> None:
    """Starting processes takes longer than reading a short log."""
    verify_ledger(long)

    assert started == []


@pytest.mark.parametrize(
    ("step", "times"), [("_started", 0), ("_started", 1), ("send", 0), ("send", 3), ("answer_from", 2)]
)
def test_processes_that_fail_are_done_without(
    long: Path, started: list[int], step: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process cannot be started, told, asked or heard, the log is read here, and none is left behind."""
    real, calls = getattr(survey, step), count()

    def fail(*arguments: object) -> object:
        if next(calls) >= times:
            raise BrokenPipeError
        return real(*arguments)

    monkeypatch.setattr(survey, step, fail)

    assert verify_ledger(long, apart=TWO) == verify_ledger(long, apart=ONE)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_as_many_processors_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that this process may use, where the system says it; else all."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert survey._processors() == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    assert survey._processors() == (os.cpu_count() or 1)


@pytest.mark.usefixtures("started")
def test_a_segment_that_cannot_be_read_is_said(long: Path) -> None:
    """What the processes cannot read, nobody takes for read."""
    (long / "log" / "000000000077.jsonl").symlink_to(long / "log" / "000000000000.jsonl")

    with pytest.raises(UsageError, match="cannot be read"):
        verify_ledger(long, apart=TWO)


def test_a_segment_that_vanishes_is_said(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that was there a moment ago is missing, and not empty."""
    monkeypatch.setattr(survey, "segment_paths", lambda directory: ((0, directory / "log" / "gone"),))

    with pytest.raises(UsageError, match="cannot be read"):
        verify_ledger(long)


def test_every_line_is_in_one_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a file is cut, its lines are read once; a line that is read in pieces is so from its beginning."""
    monkeypatch.setattr("runner.audit.reading._LONGEST", 7)
    path = tmp_path / "lines"
    path.write_bytes(b"a\n\nlonger than seven bytes\nbb\n" + b"c" * 7 + b"\nopen at the end")
    whole = list(read_lines(path))

    for length in range(1, 60):
        cuts = range(0, path.stat().st_size, length)
        pieces = [line for start in cuts[:-1] for line in read_lines(path, start, start + length)]
        assert [*pieces, *read_lines(path, cuts[-1])] == whole


def test_a_surveyor_answers_until_nobody_asks(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of the ledger, surveys what it is asked for, and knows nothing of what it cannot read."""
    segment = str(long / "log" / "000000000000.jsonl")
    asks = io.BytesIO()
    for message in (Begin(str(long), frozenset({2})), Cut(segment, 0, 3000), Cut(segment + "x", 0, None)):
        send(asks, message)
    asks.seek(0)
    answers = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(asks))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(answers))

    surveyor.main()

    answers.seek(0)
    first = answer_from(answers)
    assert isinstance(first, Stretch)
    assert first.first == 0
    assert [noted.index for noted in first.noted if noted.subtrees] == [1]
    assert answer_from(answers) is None
    with pytest.raises(BrokenPipeError):
        answer_from(answers)


def test_nothing_is_sent_where_nobody_listens() -> None:
    """A process without pipes is one that has ended."""
    with pytest.raises(BrokenPipeError):
        send(None, Begin("ledger", None))
    with pytest.raises(BrokenPipeError):
        answer_from(None)
