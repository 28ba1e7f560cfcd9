"""Claims: one run at a time works on a target."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit.log import FileLedger
from runner.errors import GuardRefused, LogUnwritable

Reopen = Callable[[], FileLedger]
ARNS = ("arn:aws:s3:::one", "arn:aws:s3:::two")


def test_a_claimed_target_is_refused(ledger: FileLedger, reopen: Reopen) -> None:
    """The second run is told which target it is, and which run holds it."""
    with (
        reopen() as other,
        ledger.claim(ARNS),
        pytest.raises(GuardRefused, match=f"another run is working on it: run {ledger.run}") as refused,
        other.claim(("arn:aws:s3:::two",)),
    ):
        pass

    assert refused.value.on == "arn:aws:s3:::two"


def test_other_targets_are_free(ledger: FileLedger, reopen: Reopen) -> None:
    """Runs with nothing in common do not see each other."""
    with reopen() as other, ledger.claim(ARNS), other.claim(("arn:aws:s3:::three",)):
        pass


def test_a_claim_ends_with_its_block(ledger: FileLedger, reopen: Reopen) -> None:
    """When a run is over, also by an error, the next one may begin; a refused claim keeps nothing."""
    with reopen() as other:
        with pytest.raises(ZeroDivisionError), ledger.claim(ARNS):
            raise ZeroDivisionError
        with other.claim(("arn:aws:s3:::two",)):
            with pytest.raises(GuardRefused), ledger.claim(ARNS):
                pass
            with ledger.claim(("arn:aws:s3:::one",)):
                pass


def test_the_same_target_twice(ledger: FileLedger) -> None:
    """Two steps of one run may have one target."""
    with ledger.claim((*ARNS, ARNS[0])):
        pass


def test_a_claim_that_cannot_be_made(ledger: FileLedger, directory: Path) -> None:
    """What stands in the way of the claims ends the run before it begins."""
    (directory / "locks").write_text("something else")

    with pytest.raises(LogUnwritable), ledger.claim(ARNS):
        pass
