"""What the gate decides beside OpenSSH, each rule for itself: times, names, keys, and who is the operator."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from runner.guard.allowed_signers import read_signers
from runner.guard.approval_gate import (
    SKEW,
    Accepted,
    Judged,
    Offered,
    Refused,
    Rules,
    count_people,
    judge,
    knows_operator,
)
from runner.guard.approval_people import People
from runner.guard.approval_statement import LONGEST, NAMESPACE
from runner.guard.ssh_signature import read_signature
from runner.model.ports import SignatureRefused, Signed
from tests.approvals.keys import BOB, DAVE, OPERATOR
from tests.approvals.make_vectors import GOOD, NOW, SUBJECT, VECTORS

SIGNATURE = (VECTORS / "good-one.1.sig").read_bytes()
BLOB = read_signature(SIGNATURE).key.blob
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"
OTHER = f"ssh-ed25519 {base64.b64encode(BLOB[:-32] + bytes(32)).decode()}"
FOR_APPROVALS = f'namespaces="{NAMESPACE}"'
SECOND = timedelta(seconds=1)


def judged(*lines: str, now: datetime = NOW, refusal: str = "", **changes: Any) -> Judged:
    """Judge one approval by a list of signers, with an OpenSSH that accepts or refuses."""

    def verify(asked: Signed) -> None:
        assert (asked.principal, asked.namespace, asked.at) == (BOB, NAMESPACE, now)
        if refusal:
            raise SignatureRefused(refusal)

    statement = replace(GOOD, **changes)
    rules = Rules(
        read_signers("\n".join(lines).encode()), authorities=False, operator=OPERATOR, now=now, used=frozenset()
    )
    return judge(Offered("x", statement.encoded(), SIGNATURE), SUBJECT, rules, verify)


def why(found: Judged) -> str:
    """Return why an approval does not count; nothing when it does."""
    return found.why if isinstance(found, Refused) else ""


GOOD_LINE = f"{BOB} {FOR_APPROVALS} {KEY}"
THEN = GOOD.not_before


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (THEN - SKEW - SECOND, "it is good from"),
        (THEN - SKEW, ""),
        (GOOD.expires - SECOND, ""),
        (GOOD.expires, "it expired"),
    ],
)
def test_the_time_of_an_approval(now: datetime, words: str) -> None:
    """It counts from its beginning, within what clocks may differ, until before its end."""
    assert why(judged(GOOD_LINE, now=now))[: len(words) or None] == words


def test_the_longest_that_an_approval_is_good() -> None:
    """The limit itself is within it."""
    assert why(judged(GOOD_LINE, expires=THEN + LONGEST)) == ""
    assert "longer than 24 hours" in why(judged(GOOD_LINE, expires=THEN + LONGEST + SECOND))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((GOOD_LINE,), ""),
        ((f'{BOB},bob@home namespaces="git,{NAMESPACE}" {KEY}',), ""),
        ((f"{BOB} {FOR_APPROVALS} {OTHER}",), "is not listed"),
        ((f"{BOB} cert-authority,{FOR_APPROVALS} {KEY}",), "is not listed"),
        ((f"carol@x {FOR_APPROVALS} {KEY}",), "is not listed for"),
        ((f"*@acme.example {FOR_APPROVALS} {KEY}",), "for a pattern"),
        ((f"*@acme.example {FOR_APPROVALS} {KEY}", f"carol@x {FOR_APPROVALS} {KEY}"), "for a pattern"),
        ((f"{BOB} {KEY}",), "does not list the key for approvals"),
        ((f'{BOB} namespaces="git" {KEY}',), "does not list the key for approvals"),
        ((f'{BOB} {FOR_APPROVALS},valid-after="{NOW:%Y%m%d%H%M%S}" {KEY}',), ""),
        ((f'{BOB} {FOR_APPROVALS},valid-before="{NOW:%Y%m%d%H%M%S}" {KEY}',), ""),
        ((f'{BOB} {FOR_APPROVALS},valid-after="{NOW + SECOND:%Y%m%d%H%M%S}" {KEY}',), "not valid at this time"),
        ((f'{BOB} {FOR_APPROVALS},valid-before="{NOW - SECOND:%Y%m%d%H%M%S}" {KEY}',), "not valid at this time"),
        ((f"{BOB} {KEY}", GOOD_LINE), ""),
    ],
)
def test_the_line_that_lets_a_key_speak(lines: tuple[str, ...], words: str) -> None:
    """It has the key, the name, the purpose and the time, all in one."""
    found = why(judged(*lines))

    assert words in found
    assert bool(words) == bool(found)


OPERATORS = f"alice@x,{OPERATOR} {OTHER}"
THIRD = f"ssh-ed25519 {base64.b64encode(BLOB[:-32] + bytes(31) + b'3').decode()}"
CERTIFICATE = (VECTORS / "certificate.1.sig").read_bytes()
CERTIFIED_KEY = f"ssh-ed25519 {base64.b64encode(read_signature(CERTIFICATE).key.plain).decode()}"
AUTHORITY = next(line for line in (VECTORS / "allowed_signers").read_text("utf-8").split("\n") if "cert-auth" in line)


@pytest.mark.parametrize(
    "lines",
    [
        (f"{BOB},{OPERATOR} {FOR_APPROVALS} {KEY}",),
        (GOOD_LINE, f"{OPERATOR} {KEY}"),
        (GOOD_LINE, f"{OPERATOR} {OTHER}", f"{BOB} {OTHER}"),
        (GOOD_LINE, OPERATORS, f"alice@x {KEY}"),
        (GOOD_LINE, OPERATORS, f"*@x {KEY}"),
        (GOOD_LINE, f"al[i]ce@x,{OPERATOR} {OTHER}", f"al[i]ce@* {KEY}"),
        (GOOD_LINE, OPERATORS, f"ALICE@x,{BOB} {OTHER}"),
        (GOOD_LINE, OPERATORS, f"{BOB.upper()},alice@x {OTHER}"),
    ],
)
def test_the_operator_does_not_approve(lines: tuple[str, ...]) -> None:
    """Neither by another name, nor by another key, nor by a pattern that is for the operator too."""
    assert "the operator cannot approve" in why(judged(*lines))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), ""),
        ((OPERATORS,), ""),
        ((OPERATORS, f"{DAVE} {OTHER}"), "the operator cannot approve"),
        ((OPERATORS, f"{DAVE},alice@x {THIRD}"), "the operator cannot approve"),
        ((f"{OPERATOR} {CERTIFIED_KEY}",), "the operator cannot approve"),
        ((OPERATORS, f"alice@x {CERTIFIED_KEY}"), "the operator cannot approve"),
    ],
)
def test_a_certificate_does_not_hide_the_operator(lines: tuple[str, ...], words: str) -> None:
    """Whom a certificate names, and whose key it is for, are looked at as for any other key."""
    rules = Rules(read_signers("\n".join((AUTHORITY, *lines)).encode()), True, OPERATOR, NOW, frozenset())  # noqa: FBT003
    offered = Offered("x", replace(GOOD, approver=DAVE).encoded(), CERTIFICATE)

    assert words in why(judge(offered, SUBJECT, rules, lambda _: None))
    assert bool(words) == bool(why(judge(offered, SUBJECT, rules, lambda _: None)))


@pytest.mark.parametrize(
    "lines",
    [
        (GOOD_LINE, OPERATORS),
        (GOOD_LINE, OPERATORS, f"*@y {KEY}"),
        (GOOD_LINE, OPERATORS, f"[a]lice@x* {KEY}"),
        (GOOD_LINE, OPERATORS, f"!alice@x,*@x {KEY}"),
        (GOOD_LINE, OPERATORS, f"{BOB},alice@x cert-authority {OTHER}"),
        (GOOD_LINE, OPERATORS, f"*@x cert-authority {KEY}"),
    ],
)
def test_somebody_else_does(lines: tuple[str, ...]) -> None:
    """A pattern that leaves the operator out, and an authority, say nothing about the operator."""
    assert isinstance(judged(*lines), Accepted)


def test_only_an_authority_vouches() -> None:
    """A key that is listed for somebody's own signatures makes no certificate of anybody good."""
    line = f"{DAVE} {FOR_APPROVALS} {AUTHORITY.rsplit(' ', 2)[1]} {AUTHORITY.rsplit(' ', 2)[2]}"
    rules = Rules(read_signers(line.encode()), True, OPERATOR, NOW, frozenset())  # noqa: FBT003
    offered = Offered("x", replace(GOOD, approver=DAVE).encoded(), CERTIFICATE)

    assert "is not listed" in why(judge(offered, SUBJECT, rules, lambda _: None))


def test_how_an_approval_was_signed_is_told() -> None:
    """The log says which algorithm signed, and that a certificate vouched for the key."""
    rules = Rules(read_signers(AUTHORITY.encode()), True, OPERATOR, NOW, frozenset())  # noqa: FBT003
    offered = Offered("x", replace(GOOD, approver=DAVE).encoded(), CERTIFICATE)
    certified, plain = judge(offered, SUBJECT, rules, lambda _: None), judged(GOOD_LINE)

    assert isinstance(certified, Accepted)
    assert isinstance(plain, Accepted)
    assert certified.method == f"{plain.method}, certificate"


def test_what_openssh_refuses_does_not_count() -> None:
    """Everything else being right does not help."""
    assert why(judged(GOOD_LINE, refusal="incorrect signature")).endswith("incorrect signature")


def accepted(approver: str, fingerprint: str) -> Accepted:
    """Return an approval that counts."""
    return Accepted(replace(GOOD, approver=approver), Offered("x", b"", b""), fingerprint, "", "")


@pytest.mark.parametrize(
    ("given", "lines", "people"),
    [
        ((), (), 0),
        ((("bob@x", "SHA256:1"),), (), 1),
        ((("bob@x", "SHA256:1"), ("bob@x", "SHA256:2")), (), 1),
        ((("bob@x", "SHA256:1"), ("BOB@x", "SHA256:2")), (), 1),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:1")), (), 1),
        ((("bob@x", "SHA256:a"), ("carol@x", "SHA256:A")), (), 2),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2"), ("dave@x", "SHA256:3")), (), 3),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")), (f"bob@x,carol@x {KEY}",), 1),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")), (f"bob@x {KEY}", f"Carol@x {KEY}"), 1),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")), (f"bob@x,b@x {KEY}", f"carol@x,b@x {OTHER}"), 1),
        (
            (("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")),
            (f"*@x cert-authority {OTHER}", f"bob@x,carol@x {KEY}"),
            1,
        ),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")), (f"bob@x,carol@x,*@x {KEY}",), 2),
        ((("bob@x", "SHA256:1"), ("carol@x", "SHA256:2")), (f"bob@x,carol@x cert-authority {KEY}",), 2),
    ],
)
def test_people_are_counted(given: tuple[tuple[str, str], ...], lines: tuple[str, ...], people: int) -> None:
    """Who has two names or two keys counts once; a pattern and an authority make nobody one."""
    signers = read_signers("\n".join(lines).encode())

    assert count_people(tuple(accepted(*one) for one in given), signers) == people


def test_a_key_is_the_person_it_is_listed_for() -> None:
    """A fingerprint and a name of the same line are one."""
    (signer,) = read_signers(GOOD_LINE.encode())
    people = People((signer,))

    assert people.same(signer.key.fingerprint, BOB)
    assert not people.same(signer.key.fingerprint, OPERATOR)


@pytest.mark.parametrize(
    ("line", "known"),
    [
        (f"{OPERATOR} {KEY}", True),
        (f"alice@x,{OPERATOR} {KEY}", True),
        (f"{OPERATOR} cert-authority {KEY}", False),
        (f"arn:aws:iam::111111111111:user/* {KEY}", False),
        (f"alice@x {KEY}", False),
    ],
)
def test_who_the_operator_is_has_to_be_listed(line: str, *, known: bool) -> None:
    """Only a line for the operator by name says which key is the operator's."""
    assert knows_operator(OPERATOR, read_signers(line.encode())) is known
