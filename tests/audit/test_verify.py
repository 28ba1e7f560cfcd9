"""Verification: checked-in logs with what is wrong in each of them, and the ledger as a whole.

``vectors/valid.jsonl`` is a log of two runs as the ledger writes it; the other vectors are that log with one thing done
to it. ``expected.json`` names what verification finds, as ``line: kind``.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from runner.audit import chain, log, verify
from runner.audit.blob import BadBlob, blob_path
from runner.audit.flaw import Flaw, Kind
from runner.audit.line import sha256
from runner.audit.log import FileLedger, open_ledger
from runner.audit.origin import Origin
from runner.audit.record import CallIntent, StepOpened
from runner.audit.segment import Segment
from runner.audit.verify import Broken, Verified, verify_ledger
from runner.audit.walk import MAX_FLAWS
from runner.errors import UsageError
from runner.model.canonical import encode
from runner.model.ports import Clock, Ledger, Receipt

VECTORS = Path(__file__).parent / "vectors"
EXPECTED: dict[str, Any] = json.loads((VECTORS / "expected.json").read_text())


def _no_blob(digest: str) -> bytes:
    raise BadBlob(f"{digest} is not here")


def _verify(*segments: tuple[int, bytes]) -> Verified | Broken:
    parts = (Segment(first, content.splitlines(keepends=True)) for first, content in segments)
    return verify.verify(parts, _no_blob)


def _short(flaws: tuple[Flaw, ...]) -> list[str]:
    return [f"{flaw.place.line}: {flaw.kind.value}" for flaw in flaws]


def test_every_vector_has_an_expectation() -> None:
    """No vector stands there untested."""
    assert {path.stem for path in VECTORS.glob("*.jsonl")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_vectors(name: str) -> None:
    """Each thing that can be done to a log is found, named and placed; what a crash leaves is a warning only."""
    found = _verify((0, (VECTORS / f"{name}.jsonl").read_bytes()))

    flaws = found.flaws if isinstance(found, Broken) else ()
    seen = {
        "verified": isinstance(found, Verified),
        "flaws": _short(flaws),
        "warnings": _short(found.warnings),
    }
    assert seen == EXPECTED[name]


def test_the_format_holds_still(
    directory: Path, clock: Clock, segment: Path, monkeypatch: pytest.MonkeyPatch, whole_run: Callable[[Ledger], None]
) -> None:
    """The ledger writes, byte for byte, what it wrote when the vectors were made."""
    nanoseconds = count(10**15, 10**6)
    origin = Origin("build-7", "alice", 4242, "00000000-0000-4000-8000-000000000000", "runner 1")
    monkeypatch.setattr(log, "Origin", type("Here", (), {"here": staticmethod(lambda _: origin)}))
    monkeypatch.setattr(time, "monotonic_ns", lambda: next(nanoseconds))
    monkeypatch.setattr(chain, "allocate", lambda *_: "")

    for run in ("01JE0000000000000000000001", "01JE0000000000000000000002"):
        with open_ledger(directory, tool="runner 1", clock=clock, run=run) as ledger:
            whole_run(ledger)

    assert segment.read_bytes() == (VECTORS / "valid.jsonl").read_bytes()


def test_a_sound_log_has_a_head() -> None:
    """The last line's number and digest are what somebody outside may remember."""
    content = (VECTORS / "valid.jsonl").read_bytes()

    assert _verify((0, content)) == Verified(22, 2, Receipt(21, sha256(content.splitlines()[-1])), ())


def test_results_have_a_plain_form() -> None:
    """Both results can be printed as JSON, and both say what verification cannot see."""
    sound = _verify((0, (VECTORS / "torn-last.jsonl").read_bytes())).to_data()
    broken = _verify((0, (VECTORS / "changed.jsonl").read_bytes())).to_data()

    assert encode([sound, broken])
    assert (sound["verified"], broken["verified"]) == (True, False)
    assert sound["cannot_see"] == broken["cannot_see"] == verify.CANNOT_SEE


def test_an_empty_log_has_no_head() -> None:
    """There is nothing to remember of a log without lines."""
    assert _verify() == Verified(0, 0, None, ())


def _cut(at: int) -> tuple[bytes, bytes]:
    lines = (VECTORS / "valid.jsonl").read_bytes().splitlines(keepends=True)
    return b"".join(lines[:at]), b"".join(lines[at:])


def test_segments_join() -> None:
    """A log in two segments is as sound as in one."""
    first, second = _cut(12)

    assert isinstance(_verify((0, first), (12, second)), Verified)


@pytest.mark.parametrize(
    ("segments", "kind", "message"),
    [
        ([(12, 1)], Kind.MISSING, "lines 0 to 11 are gone"),
        ([(0, 0), (13, 1)], Kind.MISSING, "lines 12 to 12 are gone"),
        ([(0, 0), (11, 1)], Kind.INSERTED, "the segment's name says 11, but line 12 comes next"),
        ([(0, 0), (12, 1), (12, 1)], Kind.INSERTED, "the segment's name says 12, but line 22 comes next"),
    ],
)
def test_segments_that_do_not_join(segments: list[tuple[int, int]], kind: Kind, message: str) -> None:
    """A segment that is gone, renamed or doubled is found by its name."""
    parts = _cut(12)

    found = _verify(*((first, parts[index]) for first, index in segments))

    assert isinstance(found, Broken)
    first = next(flaw for flaw in found.flaws if flaw.place.line == 0)
    assert (first.kind, first.message) == (kind, message)


def test_a_segment_ends_with_a_newline() -> None:
    """An open line is a crash at the end of the log only."""
    first, second = _cut(12)

    found = _verify((0, first.removesuffix(b"\n")), (12, second))

    assert isinstance(found, Broken)
    assert str(found.flaws[0].place) == "000000000000.jsonl:12"
    assert found.flaws[0].message == "the segment does not end with a newline"


def test_more_unfinished_lines_than_crashes_leave() -> None:
    """A tail of garbage is not explained by killed writers."""
    content = (VECTORS / "valid.jsonl").read_bytes()

    found = _verify((0, content + b"garbage\n" * 33))

    assert isinstance(found, Broken)
    assert {flaw.kind for flaw in found.flaws} == {Kind.UNPARSABLE}


def test_verification_stops_when_everything_is_wrong() -> None:
    """A file of nonsense does not make a list without end."""
    lines = (VECTORS / "valid.jsonl").read_bytes().splitlines(keepends=True)

    found = _verify((0, b"".join(lines[3:4] * 1000)))

    assert isinstance(found, Broken)
    assert (len(found.flaws), found.complete) == (MAX_FLAWS, False)


def test_a_ledger_is_verified_with_its_blobs(ledger: FileLedger, directory: Path) -> None:
    """A blob is part of the record that names it: changed or gone, it is found."""
    ledger.append(StepOpened("s", "a", "t"))
    intent = ledger.append(CallIntent("s", "s3", "DeleteObjects", (), "", "2", tuple("x" * 5000)))
    blob = next(directory.rglob("*.json.gz"))
    content = blob.read_bytes()

    blob.write_bytes(gzip.compress(b"[]"))
    changed = verify_ledger(directory)
    blob.unlink()
    gone = verify_ledger(directory)
    blob.write_bytes(content)
    sound = verify_ledger(directory)

    for result in (changed, gone):
        assert isinstance(result, Broken)
        assert Kind.BAD_BLOB in {flaw.kind for flaw in result.flaws}
        assert result.flaws[-1].place.line == intent.seq + 1
    assert Kind.BAD_BLOB not in {flaw.kind for flaw in getattr(sound, "flaws", ())}
    assert directory / blob_path(sha256(gzip.decompress(content))) == blob


def test_a_ledger_that_is_not_there(directory: Path) -> None:
    """A missing ledger is not an empty one."""
    with pytest.raises(UsageError, match="no audit log"):
        verify_ledger(directory)


def test_a_link_in_place_of_a_segment_is_not_read(ledger: FileLedger, directory: Path, segment: Path) -> None:
    """A reader does not follow a symbolic link either."""
    ledger.append(StepOpened("s", "a", "t"))
    segment.symlink_to(segment.rename(directory / "moved"))

    with pytest.raises(UsageError, match="cannot be read"):
        verify_ledger(directory)


def test_something_else_in_place_of_a_segment_is_not_read(directory: Path, segment: Path) -> None:
    """A pipe in the place of a segment is not waited for, and a file in the place of the log is refused."""
    segment.parent.mkdir(parents=True)
    os.mkfifo(segment)
    with pytest.raises(UsageError, match="not a file"):
        verify_ledger(directory)
    segment.unlink()
    segment.parent.rmdir()
    segment.parent.write_text("a file")

    with pytest.raises(UsageError, match="cannot be read"):
        verify_ledger(directory)


def test_other_files_are_no_segments(ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]) -> None:
    """An editor's copy beside the log is not read as part of it."""
    whole_run(ledger)
    (directory / "log" / "000000000000.jsonl~").write_text("nonsense")

    assert isinstance(verify_ledger(directory), Verified)
