"""What a killed writer leaves is kept, named, and no obstacle: for a line cut at any byte, recovery included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit.line import sha256
from runner.audit.log import FileLedger
from runner.audit.record import Recovered, StepOpened
from runner.audit.verify import Verified, verify_ledger
from runner.model.ports import Ledger

Reopen = Callable[[], FileLedger]
RECORD = StepOpened("bucket", "s3.delete_bucket", "arn")


def _types(segment: Path) -> list[str]:
    found = []
    for line in segment.read_bytes().splitlines():
        try:
            found.append(str(json.loads(line)["type"]))
        except ValueError:
            found.append("torn")
    return found


@pytest.fixture
def written(ledger: FileLedger, segment: Path, whole_run: Callable[[Ledger], None]) -> bytes:
    """Return the bytes of a log that holds one run, closed."""
    whole_run(ledger)
    ledger.close()
    return segment.read_bytes()


def test_a_line_cut_at_any_byte(written: bytes, segment: Path, directory: Path, reopen: Reopen) -> None:
    """Wherever the last line was cut, the next run goes on and the log is sound; nothing that was written is lost."""
    start = written.rstrip(b"\n").rfind(b"\n") + 1
    # A writer that is killed while it writes a line has not signed it yet.
    signed = directory / "checkpoints" / f"{len(written.splitlines()):020d}"
    for cut in range(start, len(written)):
        segment.write_bytes(written[:cut])
        signed.unlink(missing_ok=True)

        reopen().close()

        assert isinstance(verify_ledger(directory), Verified)
        assert segment.read_bytes().startswith(written[:cut])
        ends = ["run.close"] if cut == len(written) - 1 else ["torn", "recovered"] if cut > start else ["step.close"]
        assert _types(segment)[-len(ends) :] == ends


def test_recovery_cut_at_any_byte(written: bytes, segment: Path, directory: Path, reopen: Reopen) -> None:
    """A writer that is killed while it recovers leaves one more line to name, which the next one does."""
    torn = written + b'{"account"'
    segment.write_bytes(torn)
    reopen().close()
    recovered = segment.read_bytes()
    for cut in range(len(torn), len(recovered), 5):
        segment.write_bytes(recovered[:cut])

        reopen().close()

        assert isinstance(verify_ledger(directory), Verified)
        named = json.loads(segment.read_bytes().splitlines()[-1])["torn"]
        is_whole = cut <= len(torn) + 1 or cut == len(recovered) - 1
        assert [item["seq"] for item in named] == ([11] if is_whole else [11, 12])


def test_recovery_names_what_it_found(written: bytes, segment: Path, reopen: Reopen) -> None:
    """The record has each unfinished line's number, length and digest, and the digest of the line before them."""
    segment.write_bytes(written + b'{"torn' + b"\n" + b"\n" + b"again")

    reopen().close()

    data = json.loads(segment.read_bytes().splitlines()[-1])
    assert data["type"] == Recovered.type
    assert data["after"] == sha256(written.splitlines()[-1])
    assert data["torn"] == [
        {"seq": 11, "bytes": 6, "sha256": sha256(b'{"torn')},
        {"seq": 12, "bytes": 0, "sha256": sha256(b"")},
        {"seq": 13, "bytes": 5, "sha256": sha256(b"again")},
    ]


def test_a_run_recovers_what_another_left_meanwhile(ledger: FileLedger, segment: Path, directory: Path) -> None:
    """An open ledger goes on after another writer was killed in the middle of a line."""
    ledger.append(RECORD)
    with segment.open("ab") as file:
        file.write(b'{"torn')

    receipt = ledger.append(RECORD)

    assert receipt.seq == 3
    assert _types(segment) == ["step.open", "torn", "recovered", "step.open"]
    assert not {flaw.kind.value for flaw in verify_ledger(directory).warnings} & {"unparsable"}
