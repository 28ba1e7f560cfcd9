"""``runner approve`` shows a plan, asks, signs, and keeps what was signed beside the plan."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from runner.cli import main
from runner.guard.approval_statement import NAMESPACE, Subject, read_statement
from runner.guard.confirmation import approval_phrase
from runner.model.sealed import SealedPlan
from tests.approvals.keys import agent
from tests.approvals.people import People
from tests.conftest import Ended
from tests.e2e.terminal import terminal
from tests.forking import RUNNER
from tests.model.plans import a_plan, a_sealed_plan

BOB = "bob@acme.example"


@dataclass(frozen=True)
class Desk:
    """Hold a directory with a sealed plan, and the people around it."""

    directory: Path
    people: People
    sealed: SealedPlan

    @property
    def phrase(self) -> str:
        """What a peer types."""
        return approval_phrase(self.sealed)

    def kept(self, name: str) -> Path:
        """Return a file of the approvals beside the plan."""
        return self.directory / "plan.json.approvals" / name

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return the environment of a command: no agent, no git configuration but its own."""
        own = {"HOME": str(self.directory), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        base = {"PATH": os.environ["PATH"], "COLUMNS": "80", **own, **changes}
        return {name: value for name, value in base.items() if value is not None}

    def approve(self, *args: str, env: Mapping[str, str | None] | None = None, plan: str = "plan.json") -> Ended:
        """Run ``runner approve`` in this process."""
        return self.run("approve", plan, *args, env=env)

    def run(self, *args: str, env: Mapping[str, str | None] | None = None) -> Ended:
        """Run ``runner`` in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment(**(env or {})), clear=True),
            mock.patch.object(sys, "argv", ["runner", *args]),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.chdir(self.directory),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            return Ended(main._run(), out.getvalue(), err.getvalue())

    def as_bob(self, *args: str, key: str = "bob", signers: bool = True) -> Ended:
        """Approve as Bob, with a key, and the list unless it is left out."""
        listed = ("--allowed-signers", str(self.people.allowed_signers)) if signers else ()
        return self.approve("--as", BOB, "--key", str(self.people.key(key)), "--confirm", self.phrase, *listed, *args)


@pytest.fixture
def desk(tmp_path: Path, people: People) -> Desk:
    """Return a desk with a plan that is good for a day."""
    now = datetime.now(UTC).replace(microsecond=0)
    plan = replace(a_plan(), approvals=1)
    sealed = replace(a_sealed_plan(), plan=plan, created=now, expires=now + timedelta(hours=24))
    (tmp_path / "plan.json").write_bytes(sealed.to_bytes())
    return Desk(tmp_path, people, sealed)


def test_an_approval_is_kept_beside_the_plan(desk: Desk) -> None:
    """The plan is shown, the statement says this plan and no other, and stock ``ssh-keygen`` verifies it."""
    ended = desk.as_bob("--expires", "2h", "--comment", "read it with Carol")

    assert ended.code == 0, ended.err
    assert "1 ! bucket  s3 b " in ended.err
    assert desk.sealed.seal in ended.err
    statement = read_statement(desk.kept(f"{BOB}.json").read_bytes())
    assert statement.subject == Subject.of(desk.sealed)
    assert (statement.approver, statement.comment) == (BOB, "read it with Carol")
    assert statement.expires - statement.not_before == timedelta(hours=2)
    assert f"approved as {BOB}, good until {statement.expires:%Y-%m-%d %H:%M} UTC" in ended.out
    assert "Not checked" not in ended.out
    argv = ("ssh-keygen", "-Y", "verify", "-f", str(desk.people.allowed_signers), "-I", BOB, "-n", NAMESPACE)
    signed = desk.kept(f"{BOB}.json").read_bytes()
    subprocess.run((*argv, "-s", str(desk.kept(f"{BOB}.sig"))), input=signed, check=True, capture_output=True)


def test_the_files_are_for_everybody_to_read(desk: Desk) -> None:
    """They go from people to people; whatever the umask is."""
    assert desk.as_bob().code == 0

    assert [oct(path.stat().st_mode & 0o777) for path in sorted(desk.kept("").iterdir())] == ["0o644", "0o644"]
    assert oct(desk.kept("").stat().st_mode & 0o777) == "0o755"


def test_a_second_approval_replaces_the_first(desk: Desk) -> None:
    """One person has one approval of a plan, the last; several people lie side by side."""
    assert desk.as_bob("--comment", "first").code == 0
    assert desk.as_bob("--comment", "second", key="bob2").code == 0
    carol = desk.approve(
        *("--as", "arn:aws:iam::111111111111:user/carol", "--key", str(desk.people.key("carol"))),
        *("--confirm", desk.phrase),
    )

    assert carol.code == 0, carol.err
    names = sorted(path.name for path in desk.kept("").iterdir())
    arn = "arn%3Aaws%3Aiam%3A%3A111111111111%3Auser%2Fcarol"
    assert names == [f"{arn}.json", f"{arn}.sig", f"{BOB}.json", f"{BOB}.sig"]
    assert read_statement(desk.kept(f"{BOB}.json").read_bytes()).comment == "second"


def test_json(desk: Desk) -> None:
    """``--output json`` prints the statement, the key and the files as one document."""
    ended = desk.as_bob("--output", "json", "--approvals", "elsewhere")

    assert ended.code == 0, ended.err
    assert ended.data["statement"] == json.loads((desk.directory / "elsewhere" / f"{BOB}.json").read_bytes())
    assert ended.data["checked"] is True
    assert ended.data["fingerprint"].startswith("SHA256:")
    assert ended.data["files"] == [f"elsewhere/{BOB}.json", f"elsewhere/{BOB}.sig"]


def test_without_a_list_nothing_is_checked_and_that_is_said(desk: Desk) -> None:
    """Whether the approval counts is then seen when the plan is applied."""
    ended = desk.as_bob(signers=False)

    assert ended.code == 0, ended.err
    assert "Not checked" in ended.out


def test_an_approval_never_outlives_the_plan(desk: Desk) -> None:
    """The statement ends with the plan when that is sooner."""
    sealed = replace(desk.sealed, expires=desk.sealed.created + timedelta(hours=1))
    (desk.directory / "plan.json").write_bytes(sealed.to_bytes())
    ended = Desk(desk.directory, desk.people, sealed).as_bob("--expires", "24h")

    assert ended.code == 0, ended.err
    assert read_statement(desk.kept(f"{BOB}.json").read_bytes()).expires == sealed.expires


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a wrong phrase": (("--confirm", "approve 2 in 222222222222 000000"), 5, "is not the phrase of this plan"),
    "a phrase for apply": (("--confirm", "delete 1 in 222222222222 000000"), 5, "is not the phrase of this plan"),
    "too long": (("--expires", "25h"), 2, "up to 24h"),
    "no time at all": (("--expires", "0m"), 2, "not a duration"),
    "no key": (("--key", "missing"), 2, "there is no such key"),
    "no agent": (("--key", "agent"), 5, "SSH agent"),
    "a pattern": (("--as", "*@acme.example"), 2, "not the name of one person"),
    "nobody": (("--as", "bob smith"), 2, "not the name of one person"),
    "a long comment": (("--comment", "x" * 1001), 2, "longer than 1000"),
    "an unlisted key": (("--key", "KEYS/mallory"), 5, "would not count, so it was not kept: the key SHA256:"),
    "another's name": (("--as", "carol@acme.example"), 5, "is not listed for carol@acme.example"),
    "a revoked key": (("--revoked-keys", "KEYS/bob.pub"), 5, "accept the signature: the key is revoked"),
    "revoked nonsense": (("--revoked-keys", "plan.json"), 2, "it is no public key"),
    "no list": (("--allowed-signers", "missing"), 2, "there is no such file"),
    "a list that is none": (("--allowed-signers", "plan.json"), 2, "cannot be understood: line 1"),
    "a ref that is none": (("--allowed-signers", "origin/main:allowed"), 2, "nor does git have it"),
    "an option as a ref": (("--allowed-signers", "--all:allowed"), 2, "nor does git have it"),
}  # fmt: skip


@pytest.mark.parametrize(("args", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(desk: Desk, args: tuple[str, ...], code: int, words: str) -> None:
    """The reason is said with what to do next, and nothing is kept."""
    given = tuple(arg.replace("KEYS", str(desk.people.directory)) for arg in args)
    ended = desk.as_bob(*given)

    assert ended.code == code, ended.err
    assert words in ended.said
    assert "next: " in ended.err
    assert ended.out == ""
    assert not desk.kept("").exists()


def test_a_plan_that_expired_or_changed(desk: Desk) -> None:
    """What cannot be applied is not approved."""
    old = replace(desk.sealed, expires=desk.sealed.created - timedelta(seconds=1))
    (desk.directory / "old.json").write_bytes(old.to_bytes())
    changed = (desk.directory / "plan.json").read_bytes().replace(b"eu-west-1", b"eu-west-2")
    (desk.directory / "changed.json").write_bytes(changed)
    key = ("--as", BOB, "--key", str(desk.people.key("bob")), "--confirm", approval_phrase(old))

    for plan, code, words in (
        ("old.json", 3, "the plan expired at"),
        ("changed.json", 3, "was changed after it was sealed"),
        ("missing.json", 2, "there is no such file"),
    ):
        ended = desk.approve(*key, plan=plan)
        assert ended.code == code, ended.err
        assert words in ended.said


def test_git_says_who_approves(desk: Desk) -> None:
    """Without ``--as`` it is git's user.email; without either the name is asked for."""
    key = ("--key", str(desk.people.key("bob")), "--confirm", desk.phrase)
    named = desk.approve(
        *key, env={"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.email", "GIT_CONFIG_VALUE_0": BOB}
    )
    unnamed = desk.approve(*key)

    assert named.code == 0, named.err
    assert desk.kept(f"{BOB}.json").exists()
    assert unnamed.code == 2
    assert "on: --as" in unnamed.err


def test_the_agent_signs_with_the_key_that_is_listed(desk: Desk) -> None:
    """Of several keys, the one that the list has for this name; otherwise one has to be named."""
    listed = ("--allowed-signers", str(desk.people.allowed_signers))
    with agent() as socket:
        env = {"SSH_AUTH_SOCK": str(socket)}
        keys = [str(desk.people.key(name)) for name in ("mallory", "bob")]
        subprocess.run(("ssh-add", "-q", *keys), env=desk.environment(**env), check=True)
        chosen = desk.approve("--as", BOB, "--confirm", desk.phrase, *listed, env=env)
        several = desk.approve("--as", BOB, "--confirm", desk.phrase, env=env)

    assert chosen.code == 0, chosen.err
    assert several.code == 2
    assert "the SSH agent has 2 keys: mallory@laptop of the SSH agent, bob@laptop" in several.said


def test_at_a_terminal(desk: Desk) -> None:
    """The peer reads the plan and types its phrase."""
    argv = (*RUNNER, "approve", "plan.json", "--as", BOB, "--key", str(desk.people.key("bob")))
    with terminal(argv, desk.environment(), desk.directory) as person:
        person.await_text("Type  approve 1 in 222222222222")
        person.type(desk.phrase)
        assert person.ended() == 0, person.shown
    assert f"approved as {BOB}" in person.shown


@pytest.mark.parametrize("env", [{"PATH": "/nowhere"}])
def test_without_openssh(desk: Desk, env: dict[str, Any]) -> None:
    """What is missing is named before anything is asked."""
    ended = desk.approve("--as", BOB, env=env)

    assert ended.code == 2
    assert "OpenSSH was not found" in ended.said
    assert "install OpenSSH 8.8 or later" in ended.said


def approvals(desk: Desk, *args: str) -> Ended:
    """Run ``runner approvals`` with the people's list."""
    return desk.run("approvals", "plan.json", "--allowed-signers", str(desk.people.allowed_signers), *args)


def test_the_state_of_a_plans_approvals(desk: Desk) -> None:
    """Who approved is listed with the words that were signed, the rest with what is wrong; too few is exit 5."""
    none = approvals(desk)
    desk.as_bob("--comment", "read with Carol")
    one = approvals(desk)
    desk.approve("--as", "carol@acme.example", "--key", str(desk.people.key("mallory")), "--confirm", desk.phrase)
    data = approvals(desk, "--operator", "arn:aws:iam::111111111111:user/alice", "--output", "json")
    nowhere = desk.run("approvals", "plan.json")

    assert (none.code, one.code, data.code, nowhere.code) == (5, 0, 0, 2)
    assert "approved by nobody, 1 needed" in none.out
    for word in (f"{BOB} approved, good until", "SHA256:", "read with Carol", "approved by one person, 1 needed"):
        assert word in one.out
    assert "--operator" in one.out
    found = {it["file"]: it for it in data.data["approvals"]}
    assert found[f"{BOB}.json"]["counts"]
    assert found["carol@acme.example.json"]["why"].endswith("is not listed")
    assert (data.data["people"], data.data["needed"], data.data["enough"]) == (1, 1, True)
    assert "nothing says whose keys count" in nowhere.said
