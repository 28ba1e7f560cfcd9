"""Which approvals count, and whether they are enough. Pure, but for the one question that OpenSSH answers.

An approval counts when all of this holds; the first thing that does not is said:

1. The statement is one, and it approves exactly the plan that is about to be executed, of this very file.
2. It is time for it, it was not used before, and it is good for no longer than a day.
3. The signature was made for approvals (its namespace), with a key that ``allowed_signers`` gives to the approver by
   name, for approvals, and at this time; a pattern, or a line without ``namespaces=``, gives nothing to anybody.
4. The approver is not the operator, by no name and no key that is listed for the operator.
5. OpenSSH verifies the signature against that line, and nothing else.

Then people are counted, not signatures: ``runner.guard.approval_people``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from runner.guard.allowed_signers import Signer
from runner.guard.approval_people import People
from runner.guard.approval_statement import LONGEST, NAMESPACE, BadStatement, Statement, Subject, read_statement
from runner.guard.listed_key import NotListed, Purpose, lines_for
from runner.guard.ssh_key import PublicKey, Unreadable
from runner.guard.ssh_signature import SshSignature, read_signature
from runner.model.ports import SignatureRefused, Signed

SKEW = timedelta(seconds=90)
"""How far the approver's clock may be ahead of this one."""

_AGAIN = "have the plan approved again, with `runner approve`"
_APPROVALS = Purpose(NAMESPACE, "approvals")


@dataclass(frozen=True)
class Offered:
    """Hold an approval as it was found; ``name`` is its file's and says nothing about who gave it."""

    name: str
    statement: bytes
    signature: bytes


@dataclass(frozen=True)
class Accepted:
    """Hold an approval that counts, with the bytes that prove it."""

    statement: Statement
    offered: Offered
    fingerprint: str
    """Of the key that signed; of a certificate, of the key that it is for."""
    method: str
    """The signature algorithm, and whether a certificate vouched for the key."""
    lines: str
    """The lines of ``allowed_signers`` that let the key speak for the approver."""

    @property
    def statement_sha256(self) -> str:
        """The digest of the bytes that were signed."""
        return hashlib.sha256(self.offered.statement).hexdigest()

    @property
    def signature_sha256(self) -> str:
        """The digest of the signature's file."""
        return hashlib.sha256(self.offered.signature).hexdigest()


@dataclass(frozen=True)
class Refused:
    """Say why an approval does not count."""

    name: str
    why: str
    hint: str = ""


Judged: TypeAlias = Accepted | Refused


@dataclass(frozen=True)
class Rules:
    """Hold what approvals are judged by."""

    signers: tuple[Signer, ...]
    """Every line of ``allowed_signers``."""
    authorities: bool
    """Whether certificates count, of authorities that ``allowed_signers`` lists."""
    operator: str
    """The ARN of the operator's IAM user."""
    now: datetime
    used: frozenset[str]
    """Digests of statements that the audit log tells of."""


class _No(Exception):
    """Carry the reason why an approval does not count; never leaves this module."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


Verify: TypeAlias = Callable[[Signed], None]
"""Return when OpenSSH accepts a signature; raise `SignatureRefused` otherwise."""


def judge(offered: Offered, subject: Subject, rules: Rules, verify: Verify) -> Judged:
    """Return whether an approval counts for a plan, and if not, why."""
    try:
        return _accepted(offered, subject, rules, verify)
    except _No as no:
        return Refused(offered.name, no.why, no.hint)


def count_people(accepted: tuple[Accepted, ...], signers: tuple[Signer, ...]) -> int:
    """Return how many people gave these approvals: by no name and no key is any of them another one."""
    people = People(signers)
    for one in accepted:
        people.are_one(one.statement.approver, one.fingerprint)
    return people.count(one.fingerprint for one in accepted)


def knows_operator(operator: str, signers: tuple[Signer, ...]) -> bool:
    """Return whether ``allowed_signers`` says which names and keys are the operator's.

    An authority's line says nothing about any one person, even where it names one.
    """
    return any(signer.names(operator) and not signer.authority for signer in signers)


def _accepted(offered: Offered, subject: Subject, rules: Rules, verify: Verify) -> Accepted:
    statement = _statement(offered, subject)  # 1
    _check_time(statement, rules.now)  # 2
    if hashlib.sha256(offered.statement).hexdigest() in rules.used:
        raise _No("it was used before: the audit log tells of the run", "plan again, and have the new plan approved")
    signature = _signature(offered)  # 3
    lines = _lines(statement.approver, signature.key, rules)
    _check_not_operator(statement.approver, signature.key, rules)  # 4
    listed = "".join(f"{line.text}\n" for line in lines)
    asked = Signed(offered.statement, signature.armored, NAMESPACE, statement.approver, listed.encode(), rules.now)
    try:
        verify(asked)  # 5
    except SignatureRefused as error:
        raise _No(f"OpenSSH does not accept the signature: {error}", _AGAIN) from error
    vouched = ", certificate" if signature.key.is_certificate else ""
    return Accepted(statement, offered, signature.key.fingerprint, f"{signature.method}{vouched}", listed)


def _statement(offered: Offered, subject: Subject) -> Statement:
    try:
        statement = read_statement(offered.statement)
    except BadStatement as error:
        raise _No(f"it is no statement of an approval: {error}", _AGAIN) from error
    different = statement.subject.differences(subject)
    if different:
        raise _No(
            f"it approves another plan: other {', '.join(different)}",
            "an approval is good for one plan file; have this one approved",
        )
    return statement


def _check_time(statement: Statement, now: datetime) -> None:
    if statement.expires - statement.not_before > LONGEST:
        raise _No(f"it is good for longer than {LONGEST // timedelta(hours=1)} hours", _AGAIN)
    if now + SKEW < statement.not_before:
        raise _No(f"it is good from {statement.not_before:%Y-%m-%d %H:%M:%S} UTC", "check the clocks of both machines")
    if now >= statement.expires:
        raise _No(f"it expired at {statement.expires:%Y-%m-%d %H:%M:%S} UTC", _AGAIN)


def _signature(offered: Offered) -> SshSignature:
    try:
        signature = read_signature(offered.signature)
    except Unreadable as error:
        raise _No(f"its signature cannot be read: {error}", _AGAIN) from error
    if signature.namespace != NAMESPACE:
        raise _No(f"the signature is for {signature.namespace!r} and not for approvals", _AGAIN)
    if not signature.touched:
        raise _No("nobody touched the security key that signed", "make a key without `no-touch-required`")
    return signature


def _lines(approver: str, key: PublicKey, rules: Rules) -> tuple[Signer, ...]:
    try:
        return lines_for(approver, key, rules.signers, _APPROVALS, rules.now, authorities=rules.authorities)
    except NotListed as error:
        raise _No(error.why, error.hint) from error


def _check_not_operator(approver: str, key: PublicKey, rules: Rules) -> None:
    people = People(rules.signers)
    lines = [signer for signer in rules.signers if not signer.authority]
    names = {name for line in lines for name in line.principals if people.same(name, rules.operator)}
    listed = {line.key.fingerprint for line in lines if any(line.covers(name) for name in names)}
    if people.same(approver, rules.operator) or key.fingerprint in listed:
        raise _No("the operator cannot approve what the operator executes", "ask somebody else")
