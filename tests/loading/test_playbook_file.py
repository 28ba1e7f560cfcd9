"""A playbook's file is read without surprises, and its origin is what git says about the very bytes."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from runner.cli import git as asking_git
from runner.cli.playbook_file import read_playbook, without_credentials
from runner.errors import InvalidPlaybook, UsageError
from runner.model.action import ActionType
from runner.workflow.loading import MAX_BYTES

Actions = Mapping[str, ActionType]
Git = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path, valid: str) -> Path:
    """Return a valid playbook's file, in a folder of its own."""
    path = tmp_path / "work" / "sub" / "p.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(valid)
    return path


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Return a function that runs git in ``work``, apart from the machine's and the user's configuration."""
    (tmp_path / "gitconfig").write_text("[user]\nname = a\nemail = a@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path / "work"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return run


@pytest.fixture(params=["sha1", "sha256"])
def committed(request: pytest.FixtureRequest, file: Path, git: Git) -> str:
    """Commit the file, in a repository of either hash; return the commit."""
    assert file.exists()
    git("init", "--quiet", "--object-format", request.param)
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    return git("rev-parse", "HEAD")


def test_a_file_outside_git_has_a_digest_only(file: Path, actions: Actions) -> None:
    """The SHA-256 is of the file's bytes; without a repository nothing else is claimed."""
    source = read_playbook(str(file), actions).source

    assert source.path == str(file)
    assert source.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (source.commit, source.remote, source.dirty) == ("", "", False)


def test_a_committed_file_names_its_commit(file: Path, committed: str, git: Git, actions: Actions) -> None:
    """In a repository the commit and the remote, without its password, are known, and the file is clean."""
    git("remote", "add", "origin", "https://me:hunter2@git.example/acme/teardowns.git")

    source = read_playbook(str(file), actions).source

    assert (source.commit, source.dirty) == (committed, False)
    assert source.remote == "https://git.example/acme/teardowns.git"


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    "then",
    [("status",), ("add", "."), ("update-index", "--assume-unchanged", "sub/p.yaml")],
    ids=["changed", "staged", "hidden"],
)
def test_a_changed_file_is_dirty(then: tuple[str, ...], file: Path, git: Git, actions: Actions) -> None:
    """A change that is not in the commit makes the file dirty, even staged or when the index is told to look away."""
    file.write_text(file.read_text() + "# later\n")
    git(*then)

    source = read_playbook(str(file), actions).source

    assert source.dirty


@pytest.mark.usefixtures("committed")
def test_an_untracked_file_is_dirty(file: Path, actions: Actions) -> None:
    """A file that the commit does not hold is dirty, whatever is ignored."""
    (file.parent / ".gitignore").write_text("*\n")
    other = file.with_name("other.yaml")
    other.write_bytes(file.read_bytes())

    assert read_playbook(str(other), actions).source.dirty


def test_a_link_is_judged_by_the_file_behind_it(file: Path, committed: str, tmp_path: Path, actions: Actions) -> None:
    """A symbolic link from elsewhere is followed to the file that is really read."""
    link = tmp_path / "link.yaml"
    link.symlink_to(file)

    source = read_playbook(str(link), actions).source

    assert (source.path, source.commit, source.dirty) == (str(link), committed, False)


def test_a_repository_without_commits_says_nothing(file: Path, git: Git, actions: Actions) -> None:
    """Without a commit there is nothing to compare with."""
    git("init", "--quiet")

    source = read_playbook(str(file), actions).source

    assert (source.commit, source.dirty) == ("", False)


def test_nothing_of_the_repository_is_run(
    file: Path, committed: str, git: Git, tmp_path: Path, actions: Actions
) -> None:
    """Neither a file-system monitor nor a clean filter nor a hook of the repository runs."""
    trace = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {trace}\ncat\n")
    script.chmod(0o755)
    git("config", "core.fsmonitor", str(script))
    git("config", "filter.trap.clean", str(script))
    (file.parent / ".gitattributes").write_text("* filter=trap\n")
    file.touch()

    source = read_playbook(str(file), actions).source

    assert (source.commit, source.dirty) == (committed, False)
    assert not trace.exists()


def test_the_environment_cannot_point_git_elsewhere(
    file: Path, committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions
) -> None:
    """The repository of the file is asked, even inside a hook of another repository."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "other")], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))

    source = read_playbook(str(file), actions).source

    assert (source.commit, source.dirty) == (committed, False)


def test_replaced_objects_do_not_count(file: Path, committed: str, git: Git, actions: Actions) -> None:
    """A replacement for the commit, which only this clone has, does not make a changed file clean."""
    file.write_text(file.read_text() + "# later\n")
    git("commit", "--quiet", "--all", "--message", "two")
    git("replace", committed, "HEAD")
    git("update-ref", "HEAD", committed)

    source = read_playbook(str(file), actions).source

    assert (source.commit, source.dirty) == (committed, True)


@pytest.mark.usefixtures("committed")
def test_without_git_the_origin_is_unknown(file: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions) -> None:
    """Without git on PATH the playbook loads, and claims no commit."""
    monkeypatch.setenv("PATH", "")

    assert read_playbook(str(file), actions).source.commit == ""


@pytest.mark.usefixtures("committed")
def test_a_git_that_hangs_is_given_up(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions
) -> None:
    """A git that does not answer in time leaves the origin unknown."""
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(asking_git, "GIT_SECONDS", 0.01)

    assert read_playbook(str(file), actions).source.commit == ""


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("missing.yaml", "there is no such file", "check the name; it is relative to the current directory"),
        ("-", "there is no such file", "a playbook is not read from stdin: reviewers and the audit log need its file"),
        (".", "this is a directory", "name a file; pipes, devices and directories are not read"),
        ("/dev/null", "this is not a file", "name a file; pipes, devices and directories are not read"),
        ("a\0b", "this is not a file name", "name a file; pipes, devices and directories are not read"),
        (
            "x" * 5000,
            "this file cannot be read: File name too long",
            "name a file; pipes, devices and directories are not read",
        ),
    ],
    ids=["missing", "stdin", "directory", "device", "nul", "long"],
)
def test_what_is_no_readable_file_is_refused(
    name: str, what: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions
) -> None:
    """Each thing that cannot be read is refused by name, with what to do."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as refused:
        read_playbook(name, actions)

    assert (refused.value.what, refused.value.on, refused.value.hint) == (what, name, hint)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path, actions: Actions) -> None:
    """A pipe that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match="this is not a file"):
        read_playbook(str(tmp_path / "pipe"), actions)


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions) -> None:
    """A socket is refused with the system's own words."""
    monkeypatch.chdir(tmp_path)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(UsageError, match="this file cannot be read: No such device or address"):
            read_playbook("s", actions)


def test_a_file_that_may_not_be_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch, actions: Actions) -> None:
    """Missing permission is named as such."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(UsageError, match="this file may not be read"):
        read_playbook(str(file), actions)


def test_a_huge_file_is_not_read_whole(tmp_path: Path, actions: Actions) -> None:
    """A file of a terabyte is refused for its size, after one byte more than is allowed."""
    path = tmp_path / "huge.yaml"
    with path.open("wb") as huge:
        huge.truncate(1 << 40)

    with pytest.raises(InvalidPlaybook) as invalid:
        read_playbook(str(path), actions)

    assert [problem.message for problem in invalid.value.problems] == [f"the file is larger than {MAX_BYTES} bytes"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("", ""),
        ("https://git.example/a/b.git", "https://git.example/a/b.git"),
        ("https://me@git.example/a", "https://git.example/a"),
        ("https://me:hunter2@git.example:8443/a", "https://git.example:8443/a"),
        ("HTTPS://me:hunter2@git.example/a", "HTTPS://git.example/a"),
        ("https://x:hunt@er2@git.example/a", "https://git.example/a"),
        ("https://x:hunt/er2@git.example/a", ""),
        ("https://x:1/hunter2@git.example/a", ""),
        ("https://x:1?hunter2@git.example/a", ""),
        ("https://x:1#hunter2@git.example/a", ""),
        ("https://git.example/a?token=hunter2", "https://git.example/a"),
        ("https://git.example/a#hunter2", "https://git.example/a"),
        ("ssh://git@[::1]:22/a", "ssh://[::1]:22/a"),
        ("git@github.com:acme/teardowns.git", "github.com:acme/teardowns.git"),
        ("/srv/git@home/a.git", "/srv/git@home/a.git"),
        ("../a.git", "../a.git"),
        ("file:///srv/a.git", "file:///srv/a.git"),
        ("codecommit::ap-northeast-1://profile@teardowns", "codecommit::ap-northeast-1://teardowns"),
        ("ext::sh -c 'hunter2 %S'", ""),
        ("ext::curl https://hunter2.example", ""),
        ("user:hunt/er2@git.example:a", ""),
    ],
)
def test_a_remote_is_kept_without_its_secrets(url: str, kept: str) -> None:
    """User, password, query and fragment are dropped, and whatever is not understood as a whole."""
    assert without_credentials(url) == kept
