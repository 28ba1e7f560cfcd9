"""A plan that needs approvals is executed with them, and not otherwise; the nine attacks fail on the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.audit.log import open_ledger
from runner.audit.record import ApprovalAccepted, RunOpened
from runner.audit.ssh_keygen import SshSigner
from runner.cli.wiring import SystemClock
from runner.guard.approval_gate import Accepted, Offered
from runner.guard.approval_statement import NAMESPACE, Statement, Subject, read_statement
from runner.guard.confirmation import approval_phrase, phrase
from runner.model.sealed import SealedPlan, read_sealed
from runner.sandbox.lifecycle import Sandbox
from tests.approvals.fido_agent import fido_agent
from tests.approvals.keys import Keys, agent
from tests.approvals.people import ALICE_ARN, People, make_people
from tests.conftest import Ended, Lab
from tests.e2e.driving import here
from tests.e2e.watching import assert_honest, assert_untouched, kinds, of_kind

BOB, CAROL = "bob@acme.example", "carol@acme.example"
FLOOR: Mapping[str, Any] = {"version": 1, "approvals": {"minimum": 2}}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return people with keys."""
    return make_people(tmp_path_factory.mktemp("people"))


@dataclass(frozen=True)
class Case:
    """Hold a lab in which a plan that needs two approvals lies sealed."""

    lab: Lab
    people: People
    sealed: SealedPlan
    code: str = ""
    """What is given when a code is asked for; a good one when empty."""

    @property
    def place(self) -> Path:
        """Where its approvals are."""
        return self.lab.directory / "plan.json.approvals"

    def approve(self, name: str, key: str = "", *args: str) -> Ended:
        """Let somebody approve the plan with ``runner approve``."""
        return here(
            self.lab,
            *("approve", "plan.json", "--as", f"{name}@acme.example", "--key", str(self.people.key(key or name))),
            *("--confirm", approval_phrase(self.sealed), *args),
        )

    def forge(self, file: str, key: str, namespace: str = NAMESPACE, **changes: Any) -> None:
        """Lay down an approval that ``runner approve`` would not make."""
        now = datetime.now(UTC).replace(microsecond=0)
        good = Statement(Subject.of(self.sealed), BOB, now, now + timedelta(hours=1))
        content = replace(good, **changes).encoded()
        self.place.mkdir(exist_ok=True)
        (self.place / f"{file}.json").write_bytes(content)
        signer = SshSigner(self.people.key(key), {"PATH": "/usr/bin:/bin"}, at_terminal=False)
        (self.place / f"{file}.sig").write_bytes(signer.sign(content, namespace))

    def apply(self, *args: str, confirm: str = "", what: str = "plan.json") -> Ended:
        """Apply the plan with its phrase, judged by the list that lies in the people's directory."""
        return here(
            self.lab,
            *("apply", what, "--allowed-signers", str(self.people.allowed_signers)),
            *("--confirm", confirm or phrase(self.sealed.plan), *args),
            code=self.code or self.lab.sandbox.code(),
        )


def sealed_plan(lab: Lab, floor: Mapping[str, Any] = FLOOR) -> SealedPlan:
    """Write guardrails, plan the example playbook and seal the plan."""
    (lab.directory / ".runner").mkdir(exist_ok=True)
    (lab.directory / ".runner" / "guardrails.yaml").write_text(json.dumps(floor), encoding="utf-8")
    lab.playbook()
    planned = here(lab, "plan", "teardown.yaml", "-o", "plan.json", code=lab.sandbox.code())
    assert planned.code == 0, planned.err
    return read_sealed((lab.directory / "plan.json").read_bytes(), "plan.json")


@pytest.fixture
def case(lab: Lab, people: People) -> Case:
    """Return a lab with a plan that needs two approvals."""
    return Case(lab, people, sealed_plan(lab))


@pytest.fixture(scope="module")
def kept(sandbox: Sandbox, people: People, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return such a lab for all tests that change nothing in AWS: planning costs more than they do."""
    sandbox.reset()
    lab = Lab(sandbox, tmp_path_factory.mktemp("kept"))
    return Case(lab, people, sealed_plan(lab), code="000000")


@pytest.fixture
def standing(kept: Case) -> Iterator[Case]:
    """Return the kept lab without approvals, and see that it was left untouched."""
    (kept.lab.directory / "plan.json").write_bytes(kept.sealed.to_bytes())
    shutil.rmtree(kept.place, ignore_errors=True)
    shutil.rmtree(kept.lab.ledger, ignore_errors=True)
    yield kept
    assert_untouched(kept.lab)


def test_two_peers_let_a_plan_through_once(case: Case, tmp_path: Path) -> None:
    """Both approve and it is done, once; the log alone is enough to have OpenSSH verify the approvals again."""
    assert case.approve("bob", "", "--approvals", "elsewhere").code == 0
    assert case.approve("carol", "", "--approvals", "elsewhere", "--comment", "looked at the bucket").code == 0
    done = case.apply("--approvals", "elsewhere")
    again = case.apply("--approvals", "elsewhere")

    assert done.code == 0, done.err
    assert f"approved by {BOB}, {CAROL} (2 needed)" in done.said
    assert not case.lab.bucket_exists()
    assert_honest(case.lab)
    first = [kind for kind in kinds(case.lab) if kind != "log.reserved"][:5]
    assert first == ["run.open", "plan.kept", "plan.used", "approvals.needed", "approval.accepted"]
    (needed,) = of_kind(case.lab, "approvals.needed")
    assert (needed["needed"], needed["allowed_signers"]) == (2, str(case.people.allowed_signers))
    assert "user's to write" in needed["editable"]
    assert (again.code, "this plan was used" in again.said) == (3, True)
    judged = here(
        case.lab, "audit", "verify", "--allowed-signers", str(case.people.allowed_signers), "--output", "json"
    )
    assert (judged.code, judged.data["approvals"]) == (0, 2), judged.out
    for record in of_kind(case.lab, "approval.accepted"):
        (tmp_path / "signature").write_text(record["signature"], encoding="ascii")
        (tmp_path / "signers").write_text(record["signers"], encoding="utf-8")
        who = ("-I", record["approver"], "-f", "signers", "-s", "signature")
        argv = ("ssh-keygen", "-Y", "verify", "-n", NAMESPACE, *who)
        subprocess.run(argv, cwd=tmp_path, input=record["statement"].encode(), check=True, capture_output=True)
        assert json.loads(record["statement"])["seal_sha256"] == record["seal_sha256"] == case.sealed.seal
        assert record["nonce"] == case.sealed.nonce


def certified(people: People, name: str) -> Path:
    """Return somebody's key with a certificate of today, and have the list know its authority."""
    authority, own = people.key(f"{name}-authority"), people.key(name)
    for key in (authority, own):
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)), check=True)
    names = ("-I", name, "-n", f"{name}@acme.example", "-V", "-1h:+1d")
    subprocess.run(("ssh-keygen", "-q", "-s", str(authority), *names, str(own) + ".pub"), check=True)
    with people.allowed_signers.open("a", encoding="utf-8") as listed:
        line = people.line("*@acme.example", authority.name, f'cert-authority,namespaces="{NAMESPACE}"')
        listed.write(line)
    return own.with_name(f"{name}-cert.pub")


def test_a_security_key_and_a_certificate_let_a_plan_through(lab: Lab, tmp_path: Path) -> None:
    """Finn touches a FIDO key, Dave has a certificate: both approve, both count, and the log says by which keys."""
    people = make_people(tmp_path / "people")
    certificate = certified(people, "dave")
    floor = {"version": 1, "approvals": {"minimum": 2, "certificates": True}}
    case = Case(lab, people, sealed_plan(lab, floor))
    listed = ("--allowed-signers", str(people.allowed_signers))
    say = ("--confirm", approval_phrase(case.sealed), *listed)
    with agent() as inside:
        keys = Keys(tmp_path, inside)
        with people.allowed_signers.open("a", encoding="utf-8") as lines:
            lines.write(f'finn@acme.example namespaces="{NAMESPACE}" {keys.fido()}\n')
        with fido_agent(keys, tmp_path / "fido"):
            env = {"SSH_AUTH_SOCK": str(tmp_path / "fido")}
            finn = here(lab, "approve", "plan.json", "--as", "finn@acme.example", *say, env=env)
    dave = here(lab, "approve", "plan.json", "--as", "dave@acme.example", "--key", str(certificate), *say)
    done = case.apply()

    assert (finn.code, dave.code, done.code) == (0, 0, 0), finn.said + dave.said + done.said
    assert "approved by dave@acme.example, finn@acme.example (2 needed)" in done.said
    assert not lab.bucket_exists()
    assert_honest(lab)
    kinds_of_keys = {record["method"] for record in of_kind(lab, "approval.accepted")}
    assert kinds_of_keys == {"sk-ssh-ed25519@openssh.com", "ssh-ed25519, certificate"}


def earlier_file(case: Case) -> None:
    """Have approvals of the same plan, as it was sealed before."""
    case.approve("bob")
    case.approve("carol")
    (case.lab.directory / "plan.json").write_bytes(replace(case.sealed, nonce="f" * 32).to_bytes())


def used_before(case: Case) -> None:
    """Have a good approval, and one whose statement the log tells of."""
    case.approve("bob")
    case.approve("carol")
    statement = (case.place / f"{BOB}.json").read_bytes()
    accepted = Accepted(read_statement(statement), Offered("bob", statement, b""), "SHA256:x", "ssh-ed25519", "")
    with open_ledger(case.lab.ledger, tool="test", clock=SystemClock()) as ledger:
        ledger.append(RunOpened.of(case.sealed.plan, ""))
        ledger.append(ApprovalAccepted.of(accepted))


def same_peer_twice(case: Case) -> None:
    """Have two approvals of one person, by two keys."""
    case.forge("one", "bob")
    case.forge("two", "bob2", comment="again")


def carol_and(name: str, key: str) -> Callable[[Case], None]:
    """Return what has a good approval by Carol, and one in a name with a key."""

    def attack(case: Case) -> None:
        case.approve("carol")
        case.approve(name, key)

    return attack


def carol_and_forged(**forged: Any) -> Callable[[Case], None]:
    """Return what has a good approval by Carol, and a forged one that Bob signed."""

    def attack(case: Case) -> None:
        case.approve("carol")
        case.forge("bob", "bob", **forged)

    return attack


def other_plan(case: Case) -> None:
    """Have an approval of another plan."""
    case.forge("bob", "bob", subject=replace(Subject.of(case.sealed), plan_sha256="0" * 64))


NOW = datetime.now(UTC).replace(microsecond=0)
ATTACKS: dict[str, tuple[Callable[[Case], None], tuple[str, ...]]] = {
    "1 the same peer twice": (
        same_peer_twice,
        ("needs the approval of 2 people, and has that of one person", f"one.json: counts: {BOB}"),
    ),
    "2 a peer and the operator": (
        carol_and("alice", "alice"),
        ("has that of one person", "alice@acme.example.json: the operator cannot approve what the operator executes"),
    ),
    "3 the operator as a peer": (
        carol_and("bob", "alice"),
        ("has that of one person", f"is not listed for {BOB}"),
    ),
    "4 an unknown key": (
        carol_and("bob", "mallory"),
        ("has that of one person", "is not listed (have allowed_signers list it"),
    ),
    "5 another plan": (other_plan, ("has that of nobody", "it approves another plan: other plan_sha256")),
    "6 an earlier file of the same plan": (
        earlier_file,
        ("has that of nobody", "it approves another plan: other seal_sha256, nonce ("),
    ),
    "7 expired": (
        carol_and_forged(not_before=NOW - timedelta(hours=2), expires=NOW - timedelta(hours=1)),
        ("has that of one person", "bob.json: it expired at"),
    ),
    "8 a signature for git": (
        carol_and_forged(namespace="git"),
        ("has that of one person", "the signature is for 'git' and not for approvals"),
    ),
    "9 used before": (used_before, ("has that of one person", f"{BOB}.json: it was used before")),
}


@pytest.mark.parametrize(("attack", "words"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(standing: Case, attack: Callable[[Case], object], words: tuple[str, ...]) -> None:
    """Each is refused before a code is spent, with what is wrong with the approval, and nothing is touched."""
    attack(standing)
    ended = standing.apply()

    assert ended.code == 5, ended.err
    for word in (*words, "touched: nothing was touched"):
        assert word in ended.said
    assert "MFA session until" not in ended.said


def test_nobody_approved(standing: Case) -> None:
    """Without any approval it is said where they are looked for, and as data too."""
    ended = standing.apply("--output", "json")

    assert ended.code == 5
    error = ended.data["error"]
    assert (error["kind"], error["on"], error["findings"]) == ("NotApproved", "plan.json.approvals", [])
    assert "runner approve" in error["hint"]


def test_a_playbook_that_needs_approvals(standing: Case) -> None:
    """A playbook is not applied as it is: the way to a sealed plan and its approvals is said."""
    ended = standing.apply(what="teardown.yaml")

    assert ended.code == 5
    for word in ("only a sealed plan can be approved", "runner plan PLAYBOOK -o plan.json", "runner approve plan.json"):
        assert word in ended.said


def test_an_operator_whom_the_list_does_not_know(standing: Case, tmp_path: Path) -> None:
    """Nobody could tell the operator from a peer, so nothing counts."""
    for name in ("bob", "carol"):
        standing.approve(name)
    listed = tmp_path / "signers"
    lines = standing.people.allowed_signers.read_text(encoding="utf-8")
    listed.write_text(lines.replace(f",{ALICE_ARN}", ""), encoding="utf-8")
    ended = standing.apply("--allowed-signers", str(listed))

    assert ended.code == 3
    assert "does not say which names and keys are the operator's" in ended.said
    assert ALICE_ARN in ended.said


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("the bucket leaks", 3, "the guardrails do not let anybody break glass"),
        (" ", 2, "breaking glass needs a reason"),
    ],
)
def test_glass_that_may_not_be_broken(standing: Case, reason: str, code: int, words: str) -> None:
    """Guardrails have to allow it, and somebody has to say why."""
    ended = standing.apply("--break-glass", reason)

    assert ended.code == code
    assert words in ended.said


def test_glass_is_broken_loudly(lab: Lab, people: People) -> None:
    """Where guardrails allow it, with a phrase of its own, and it stands out in the terminal and in the log."""
    floor = {"version": 1, "approvals": {"minimum": 1, "break_glass": True}}
    case = Case(lab, people, sealed_plan(lab, floor))
    usual = case.apply("--break-glass", "the bucket leaks")
    done = case.apply("--break-glass", "the bucket leaks", confirm=phrase(case.sealed.plan, broken_glass=True))

    assert (usual.code, done.code) == (5, 0), done.err
    assert "its phrase is: break glass and delete 2 in 222222222222" in usual.said
    assert "BREAKING GLASS: the approval of one person is not waited for: the bucket leaks" in done.said
    assert not lab.bucket_exists()
    assert_honest(lab)
    (broken,) = of_kind(lab, "glass.broken")
    assert (broken["reason"], broken["needed"], broken["given"]) == ("the bucket leaks", 1, 0)
    assert broken["operator"] == ALICE_ARN
    assert of_kind(lab, "run.open")[0]["confirmation"].startswith("break glass and delete 2")
    assert "GLASS BROKEN" in here(lab, "audit", "show").out


def test_the_playbook_may_ask_for_more_than_the_guardrails(lab: Lab) -> None:
    """The larger number holds; the plan says how many, and nothing is needed besides for glass that is whole."""
    lab.playbook(lambda data: data.update(approvals=1), name="one.yaml")
    shown = here(lab, "plan", "one.yaml", code=lab.sandbox.code())
    refused = here(lab, "apply", "one.yaml")
    needless = here(lab, "apply", str(lab.playbook()), "--break-glass", "hurry")

    assert "of one person besides the operator" in " ".join(shown.out.split())
    assert (refused.code, needless.code) == (5, 2)
    assert "needs the approval of one person" in refused.said
    assert "no approvals are needed here" in needless.said


def test_the_guardrails_name_the_list(lab: Lab, people: People) -> None:
    """An option cannot name another one; a list that the operator can write has to be chosen by name."""
    (lab.directory / ".runner").mkdir()
    listed = lab.directory / ".runner" / "signers"
    listed.write_bytes(people.allowed_signers.read_bytes())
    floor = {"version": 1, "approvals": {"minimum": 2, "allowed_signers": "signers"}}
    case = Case(lab, people, sealed_plan(lab, floor))
    for name in ("bob", "carol"):
        assert case.approve(name, "", "--allowed-signers", str(listed)).code == 0
    other = case.apply()
    silent = here(lab, "apply", "plan.json")
    same = case.apply("--allowed-signers", str(listed), confirm="not yet")

    assert (other.code, silent.code, same.code) == (3, 3, 5), same.err
    assert "the guardrails name the list of whose keys count" in other.said
    assert "the operator's to change" in silent.said
    assert "is this user's to write" in same.said
    assert f"approved by {BOB}, {CAROL}" in same.said
