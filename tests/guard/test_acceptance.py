"""Only what could not be decided, and what the reviewers named, is let through."""

from __future__ import annotations

import pytest

from runner.catalog import ACTIONS
from runner.catalog.aws import NAMED
from runner.guard.acceptance import accept, acceptable, still_accepted, unused
from runner.guard.ownership import CHECK as OWNERSHIP
from runner.model.plan import Finding
from runner.model.playbook import Acceptance

KNOWN = Acceptance("policy_is_readable", "the policy is reviewed in another repository")
UNKNOWN = Finding("policy_is_readable", "it could not be read", "grant it", unknown=True, said="request 7 was denied")


def test_an_unknown_that_was_named_is_let_through_with_its_reason() -> None:
    """It blocks no longer, says why, and holds nothing that differs at the next call."""
    (found,) = accept((UNKNOWN,), (KNOWN,))

    assert (found.blocks, found.unknown, found.accepted) == (False, True, KNOWN.reason)
    assert (found.said, found.hint, found.told) == ("", "", "it could not be read")


@pytest.mark.parametrize(
    "finding",
    [
        Finding("policy_is_readable", "forbidden"),
        Finding("object_lock_is_off", "it could not be read", unknown=True),
        Finding("policy_is_readable", "a note", blocks=False, unknown=True),
    ],
    ids=["blocked", "another check", "note"],
)
def test_nothing_else_is_let_through(finding: Finding) -> None:
    """A check that forbids, a check that nobody named, and a note stay as they are."""
    assert accept((finding,), (KNOWN,)) == (finding,)


def test_a_later_look_is_held_to_the_plan() -> None:
    """What was decided in the plan and cannot be decided now is not accepted, whatever the playbook names."""
    planned = accept((UNKNOWN,), (KNOWN,))

    assert [one.blocks for one in still_accepted((UNKNOWN,), planned)] == [False]
    assert [one.blocks for one in still_accepted((UNKNOWN,), ())] == [True]
    note = Finding("policy_is_readable", "a note", blocks=False)
    assert [one.blocks for one in still_accepted((UNKNOWN,), (note,))] == [True]
    assert [one.blocks for one in still_accepted((Finding("policy_is_readable", "forbidden"),), planned)] == [True]


def test_an_acceptance_that_nobody_needs_is_noted() -> None:
    """A playbook that accepts what is known says more than it has to; that refuses nothing."""
    (note,) = unused((KNOWN,), (Finding("policy_is_readable", "forbidden"),))

    assert (note.check, note.blocks) == ("accept_unknown_is_needed", False)
    assert "policy_is_readable, which is not unknown here" in note.message
    assert unused((KNOWN,), accept((UNKNOWN,), (KNOWN,))) == ()


def test_a1_what_has_to_be_known_cannot_be_named() -> None:
    """Accident A1, unreadable taken for absent: the target's own state, its contents and limits have to be known."""
    names = acceptable(ACTIONS)

    assert {"policy_is_readable", "object_lock_is_off", "mfa_protects_the_target", "expect_tags"} <= set(names)
    assert {"expect_versioning", OWNERSHIP, NAMED} <= set(names)
    assert {"no_dns_record_leads_to_it", "no_distribution_reads_from_it"} <= set(names)
    assert "dynamodb_keeps_a_backup_of_its_own" in names
    assert "" not in names
    assert not {"target_is_readable", "contents_are_counted", "limit_objects", "expect_max_objects"} & set(names)
    assert list(names) == sorted(set(names))
