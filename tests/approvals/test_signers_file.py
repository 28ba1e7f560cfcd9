"""Which list of keys holds, and whether the operator could have written it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.cli import signers_file
from runner.cli.signers_file import find_signers, read_list, read_revoked, refuse_editable
from runner.errors import GuardRefused, UsageError
from runner.model.guardrails import NO_GUARDRAILS, ApprovalRules, Guardrails
from runner.model.playbook import Source
from tests.approvals.people import People


@pytest.fixture
def foreign(people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a list that the operator may only read, as far as the file system tells runner."""
    listed = tmp_path / "signers"
    listed.write_bytes(people.allowed_signers.read_bytes())
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: listed.stat().st_uid + 1)
    return listed


def floor(path: Path, **rules: Any) -> Guardrails:
    """Return guardrails that stand in a directory and name approvals' rules."""
    source = Source(str(path / "guardrails.yaml"), "0" * 64)
    return replace(NO_GUARDRAILS, source=source, approvals=ApprovalRules(**rules))


def test_the_guardrails_come_first(foreign: Path, tmp_path: Path) -> None:
    """Then the option, the environment, and the machine's own list; their digest is that of the bytes."""
    environ = {"RUNNER_ALLOWED_SIGNERS": str(foreign)}
    ruled = find_signers(None, environ, floor(tmp_path, allowed_signers=str(foreign), certificates=True))
    by_environ = find_signers(None, environ, NO_GUARDRAILS)
    by_option = find_signers(str(foreign), {}, NO_GUARDRAILS)
    nothing = find_signers(None, {}, NO_GUARDRAILS)

    assert ruled is not None
    assert ruled.authorities
    assert by_environ == by_option == replace(ruled, authorities=False)
    assert ruled.origin == str(foreign)
    assert (ruled.editable, len(ruled.signers)) == ("", 4)
    assert nothing is None


def test_the_machines_own_list(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken when nothing else is named."""
    monkeypatch.setattr(signers_file, "PLACE", foreign)
    found = find_signers(None, {}, NO_GUARDRAILS)

    assert found is not None
    assert found.origin == str(foreign)


def test_an_option_does_not_overrule_the_guardrails(foreign: Path, tmp_path: Path) -> None:
    """Of a list that they name, an option can name no other; the same is fine."""
    other = tmp_path / "other"
    other.write_bytes(foreign.read_bytes())
    rules = floor(tmp_path, allowed_signers=str(foreign), revoked_keys=str(foreign))

    with pytest.raises(GuardRefused, match="the guardrails name the list"):
        find_signers(str(other), {}, rules)
    with pytest.raises(GuardRefused, match="the guardrails name the keys"):
        read_revoked(str(other), rules)
    assert find_signers(str(tmp_path / "." / "signers"), {}, rules) is not None


@pytest.mark.parametrize("environ", [{}, {"RUNNER_ALLOWED_SIGNERS": "PATH"}])
def test_a_list_that_the_operator_owns(people: People, environ: Mapping[str, str], tmp_path: Path) -> None:
    """It is refused wherever it was named, except on the command line; there it is said."""
    path = str(people.allowed_signers)
    named = dict.fromkeys(environ, path)
    rules = NO_GUARDRAILS if environ else floor(tmp_path, allowed_signers=path)

    found = find_signers(None, named, rules)
    assert found is not None
    assert "is this user's to write" in found.editable
    with pytest.raises(GuardRefused, match="the operator's to change"):
        refuse_editable(found, None)
    refuse_editable(found, path)


def test_a_directory_above_that_the_operator_may_write(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write a directory can put another file in its place, unless it sticks."""
    file = people.allowed_signers.resolve()
    writable = {file.parent}
    monkeypatch.setattr(os, "access", lambda path, *_: path in writable)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)

    assert read_list(str(file), Path()).editable.startswith(f"{file.parent} is this user's to write")
    mode = file.parent.stat().st_mode
    try:
        file.parent.chmod(mode | 0o1000)
        assert read_list(str(file), Path()).editable == ""
    finally:
        file.parent.chmod(mode)


def git(directory: Path, *words: str) -> None:
    """Run git apart from the machine's and the user's configuration."""
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nowhere"}
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "-c", "init.defaultBranch=main")
    subprocess.run(("git", *identity, *words), cwd=directory, env=env, check=True, capture_output=True)


def test_what_git_holds(people: People, tmp_path: Path) -> None:
    """A remote's branch is taken with its commit, whatever the work tree says; an own branch is the operator's."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    upstream.mkdir()
    git(upstream, "init", "--quiet")
    (upstream / "keys").mkdir()
    (upstream / "keys" / "signers").write_bytes(people.allowed_signers.read_bytes())
    git(upstream, "add", "keys")
    git(upstream, "commit", "--quiet", "-m", "Signers")
    git(tmp_path, "clone", "--quiet", str(upstream), str(clone))
    (clone / "keys" / "signers").write_text("mallory", encoding="utf-8")
    found = read_list("origin/main:keys/signers", clone)
    own = read_list("main:keys/signers", clone)
    by_rule = find_signers(None, {}, floor(clone / "keys", allowed_signers="origin/main:keys/signers"))

    assert (len(found.signers), found.editable) == (4, "")
    assert found.origin.startswith("origin/main:keys/signers at ")
    assert own.sha256 == found.sha256
    assert "no branch of a remote" in own.editable
    assert by_rule == found
    with pytest.raises(UsageError, match="nor does git have it"):
        read_list("origin/main:keys/missing", clone)


def test_revoked_keys(people: People, tmp_path: Path) -> None:
    """A list that is named has to be readable and to say something; where none is named, none is used."""
    (tmp_path / "bad").write_text("not a key\n", encoding="utf-8")
    good = people.key("bob").with_suffix(".pub")

    assert read_revoked(None, NO_GUARDRAILS) is None
    assert read_revoked(str(good), NO_GUARDRAILS) == good.read_bytes()
    assert read_revoked(None, floor(tmp_path, revoked_keys=str(good))) == good.read_bytes()
    with pytest.raises(UsageError, match="line 1: it is"):
        read_revoked(str(tmp_path / "bad"), NO_GUARDRAILS)
    with pytest.raises(UsageError, match="no such file"):
        read_revoked(str(tmp_path / "missing"), NO_GUARDRAILS)
