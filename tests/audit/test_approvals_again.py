"""Approvals are judged again from the log alone: an honest run holds, and each thing that is forged in one is found."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.audit.log import open_ledger
from runner.audit.record import ApprovalAccepted, ApprovalsNeeded, GlassBroken, MfaSession, PlanKept, RunOpened
from runner.audit.signatories import Signatories
from runner.audit.ssh_keygen import CheckedVerifier, SshSigner
from runner.audit.verify import Broken, Verified, verify_ledger
from runner.guard.allowed_signers import read_signers
from runner.guard.approval_gate import Accepted, Offered
from runner.guard.approval_statement import NAMESPACE, Statement, Subject
from runner.model.ports import Clock
from runner.model.sealed import SealedPlan
from tests.approvals.people import ALICE_ARN, People, make_people
from tests.audit.conftest import START
from tests.model.plans import a_sealed_plan

BOB, CAROL = "bob@acme.example", "carol@acme.example"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return people with keys."""
    return make_people(tmp_path_factory.mktemp("people"))


def approved(people: People, sealed: SealedPlan, name: str, key: str, **changes: Any) -> ApprovalAccepted:
    """Return the record of an approval, good unless it is changed."""
    begins = START.replace(microsecond=0)
    good = Statement(Subject.of(sealed), name, begins, begins + timedelta(hours=1))
    content = replace(good, **changes).encoded()
    signature = SshSigner(people.key(key), os.environ, at_terminal=False).sign(content, NAMESPACE)
    statement = replace(good, **changes)
    return ApprovalAccepted.of(
        Accepted(statement, Offered(name, content, signature), "SHA256:x", "ssh-ed25519", people.line(name, key))
    )


@dataclass(frozen=True)
class Told:
    """Hold what a run's log tells."""

    sealed: SealedPlan
    approvals: tuple[ApprovalAccepted, ...] = ()
    needed: int = 2
    glass: bool = False
    operator: str = ALICE_ARN
    resume_of: str = ""
    executed: str = ""

    def write(self, directory: Path, clock: Clock) -> None:
        """Write the run as far as approvals are concerned."""
        plan = self.sealed.plan
        with open_ledger(directory, tool="runner 1", clock=clock) as ledger:
            opened = RunOpened.of(plan, "phrase", self.resume_of)
            ledger.append(replace(opened, plan_sha256=self.executed or opened.plan_sha256))
            ledger.append(PlanKept.of(self.sealed))
            if self.needed:
                ledger.append(ApprovalsNeeded(self.needed))
            for one in self.approvals:
                ledger.append(one)
            if self.glass:
                ledger.append(GlassBroken("the bucket leaks", self.needed, len(self.approvals), self.operator))
            ends = START + timedelta(hours=1)
            ledger.append(MfaSession(self.operator, "111111111111", "ASIAEXAMPLE", "mfa", START, ends, "sts-1"))


def verify(directory: Path, listed: str | None = None) -> Verified | Broken:
    """Verify the ledger, by a list or by the lines that the log holds."""
    signers = None if listed is None else read_signers(listed.encode())
    return verify_ledger(directory, None, Signatories(CheckedVerifier(os.environ).verify, signers))


def test_honest_approvals_hold_again(directory: Path, clock: Clock, people: People) -> None:
    """By the lines that the log holds, and by the auditor's own list."""
    sealed = a_sealed_plan()
    Told(sealed, (approved(people, sealed, BOB, "bob"), approved(people, sealed, CAROL, "carol"))).write(
        directory, clock
    )
    for listed in (None, people.allowed_signers.read_text()):
        found = verify(directory, listed)
        assert isinstance(found, Verified), found
        assert found.approvals == 2


Forge = Callable[[People, SealedPlan], Told]


def _pair(people: People, sealed: SealedPlan) -> tuple[ApprovalAccepted, ApprovalAccepted]:
    return approved(people, sealed, BOB, "bob"), approved(people, sealed, CAROL, "carol")


def _other_plan(people: People, sealed: SealedPlan) -> Told:
    other = replace(Subject.of(sealed), plan_sha256="0" * 64)
    return Told(sealed, (approved(people, sealed, BOB, "bob", subject=other),), 1)


def _expired(people: People, sealed: SealedPlan) -> Told:
    return Told(sealed, (approved(people, sealed, BOB, "bob", expires=START.replace(microsecond=0)),), 1)


def _other_key(people: People, sealed: SealedPlan) -> Told:
    """Bob's name and Bob's line, Mallory's signature."""
    forged = approved(people, sealed, BOB, "mallory")
    return Told(sealed, (replace(forged, signers=people.line(BOB, "bob")),), 1)


def _other_words(people: People, sealed: SealedPlan) -> Told:
    bob = approved(people, sealed, BOB, "bob")
    other = approved(people, sealed, BOB, "bob", comment="all of it")
    return Told(sealed, (replace(bob, statement=other.statement),), 1)


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (_other_plan, "it approves another plan"),
        (_other_key, "is not listed"),
        (_other_words, "OpenSSH does not accept the signature"),
        (lambda people, sealed: Told(sealed, _pair(people, sealed)[:1]), "holds that of one person"),
        (lambda people, sealed: Told(sealed, (approved(people, sealed, BOB, "bob"),) * 2), "holds that of one person"),
        (lambda _, sealed: Told(sealed, (), 1), "holds that of nobody"),
        (
            lambda people, sealed: Told(sealed, _pair(people, sealed), operator=BOB),
            "the operator cannot approve what the operator executes",
        ),
        (_expired, "it expired at"),
        (
            lambda people, sealed: Told(sealed, _pair(people, sealed), executed="0" * 64),
            "is not the one that was executed",
        ),
        (lambda people, sealed: Told(sealed, (replace(_pair(people, sealed)[0], signers="bob"),), 1), "cannot be read"),
    ],
)
def test_what_does_not_hold(directory: Path, clock: Clock, people: People, forge: Forge, why: str) -> None:
    """A whole chain of records can be forged; that peers approved cannot."""
    forge(people, a_sealed_plan()).write(directory, clock)
    found = verify(directory)

    assert isinstance(found, Broken)
    assert why in " | ".join(flaw.message for flaw in found.flaws)


def test_an_approval_counts_once(directory: Path, clock: Clock, people: People) -> None:
    """A second run of the same approvals is found."""
    sealed = a_sealed_plan()
    told = Told(sealed, _pair(people, sealed))
    told.write(directory, clock)
    told.write(directory, clock)
    found = verify(directory)

    assert isinstance(found, Broken)
    assert "it was used before" in found.flaws[0].message


def test_the_auditors_list_decides(directory: Path, clock: Clock, people: People) -> None:
    """Lines that the operator wrote into the log say nothing to an auditor who has a list."""
    sealed = a_sealed_plan()
    Told(sealed, (approved(people, sealed, "mallory@acme.example", "mallory"),), 1).write(directory, clock)

    assert isinstance(verify(directory), Verified)
    assert isinstance(verify(directory, people.allowed_signers.read_text()), Broken)


@pytest.mark.parametrize("changes", [{"glass": True}, {"resume_of": "01JE0000000000000000000001"}, {"needed": 0}])
def test_runs_that_need_none(directory: Path, clock: Clock, changes: dict[str, Any]) -> None:
    """Broken glass, a run that goes on from one that was approved, and a plan that needs nobody's approval."""
    replace(Told(a_sealed_plan()), **changes).write(directory, clock)

    assert isinstance(verify(directory), Verified)
