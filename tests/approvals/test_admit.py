"""Who is let through with which approvals, and until when."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.audit.ssh_keygen import SshSigner, SshVerifier
from runner.errors import GuardRefused, NotApproved
from runner.guard.allowed_signers import read_signers
from runner.guard.approval_gate import Offered
from runner.guard.approval_statement import NAMESPACE, Statement, Subject
from runner.model.event import Event, PlanAdmitted
from runner.model.session import Caller, Credentials, Identity, LongTermIdentity, Secret
from runner.workflow.approvals import Admitted, AdmittedOperator, Approvals, SignersList, admit, refuse_unapproved
from tests.approvals.people import ALICE_ARN, People
from tests.model.plans import a_sealed_plan

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SEALED = replace(a_sealed_plan(), created=NOW)
SEALED = replace(SEALED, plan=replace(SEALED.plan, approvals=1))
VERIFIER = SshVerifier(os.environ)


@pytest.fixture(scope="module")
def approvals(people: People) -> Approvals:
    """Return one good approval by Bob for a plan that needs one."""
    statement = Statement(Subject.of(SEALED), "bob@acme.example", NOW, NOW + timedelta(hours=1)).encoded()
    signature = SshSigner(people.key("bob"), os.environ, at_terminal=False).sign(statement, NAMESPACE)
    signers = SignersList("list", "e" * 64, read_signers(people.allowed_signers.read_bytes()))
    return Approvals(1, SEALED, signers, (Offered("bob", statement, signature),), "plan.json.approvals", frozenset())


def test_an_approved_plan(approvals: Approvals) -> None:
    """What was decided names the operator, the approver, the key and the line that lists it."""
    admitted = admit(approvals, ALICE_ARN, NOW, VERIFIER)

    assert (admitted.operator, admitted.needed, admitted.people) == (ALICE_ARN, 1, 1)
    (accepted,) = admitted.accepted
    assert accepted.statement.approver == "bob@acme.example"
    assert accepted.lines.startswith("bob@acme.example namespaces=")
    assert accepted.method == "ssh-ed25519"
    refuse_unapproved(SEALED.plan, admitted, ALICE_ARN, NOW)


def test_an_approval_that_expires_while_the_question_stands(approvals: Approvals) -> None:
    """What was good when it was judged is not good when it is used later."""
    admitted = admit(approvals, ALICE_ARN, NOW, VERIFIER)

    with pytest.raises(NotApproved, match="that of nobody is still good"):
        refuse_unapproved(SEALED.plan, admitted, ALICE_ARN, NOW + timedelta(hours=1))


def test_another_operator_than_the_one_who_was_admitted(approvals: Approvals) -> None:
    """Approvals are judged for one operator: another one might be among the approvers."""
    admitted = admit(approvals, ALICE_ARN, NOW, VERIFIER)

    with pytest.raises(GuardRefused, match="is about to act"):
        refuse_unapproved(SEALED.plan, admitted, ALICE_ARN.replace("alice", "bob"), NOW)
    with pytest.raises(GuardRefused, match="judged for nobody"):
        refuse_unapproved(SEALED.plan, Admitted(), ALICE_ARN, NOW)


def test_fewer_were_judged_than_the_plan_needs(approvals: Approvals) -> None:
    """Nobody gets by with approvals that were judged for a smaller number."""
    admitted = admit(approvals, ALICE_ARN, NOW, VERIFIER)

    with pytest.raises(NotApproved, match="needs the approval of 2 people"):
        refuse_unapproved(replace(SEALED.plan, approvals=2), admitted, ALICE_ARN, NOW)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda it: replace(it, sealed=None), NotApproved, "only a sealed plan can be approved"),
        (lambda it: replace(it, signers=None), GuardRefused, "nothing says whose keys count"),
        (lambda it: replace(it, signers=replace(it.signers, signers=())), GuardRefused, "does not say which names"),
        (lambda it: replace(it, offered=()), NotApproved, "has that of nobody"),
        (lambda it: replace(it, needed=2), NotApproved, "has that of one person"),
        (lambda it: replace(it, offered=(Offered("x", b"{}", b""),)), NotApproved, "has that of nobody"),
    ],
    ids=["not sealed", "no list", "an empty list", "no approval", "too few", "no statement"],
)
def test_what_is_not_let_through(
    approvals: Approvals, change: Callable[[Approvals], Approvals], error: type[Exception], words: str
) -> None:
    """Nothing counts that cannot be told, and too few are too few."""
    with pytest.raises(error, match=words):
        admit(change(approvals), ALICE_ARN, NOW, VERIFIER)


def test_glass_is_broken_with_whatever_is_known(approvals: Approvals) -> None:
    """The reason stands beside the approvals there are; without a list or a sealed plan there are none."""
    broken = replace(approvals, needed=2, broken_glass="it leaks")
    admitted = admit(broken, ALICE_ARN, NOW, VERIFIER)
    unknown = admit(replace(broken, signers=None, sealed=None), ALICE_ARN, NOW, VERIFIER)

    assert (admitted.people, unknown.people) == (1, 0)
    assert admitted.broken_glass == unknown.broken_glass == "it leaks"
    refuse_unapproved(replace(SEALED.plan, approvals=2), admitted, ALICE_ARN, NOW + timedelta(days=1))


def test_nothing_is_asked_where_nothing_is_needed() -> None:
    """A plan without approvals admits anybody."""
    admitted = admit(Approvals(0, None, None, (), "", frozenset()), ALICE_ARN, NOW, VERIFIER)

    assert admitted == Admitted(ALICE_ARN)
    refuse_unapproved(replace(SEALED.plan, approvals=0), Admitted(), "anybody", NOW)


class Desk:
    """Be the operator, the clock and the watcher."""

    def __init__(self) -> None:
        self.arn = ALICE_ARN
        self.time = NOW
        self.seen: list[Event] = []

    def identity(self) -> Identity:
        """Return whoever sits here."""
        keys = Credentials("AKIA", Secret("s"))
        return LongTermIdentity(keys, Caller("111111111111", self.arn, "AIDA"), "profile", "serial")

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def see(self, event: Event) -> None:
        """Take note."""
        self.seen.append(event)


def test_the_operator_is_judged_once(approvals: Approvals) -> None:
    """A session that is renewed in a long run asks for nothing again, unless somebody else renews it."""
    desk = Desk()
    operator = AdmittedOperator(desk, approvals, VERIFIER, desk, desk)

    assert operator.identity().caller.arn == ALICE_ARN
    desk.time += timedelta(hours=2)
    assert operator.identity().caller.arn == ALICE_ARN
    assert desk.seen == [PlanAdmitted(1, ("bob@acme.example",))]
    desk.arn = "arn:aws:iam::111111111111:user/bob"
    with pytest.raises(GuardRefused, match="does not say which names"):
        operator.identity()
