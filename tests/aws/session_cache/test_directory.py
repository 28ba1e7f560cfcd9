"""The directory of kept sessions is private under any umask, and what is not private is not used."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.aws.session_cache.directory import MAX_SIZE, SessionDirectory, sessions_directory
from runner.errors import UsageError

NAME = f"{'a' * 64}.json"
DIGEST = "a" * 64


def nobody() -> None:
    """Fail, because nobody else has the lock."""
    pytest.fail("nobody else has the lock")


@pytest.fixture(params=[0, 0o277], ids=["open to all", "closed to ourselves"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set a careless umask, or one that takes our own rights away."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(directory: SessionDirectory) -> set[str]:
    """Return the modes of the directory and of everything in it."""
    return {stat.filemode(found.lstat().st_mode) for found in (directory.path, *directory.path.iterdir())}


@pytest.mark.usefixtures("umask")
def test_everything_is_private_under_any_umask(directory: SessionDirectory) -> None:
    """Directories are 0700, also those above that had to be made; files and locks are 0600."""
    with directory.locked(DIGEST, nobody):
        directory.write(NAME, b"content")

    assert modes(directory) == {"drwx------", "-rw-------"}
    assert stat.filemode(directory.path.parent.stat().st_mode) == "drwx------"
    assert directory.read(NAME) == b"content"


def test_a_file_is_the_old_one_or_the_new_one(directory: SessionDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails in the middle leaves the earlier content, and no remains."""
    with directory.locked(DIGEST, nobody):
        directory.write(NAME, b"old")
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            directory.write(NAME, b"new")

    assert directory.read(NAME) == b"old"
    assert {found.name for found in directory.path.iterdir()} == {NAME, f"{DIGEST}.lock"}


def test_removing_takes_what_a_killed_write_left(directory: SessionDirectory) -> None:
    """A temporary file of a process that was killed holds a session too; other sessions stay."""
    other = f"{'b' * 64}.json"
    with directory.locked(DIGEST, nobody):
        for name in (NAME, f"{NAME}.0123456789abcdef", other):
            directory.write(name, b"content")

    assert directory.remove(NAME)
    assert not directory.remove(NAME)
    assert {found.name for found in directory.path.iterdir()} == {other, f"{DIGEST}.lock"}


def test_without_a_directory_there_is_nothing(directory: SessionDirectory) -> None:
    """Looking makes no directory."""
    assert (directory.read(NAME), directory.remove(NAME), directory.digests()) == (None, False, ())
    assert not directory.path.exists()


def test_sessions_are_listed_by_their_locks(directory: SessionDirectory) -> None:
    """A session in the keyring has a lock here as well, so that it is found; foreign files are not sessions."""
    for digest in ("b" * 64, DIGEST):
        with directory.locked(digest, nobody):
            (directory.path / "notes.lock").touch()

    assert directory.digests() == (DIGEST, "b" * 64)


def open_to_others(directory: SessionDirectory) -> None:
    """Let others look into the directory."""
    directory.path.mkdir(parents=True, mode=0o755)


def linked(directory: SessionDirectory) -> None:
    """Let the directory be a link to another one, which is private."""
    elsewhere = directory.path.parent.parent / "elsewhere"
    elsewhere.mkdir(parents=True, mode=0o700)
    directory.path.parent.mkdir(parents=True)
    directory.path.symlink_to(elsewhere)


def a_file(directory: SessionDirectory) -> None:
    """Let the directory be a file."""
    directory.path.parent.mkdir(parents=True)
    directory.path.touch(mode=0o600)


@pytest.mark.parametrize("prepare", [open_to_others, linked, a_file], ids=lambda it: it.__name__)
def test_a_directory_that_is_not_private_is_not_used(
    directory: SessionDirectory, prepare: Callable[[SessionDirectory], None]
) -> None:
    """Who can write there could hand us another person's session; nothing is written, followed or repaired."""
    prepare(directory)

    with pytest.raises(OSError, match=r"others may use it|symbolic link|Not a directory|Too many levels"):
        directory.locked(DIGEST, nobody).__enter__()
    for use in (lambda: directory.read(NAME), lambda: directory.write(NAME, b"x"), directory.digests):
        with pytest.raises(OSError, match=r"."):
            use()
    assert [*directory.path.parent.parent.rglob("*.lock"), *directory.path.parent.parent.rglob("*.json")] == []


def test_a_directory_of_somebody_else_is_not_used(directory: SessionDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner could exchange what is in it."""
    directory.path.mkdir(parents=True, mode=0o700)
    owner = directory.path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(PermissionError, match=f"it belongs to user {owner}"):
        directory.read(NAME)


def others_read_it(path: Path) -> None:
    """Let others read the file."""
    path.write_bytes(b"content")
    path.chmod(0o640)


def a_link(path: Path) -> None:
    """Let the file be a link to one that others could write."""
    target = path.parent.parent / "target"
    target.write_bytes(b"content")
    path.symlink_to(target)


def a_pipe(path: Path) -> None:
    """Let the file be a named pipe, which could be waited at for ever."""
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("prepare", [others_read_it, a_link, a_pipe], ids=lambda it: it.__name__)
def test_a_file_that_is_not_private_counts_as_empty(
    directory: SessionDirectory, prepare: Callable[[Path], None]
) -> None:
    """What others could write is not believed; it can be removed, and a link's target stays."""
    directory.path.mkdir(parents=True, mode=0o700)
    prepare(directory.path / NAME)

    assert directory.read(NAME) == b""
    assert directory.remove(NAME)
    assert directory.read(NAME) is None
    target = directory.path.parent / "target"
    assert not target.exists() or target.read_bytes() == b"content"


def test_a_huge_file_is_not_read_whole(directory: SessionDirectory) -> None:
    """Nobody fills our memory."""
    with directory.locked(DIGEST, nobody):
        directory.write(NAME, b"x" * (MAX_SIZE + 10))

    assert len(directory.read(NAME) or b"") == MAX_SIZE


def test_a_lock_is_held_by_one_at_a_time(directory: SessionDirectory) -> None:
    """The second is told that it waits, and goes on when the first is done; another session's lock is free."""
    waits, second = threading.Event(), threading.Event()

    def come_second() -> None:
        with directory.locked(DIGEST, waits.set):
            second.set()

    other = threading.Thread(target=come_second)
    with directory.locked(DIGEST, nobody):
        other.start()
        assert waits.wait(30)
        with directory.locked("b" * 64, nobody):
            assert not second.is_set()
    other.join(30)

    assert second.is_set()


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/runner/sessions"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state/runner/sessions"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/runner/sessions"),
    ],
)
def test_where_sessions_are_kept(environ: dict[str, str], path: str) -> None:
    """The user's state directory, never ~/.aws; a relative one is ignored."""
    assert sessions_directory(environ) == Path(path)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative", "XDG_STATE_HOME": "relative"}])
def test_without_a_home_there_is_no_place(environ: dict[str, str]) -> None:
    """No current directory stands in for it."""
    with pytest.raises(UsageError, match="HOME is not set"):
        sessions_directory(environ)
