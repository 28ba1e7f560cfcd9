"""Codes against the published vectors."""

from __future__ import annotations

import pytest

from runner.sandbox.totp import code_of, step_at

SEED = b"12345678901234567890"
COUNTED = ("755224", "287082", "359152", "969429", "338314", "254676")


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_rfc_6238(moment: int, code: str) -> None:
    """Every SHA1 vector of RFC 6238, appendix B, comes out with its eight digits, and so do its last six."""
    assert code_of(SEED, step_at(moment), digits=8) == code
    assert code_of(SEED, step_at(moment)) == code[-6:]


@pytest.mark.parametrize(("counter", "code"), list(enumerate(COUNTED)))
def test_vectors_of_rfc_4226(counter: int, code: str) -> None:
    """The first counters of RFC 4226, appendix D, come out with their six digits."""
    assert code_of(SEED, counter) == code
