"""Numbers and names of the rules, written out once more: other tests take them from the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runner.guard import approval_statement
from runner.guard.allowed_signers import MAX_BYTES
from runner.guard.approval_gate import SKEW
from runner.guard.approval_statement import MAX_COMMENT
from runner.guard.differences import LONGEST
from runner.guard.own_way import CHECK as OWN_WAY
from runner.guard.ownership import OVERRIDE
from runner.guard.protect import CHECK as PROTECTED


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (MAX_BYTES, 1_048_576),
        (approval_statement.MAX_BYTES, 16_384),
        (MAX_COMMENT, 1000),
        (LONGEST, 300),
        (SKEW, timedelta(seconds=90)),
    ],
)
def test_a_number_is_what_reviewers_were_told(number: object, expected: object) -> None:
    """Nobody makes a rule milder by a number without a test that says so."""
    assert number == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (PROTECTED, "nothing_protected_is_touched"),
        (OWN_WAY, "the_way_to_the_target_stays"),
        (OVERRIDE, "ownership"),
    ],
)
def test_a_check_keeps_its_name(name: str, expected: str) -> None:
    """Playbooks accept or override a check by its name, and scripts look for it."""
    assert name == expected
