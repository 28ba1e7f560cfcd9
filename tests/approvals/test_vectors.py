"""The gate stands the nine attacks, and more, on signatures that OpenSSH made once (``make_vectors.py``)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runner.audit.ssh_keygen import SshVerifier
from runner.guard.allowed_signers import read_signers
from runner.guard.approval_gate import Accepted, Offered, Refused, Rules, count_people, judge, knows_operator
from tests.approvals.keys import OPERATOR
from tests.approvals.make_vectors import MORE, NOW, SUBJECT, THE_NINE, VECTORS

CASES: list[dict[str, Any]] = json.loads((VECTORS / "expected.json").read_text(encoding="utf-8"))
SIGNERS = read_signers((VECTORS / "allowed_signers").read_bytes())


def offered(file: str) -> Offered:
    """Return an approval as a directory holds it."""
    statement = VECTORS / file
    return Offered(file, statement.read_bytes(), statement.with_suffix(".sig").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_vector(case: dict[str, Any]) -> None:
    """Each approval counts or is refused for the reason that the case names, and people are counted once."""
    rules = Rules(SIGNERS, case["authorities"], OPERATOR, NOW, frozenset(case["used"]))
    revoked = (VECTORS / case["revoked"]).read_bytes() if case["revoked"] else None
    verifier = SshVerifier(os.environ, revoked)
    judged = [judge(offered(file), SUBJECT, rules, verifier.verify) for file in case["files"]]

    for found, why in zip(judged, case["why"], strict=True):
        assert isinstance(found, Refused if why else Accepted), found
        assert why in (found.why if isinstance(found, Refused) else "")
    accepted = tuple(found for found in judged if isinstance(found, Accepted))
    assert count_people(accepted, SIGNERS) == case["people"]


def test_every_case_has_its_vector() -> None:
    """The checked-in files are those that the script makes, the nine attacks first, and nothing lies beside them."""
    names = [case.name for case in (*THE_NINE, *MORE)]
    files = {file for case in CASES for file in case["files"]}
    others = {"allowed_signers", "expected.json", *(case["revoked"] for case in CASES if case["revoked"])}

    assert names == [case["name"] for case in CASES]
    assert names[:9] == [name for name in names if name[0].isdigit()]
    assert {path.name for path in VECTORS.iterdir()} == {
        *files,
        *(str(Path(file).with_suffix(".sig")) for file in files),
        *others,
    }


def test_the_operator_is_known_by_the_arn() -> None:
    """A line that names the ARN says who the operator is; nobody else's, and no authority's, does."""
    assert knows_operator(OPERATOR, SIGNERS)
    assert not knows_operator(OPERATOR.replace("alice", "mallory"), SIGNERS)
    assert not knows_operator("dave@acme.example", SIGNERS)


def test_no_vector_holds_a_private_key() -> None:
    """Keys that sign stay out of the repository."""
    for path in VECTORS.iterdir():
        assert b"PRIVATE" not in path.read_bytes()
