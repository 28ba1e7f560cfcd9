"""A protection flag that is on, or that nobody could read, refuses its step; naming it lifts the first only."""

from __future__ import annotations

import pytest

from runner.catalog.answers import flag_is_off
from runner.catalog.s3 import DELETE_BUCKET
from runner.guard.flags import flag_findings
from runner.model.action import ActionType, Present, ProtectionFlag, Reading, Unreadable
from runner.model.call import Call, Effect
from runner.model.plan import Finding
from tests.guard.rules import changed, step

OFF = flag_is_off("deletion_protection_is_off", "table", "Protected", "deletion protection is on")
FLAG = ProtectionFlag(
    "DeletionProtection", OFF, Call("x:Lift", effect=Effect.UNPROTECT), Call("x:Rearm", effect=Effect.REARM)
)
ACTION: ActionType = changed(DELETE_BUCKET, flags=(FLAG,))
ON = Present({"Protected": True})


def found(reading: Reading, *named: str) -> tuple[Finding, ...]:
    """Return the findings about a flag of which this was read, for a step that names these flags."""
    return tuple(flag_findings(ACTION, step(unprotect=named), {"table": reading}))


def test_a_flag_that_is_off_is_no_matter() -> None:
    """Nothing is said about a flag that is off and that nobody named."""
    assert found(Present({"Protected": False})) == ()


def test_a_flag_that_is_on_refuses_and_tells_how_it_is_lifted() -> None:
    """The hint names the key and the flag, so that reviewers can decide it."""
    (finding,) = found(ON)

    assert (finding.check, finding.blocks, finding.unknown) == ("deletion_protection_is_off", True, False)
    assert "unprotect: [DeletionProtection]" in finding.hint


def test_a_flag_that_reviewers_name_is_a_note() -> None:
    """It is switched off for the deletion, which a reader of the plan is told."""
    (finding,) = found(ON, "DeletionProtection")

    assert not finding.blocks
    assert "switched off for the deletion" in finding.message


def test_naming_a_flag_that_is_off_is_told() -> None:
    """A playbook that lifts what is not on believes something else than is true."""
    (finding,) = found(Present({"Protected": False}), "DeletionProtection")

    assert (finding.blocks, finding.message) == (False, "`unprotect` names DeletionProtection, which is off")


@pytest.mark.parametrize("reading", [Unreadable("denied"), Present({})])
@pytest.mark.parametrize("named", [(), ("DeletionProtection",)])
def test_a_flag_that_could_not_be_read_refuses(reading: Reading, named: tuple[str, ...]) -> None:
    """Unknown means no, named or not."""
    (finding,) = found(reading, *named)

    assert finding.blocks
    assert finding.unknown
