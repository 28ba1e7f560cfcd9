"""Checkpoints: when they are made, what they find, and that nothing is signed that does not go on from them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit import chain, signing
from runner.audit.checkpoint_store import CheckpointStore
from runner.audit.flaw import Kind
from runner.audit.log import FileLedger, open_ledger
from runner.audit.note import NoteKey
from runner.audit.record import CallOutcome, SeenGone, StepOpened
from runner.audit.verify import Broken, Verified, verify_ledger
from runner.cli.wiring import SystemClock
from runner.errors import LogUnwritable, UsageError
from runner.model.ports import Ledger

Reopen = Callable[[], FileLedger]
WholeRun = Callable[[Ledger], None]
RECORD = StepOpened("s", "s3.delete_bucket", "arn")


def kinds(directory: Path) -> set[Kind]:
    """Return what verification finds."""
    found = verify_ledger(directory)
    return {flaw.kind for flaw in found.flaws} if isinstance(found, Broken) else set()


def names(directory: Path) -> list[int]:
    """Return the sizes that were signed."""
    return sorted(int(path.name) for path in (directory / "checkpoints").iterdir())


def lines(directory: Path) -> list[bytes]:
    """Return the log's lines."""
    return (directory / "log" / "000000000000.jsonl").read_bytes().splitlines(keepends=True)


def test_a_run_is_signed_as_it_begins_and_ends(ledger: FileLedger, directory: Path, whole_run: WholeRun) -> None:
    """Before the first call, and over the last record."""
    whole_run(ledger)

    found = verify_ledger(directory)
    assert isinstance(found, Verified)
    assert names(directory) == [2, 11]
    assert (found.checkpoints, found.records) == (2, 11)
    assert found.signed is not None
    assert found.signed.size == 11
    assert found.key == (directory / "keys" / "log.vkey").read_text().strip()


def test_a_long_run_is_signed_on_the_way(
    ledger: FileLedger, directory: Path, whole_run: WholeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When enough outcomes are not signed, the tree is signed before the next call."""
    monkeypatch.setattr(signing, "EVERY", 2)
    whole_run(ledger)
    before = len(names(directory))
    for _ in range(4):
        ledger.append(CallOutcome(5, "0" * 64, "ok"))
        ledger.append(SeenGone("s", "arn", "gone"))

    assert len(names(directory)) == before + 2


def test_the_edge_saves_reading_and_is_not_needed(
    ledger: FileLedger, directory: Path, whole_run: WholeRun, reopen: Reopen
) -> None:
    """Without the kept edge, or with one that is wrong, the tree is made from the lines again, with the same root."""
    whole_run(ledger)
    ledger.close()
    for edge in (None, "", '{"size":1,"edge":["00"]}', json.dumps({"size": 1, "edge": ["00" * 32]})):
        path = directory / "tree.json"
        path.unlink() if edge is None else path.write_text(edge)
        with reopen() as again:
            whole_run(again)

    assert isinstance(verify_ledger(directory), Verified)


def test_several_segments(
    directory: Path, whole_run: WholeRun, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tree goes over all segments, whether or not its edge is kept."""
    monkeypatch.setattr(chain, "SEGMENT_BYTES", 4000)
    for _ in range(3):
        with reopen() as again:
            whole_run(again)
    (directory / "tree.json").unlink()
    with reopen() as again:
        whole_run(again)

    assert len(list((directory / "log").iterdir())) > 2
    assert isinstance(verify_ledger(directory), Verified)


def test_a_cut_end_is_found(ledger: FileLedger, directory: Path, whole_run: WholeRun, segment: Path) -> None:
    """Records cut off behind a checkpoint that was kept; the chain alone would not show it."""
    whole_run(ledger)
    segment.write_bytes(b"".join(lines(directory)[:-1]))

    assert kinds(directory) == {Kind.CUT}


def test_a_cut_log_is_not_written(
    ledger: FileLedger, directory: Path, whole_run: WholeRun, segment: Path, reopen: Reopen
) -> None:
    """The next run refuses a log that is shorter than what was signed."""
    whole_run(ledger)
    ledger.close()
    segment.write_bytes(b"".join(lines(directory)[:-1]))

    with pytest.raises(LogUnwritable, match="it ends at line 10, and 11 lines were signed"):
        reopen()


def test_a_log_written_anew_is_not_continued(
    ledger: FileLedger, directory: Path, whole_run: WholeRun, reopen: Reopen, tmp_path: Path
) -> None:
    """Another log of the same length in its place, sound in itself, is not what was signed."""
    whole_run(ledger)
    ledger.close()
    kept = tmp_path / "kept"
    shutil.copytree(directory / "checkpoints", kept)
    shutil.rmtree(directory / "log")
    shutil.rmtree(directory / "checkpoints")
    (directory / "tree.json").unlink()
    with reopen() as other:
        whole_run(other)
    shutil.rmtree(directory / "checkpoints")
    shutil.copytree(kept, directory / "checkpoints")
    (directory / "tree.json").unlink()

    assert kinds(directory) == {Kind.NOT_AS_SIGNED}
    with pytest.raises(LogUnwritable, match="are not those that were signed"):
        reopen()


def test_a_changed_checkpoint_is_found(ledger: FileLedger, directory: Path, whole_run: WholeRun) -> None:
    """A checkpoint whose text was changed has no good signature."""
    whole_run(ledger)
    path = directory / "checkpoints" / f"{11:020d}"
    path.write_text(path.read_text(encoding="utf-8").replace("\n11\n", "\n12\n"), encoding="utf-8")

    assert kinds(directory) == {Kind.BAD_CHECKPOINT}


def test_a_checkpoint_under_another_name_is_found(ledger: FileLedger, directory: Path, whole_run: WholeRun) -> None:
    """An older checkpoint, put where a newer one was, is not taken for it."""
    whole_run(ledger)
    shutil.copy(directory / "checkpoints" / f"{2:020d}", directory / "checkpoints" / f"{11:020d}")

    assert kinds(directory) == {Kind.BAD_CHECKPOINT}


def test_another_ledger_s_checkpoints(ledger: FileLedger, directory: Path, whole_run: WholeRun, tmp_path: Path) -> None:
    """With the key that was kept, a ledger that somebody made anew, key and all, is not the one."""
    whole_run(ledger)
    kept = NoteKey.parse((directory / "keys" / "log.vkey").read_text())
    ledger.close()
    shutil.move(directory, tmp_path / "old")
    with open_ledger(directory, tool="t", clock=SystemClock()) as anew:
        whole_run(anew)

    assert isinstance(verify_ledger(directory), Verified)
    found = verify_ledger(directory, kept)
    assert isinstance(found, Broken)
    assert {flaw.kind for flaw in found.flaws} == {Kind.BAD_CHECKPOINT}


def test_a_foreign_key_is_not_used(ledger: FileLedger, directory: Path, whole_run: WholeRun, reopen: Reopen) -> None:
    """A key of another log in the key's place ends the run instead of signing with it."""
    whole_run(ledger)
    ledger.close()
    path = directory / "keys" / "log.key"
    path.write_text(path.read_text().replace("guarded-runner/", "guarded-runner/f", 1))

    with pytest.raises(LogUnwritable, match=r"keys/log\.key is not the key of this log"):
        reopen()


def test_the_key_is_private(ledger: FileLedger, directory: Path, whole_run: WholeRun) -> None:
    """The private key is for this user alone, and stands in no repr."""
    whole_run(ledger)
    path = directory / "keys" / "log.key"
    secret = path.read_text().strip().split("+", 4)[4]

    assert path.stat().st_mode & 0o777 == 0o600
    assert secret not in repr(ledger)
    store = ledger._signing._store
    assert isinstance(store, CheckpointStore)
    assert secret not in repr(store._key)


def test_a_checkpoint_that_cannot_be_read_is_said(ledger: FileLedger, directory: Path, whole_run: WholeRun) -> None:
    """A link in a checkpoint's place, or a file in the folder's, is not taken for there being none."""
    whole_run(ledger)
    folder = directory / "checkpoints"
    (folder / "00000000000000000011.sig").symlink_to("nowhere")
    with pytest.raises(UsageError, match="checkpoints cannot be read"):
        verify_ledger(directory)
    shutil.rmtree(folder)
    folder.write_text("in the way")

    with pytest.raises(UsageError, match="checkpoints cannot be read"):
        verify_ledger(directory)
