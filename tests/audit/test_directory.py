"""The ledger's directories and files are this user's alone."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.audit import directory as directory_module
from runner.audit.directory import open_log, open_root, write_new, write_whole
from runner.audit.log import FileLedger
from runner.audit.record import StepOpened
from runner.errors import LogUnwritable

RECORD = StepOpened("bucket", "s3.delete_bucket", "arn")


@pytest.fixture(params=[0o000, 0o777], ids=["umask 000", "umask 777"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the most open and the most closed umask."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Directories, missing parents included, are 0700 and files 0600."""
    place = tmp_path / "state" / "ledger"
    tmp_path.chmod(0o700)

    root = open_root(place)
    write_new("ledger.json", root, b"{}")
    os.close(open_log("a.jsonl", root, create=True))
    os.close(root)

    assert {stat.S_IMODE(path.stat().st_mode) for path in (place, place.parent)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_a_link_in_place_of_the_ledger_is_refused(
    directory: Path, tmp_path: Path, reopen: Callable[[], FileLedger]
) -> None:
    """The ledger's own directory is not reached through a symbolic link."""
    (tmp_path / "elsewhere").mkdir()
    directory.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(LogUnwritable):
        reopen()


def test_a_link_in_place_of_a_segment_is_refused(
    ledger: FileLedger, segment: Path, tmp_path: Path, reopen: Callable[[], FileLedger]
) -> None:
    """A segment that became a symbolic link is not written through."""
    ledger.append(RECORD)
    segment.rename(tmp_path / "moved")
    segment.symlink_to(tmp_path / "moved")

    with pytest.raises(LogUnwritable) as caught:
        reopen()

    assert "symbolic link" in caught.value.hint


def test_a_link_above_the_ledger_is_followed(tmp_path: Path) -> None:
    """A home directory may lie behind a link: only what is the ledger's own must be what it seems."""
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")

    os.close(open_root(tmp_path / "home" / "ledger"))

    assert (tmp_path / "real" / "ledger").is_dir()


@pytest.mark.parametrize("where", ["ledger", "ledger/log", "ledger/log/000000000000.jsonl"])
def test_what_others_may_write_is_refused(
    ledger: FileLedger, tmp_path: Path, where: str, reopen: Callable[[], FileLedger]
) -> None:
    """A directory or segment that the group may write to is no place for evidence."""
    ledger.append(RECORD)
    path = tmp_path / where
    path.chmod(path.stat().st_mode | stat.S_IWGRP)

    with pytest.raises(LogUnwritable, match="others may write"):
        reopen()


def test_what_belongs_to_somebody_else_is_refused(
    ledger: FileLedger, reopen: Callable[[], FileLedger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's ledger is not continued."""
    ledger.append(RECORD)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)

    with pytest.raises(LogUnwritable, match="belongs to user"):
        reopen()


def test_a_pipe_in_place_of_a_segment_is_refused(
    ledger: FileLedger, segment: Path, reopen: Callable[[], FileLedger]
) -> None:
    """Something that is not a file is refused at once instead of being waited for."""
    ledger.append(RECORD)
    segment.unlink()
    os.mkfifo(segment, 0o600)

    with pytest.raises(LogUnwritable, match="something else"):
        reopen()


def test_a_file_in_place_of_the_ledger_is_refused(directory: Path, reopen: Callable[[], FileLedger]) -> None:
    """A file where the directory should be is refused."""
    directory.write_text("not a directory")

    with pytest.raises(LogUnwritable, match="Not a directory"):
        reopen()


def test_a_missing_file_is_made_only_when_asked(directory: Path) -> None:
    """Looking for a segment does not make one."""
    root = open_root(directory)

    with pytest.raises(FileNotFoundError):
        open_log("a.jsonl", root, create=False)

    os.close(root)
    assert list(directory.iterdir()) == []


def test_a_failed_whole_write_leaves_nothing(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is there with all its content or not at all."""
    root = open_root(directory)
    monkeypatch.setattr(os, "write", lambda *_: 1)

    with pytest.raises(OSError, match="only 1 of 2 bytes"):
        write_new("ledger.json", root, b"{}")

    os.close(root)
    assert list(directory.iterdir()) == []


def test_a_full_device_is_an_error() -> None:
    """A write that the device refuses is an error."""
    full = os.open("/dev/full", os.O_WRONLY)

    with pytest.raises(OSError, match="No space left"):
        write_whole(full, b"{}\n")

    os.close(full)


def test_macos_is_asked_for_more_than_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has a call that empties the drive's cache, that call is used."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(directory_module, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", lambda *given: asked.append(given))

    directory_module.sync(7)

    assert asked == [(7, 51)]
