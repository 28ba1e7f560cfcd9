"""Make the approvals in ``tests/approvals/vectors``: real keys, real signatures, each case with what has to come of it.

    python -m tests.approvals.make_vectors

The private keys exist while this runs and nowhere else, so every run makes other vectors with the same outcomes. What a
FIDO authenticator would sign is signed here by an ordinary key in an agent: the signature differs in nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.guard.approval_statement import NAMESPACE, Statement, Subject
from tests.approvals.keys import ALICE, BOB, CAROL, DAN, DAVE, Keys, agent

VECTORS = Path(__file__).parent / "vectors"
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SUBJECT = Subject(
    seal_sha256="0" * 64,
    plan_sha256="1" * 64,
    nonce="5" * 32,
    playbook_sha256="2" * 64,
    git_commit="3" * 40,
    accounts=("222222222222",),
    regions=("ap-northeast-1",),
    resource_count=2,
    resources_sha256="4" * 64,
)
GOOD = Statement(SUBJECT, BOB, NOW - timedelta(hours=1), NOW + timedelta(hours=7), "read it, fine")
OTHER = replace(GOOD, comment="another word").encoded()


@dataclass(frozen=True)
class Offer:
    """Say who signs what with which key, and what is done to it afterwards."""

    statement: Statement
    key: str
    namespace: str = NAMESPACE
    statement_as: bytes | None = None
    """What is stored instead of what was signed."""
    twice: bool = False
    """Whether the signature stands in its file twice."""


@dataclass(frozen=True)
class Case:
    """Name a case; ``why`` has one entry for each offer: a word of the refusal, empty for what counts."""

    name: str
    offers: Sequence[Offer]
    why: Sequence[str]
    people: int
    used: Sequence[str] = field(default_factory=tuple)
    authorities: bool = False
    revoked: str = ""
    """The name of a key that was revoked."""


def by(approver: str, key: str, **changes: Any) -> Offer:
    """Return the good statement with changes, in somebody's name, signed with a key."""
    return Offer(replace(GOOD, approver=approver, **changes), key)


THE_NINE = (
    Case("1-same-peer-twice", (by(BOB, "bob"), by(BOB, "bob2", comment="again")), ("", ""), 1),
    Case("2-peer-and-operator", (by(BOB, "bob"), by(ALICE, "alice")), ("", "the operator cannot approve"), 1),
    Case("3-operator-as-a-peer", (by(BOB, "alice"),), (f"is not listed for {BOB}",), 0),
    Case("4-unknown-key", (by(BOB, "mallory"),), ("is not listed",), 0),
    Case("5-other-plan", (by(BOB, "bob", subject=replace(SUBJECT, plan_sha256="9" * 64)),), ("another plan",), 0),
    Case(
        "6-earlier-plan-file",
        (by(BOB, "bob", subject=replace(SUBJECT, nonce="6" * 32, seal_sha256="7" * 64)),),
        ("other seal_sha256, nonce",),
        0,
    ),
    Case("7-expired", (by(BOB, "bob", expires=NOW),), ("it expired",), 0),
    Case("8-foreign-namespace", (replace(by(BOB, "bob"), namespace="git"),), ("is for 'git'",), 0),
    Case("9-used-before", (by(BOB, "bob"),), ("used before",), 0, used=("statement",)),
)
"""The attacks that any gate of this kind has to stand."""

MORE = (
    Case("good-one", (by(BOB, "bob"),), ("",), 1),
    Case("good-two", (by(BOB, "bob"), by(CAROL, "carol")), ("", ""), 2),
    Case("rsa-and-ecdsa", (by("rsa@acme.example", "rsa"), by("ecdsa@acme.example", "ecdsa")), ("", ""), 2),
    Case("operators-second-name", (by("alice.private@home.example", "alice"),), ("the operator cannot approve",), 0),
    Case("operators-key-of-another", (by("shared@acme.example", "alice"),), ("the operator cannot approve",), 0),
    Case("one-key-two-names", (by("eve@acme.example", "eve"), by("eva@acme.example", "eve")), ("", ""), 1),
    Case("wildcard", (by("zoe@acme.example", "zoe"),), ("a pattern",), 0),
    Case("no-namespaces", (by("nina@acme.example", "nina"),), ("does not list the key for approvals",), 0),
    Case("any-namespace", (by("anna@acme.example", "anna"),), ("does not list the key for approvals",), 0),
    Case("listed-for-git-only", (by("gus@acme.example", "gus"),), ("does not list the key for approvals",), 0),
    Case("key-not-yet-valid", (by("late@acme.example", "late"),), ("not valid at this time",), 0),
    Case("key-no-longer-valid", (by("past@acme.example", "past"),), ("not valid at this time",), 0),
    Case("revoked", (by(BOB, "bob"), by(CAROL, "carol")), ("revoked", ""), 1, revoked="bob"),
    Case("not-yet", (by(BOB, "bob", not_before=NOW + timedelta(minutes=5)),), ("it is good from",), 0),
    Case("too-long", (by(BOB, "bob", expires=NOW + timedelta(hours=24)),), ("longer than 24 hours",), 0),
    Case("another-statement-used", (by(BOB, "bob"),), ("",), 1, used=("8" * 64,)),
    Case("changed-after-signing", (replace(by(BOB, "bob"), statement_as=OTHER),), ("incorrect signature",), 0),
    Case("not-canonical", (replace(by(BOB, "bob"), statement_as=b" " + GOOD.encoded()),), ("canonical",), 0),
    Case("two-signatures-in-a-file", (replace(by(BOB, "bob"), twice=True),), ("not one armored",), 0),
    Case("certificate-not-configured", (by(DAVE, "dave-cert"),), ("certificates are not configured",), 0),
    Case("certificate", (by(DAVE, "dave-cert"),), ("",), 1, authorities=True),
    Case("certificate-of-another", (by(CAROL, "dave-cert"),), ("certificate",), 0, authorities=True),
    Case("certificates-of-one-key", (by(DAVE, "dave-cert"), by(DAN, "dave-cert2")), ("", ""), 1, authorities=True),
    Case("certificate-of-operators-key", (by(DAVE, "alice-cert"),), ("the operator",), 0, authorities=True),
    Case("certificate-expired", (by(DAVE, "dave-old-cert"),), ("certificate",), 0, authorities=True),
    Case("certificate-of-a-stranger", (by(DAVE, "dave-foreign-cert"),), ("is not listed",), 0, authorities=True),
    Case("security-key", (by("finn@acme.example", "fido"),), ("",), 1),
    Case("security-key-untouched", (by("finn@acme.example", "fido-untouched"),), ("nobody touched",), 0),
)  # fmt: skip


def main() -> None:
    """Make all vectors anew."""
    shutil.rmtree(VECTORS, ignore_errors=True)
    VECTORS.mkdir()
    with tempfile.TemporaryDirectory() as name, agent() as socket:
        keys = Keys(Path(name), socket)
        (VECTORS / "allowed_signers").write_text(keys.allowed_signers(), encoding="utf-8")
        expected = [_make(case, keys) for case in (*THE_NINE, *MORE)]
    (VECTORS / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


def _make(case: Case, keys: Keys) -> dict[str, object]:
    files, digests = [], {}
    for number, offer in enumerate(case.offers, 1):
        signed = offer.statement.encoded()
        file = VECTORS / f"{case.name}.{number}.json"
        file.write_bytes(offer.statement_as or signed)
        digests["statement"] = hashlib.sha256(file.read_bytes()).hexdigest()
        signature = keys.sign(offer.key, signed, offer.namespace)
        file.with_suffix(".sig").write_bytes(signature * (2 if offer.twice else 1))
        files.append(file.name)
    if case.revoked:
        shutil.copy(keys.public(case.revoked), VECTORS / f"{case.name}.revoked")
    return {
        "name": case.name,
        "files": files,
        "why": list(case.why),
        "people": case.people,
        "used": [digests.get(used, used) for used in case.used],
        "authorities": case.authorities,
        "revoked": f"{case.name}.revoked" if case.revoked else "",
    }


if __name__ == "__main__":
    main()
