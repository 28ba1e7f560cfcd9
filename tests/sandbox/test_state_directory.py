"""The directory of a sandbox: whose it is, who may read it, and that there is one server in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.sandbox import state_directory as directory


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run under each of these umasks."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Directories are 0700 and files 0600, new ones and taken ones."""
    place = tmp_path / "sandbox"
    place.mkdir(mode=0o777)
    os.close(directory.claim(place))
    directory.write(place / "secret", "x")
    directory.save_state(place, directory.State(1, 2, "eu-west-1", "alice"))

    found = {path.name: oct(_mode(path)) for path in (place, *place.iterdir())}

    assert found == {
        "sandbox": "0o700",
        "tmp": "0o700",
        "lock": "0o600",
        "secret": "0o600",
        "sandbox.json": "0o600",
    }


def test_claimed_directory_cannot_be_claimed_again(tmp_path: Path) -> None:
    """As long as the lock is held nobody else gets in, and nothing in there is touched."""
    lock = directory.claim(tmp_path)
    directory.write(tmp_path / "config", "mine")

    with pytest.raises(UsageError, match="already runs here"):
        directory.claim(tmp_path)

    assert directory.is_alive(tmp_path)
    assert (tmp_path / "config").read_text() == "mine"
    os.close(lock)
    assert not directory.is_alive(tmp_path)


def test_dead_sandboxs_directory_is_cleared(tmp_path: Path) -> None:
    """What a killed server left behind is removed, links themselves and not where they lead."""
    os.close(directory.claim(tmp_path))
    (tmp_path / "tmp" / "left").write_text("x")
    outside = tmp_path.with_name("outside")
    outside.mkdir()
    (tmp_path / "link").symlink_to(outside)

    os.close(directory.claim(tmp_path))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "tmp"]
    assert outside.is_dir()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    """A directory that holds something of the user's is refused untouched."""
    (tmp_path / "thesis.tex").write_text("x")

    with pytest.raises(UsageError, match="not empty"):
        directory.claim(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_link_is_no_directory(tmp_path: Path) -> None:
    """A link somebody else may have laid is refused."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(UsageError, match="not a directory of yours"):
        directory.claim(tmp_path / "link")


def test_foreign_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that belongs to another user is refused."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(UsageError, match="not a directory of yours"):
        directory.claim(tmp_path)


def test_state_comes_back(tmp_path: Path) -> None:
    """What was saved is loaded."""
    state = directory.State(pid=7, port=4566, region="eu-west-1", profile="alice")
    directory.save_state(tmp_path, state)

    assert directory.load_state(tmp_path) == state


@pytest.mark.parametrize("text", [None, "", "{}", '{"pid": "x", "port": 1, "region": "r", "profile": "p"}', "[]"])
def test_directory_without_state_is_no_sandbox(tmp_path: Path, text: str | None) -> None:
    """A missing or broken state file is a usage error that says how to start."""
    if text is not None:
        (tmp_path / "sandbox.json").write_text(text)

    with pytest.raises(UsageError, match="no sandbox runs here"):
        directory.load_state(tmp_path)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_STATE_HOME": "/var/x", "HOME": "/home/a"}, "/var/x/runner/sandbox"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/runner/sandbox"),
        ({}, str(Path("~").expanduser() / ".local/state/runner/sandbox")),
    ],
)
def test_default_place_follows_xdg(environ: dict[str, str], expected: str) -> None:
    """XDG_STATE_HOME decides, ~/.local/state otherwise."""
    assert directory.default_directory(environ) == Path(expected)
