"""Unknown means no, unless the reviewers named the check and said why: ``accept_unknown`` in the playbook.

Only what could not be decided can be accepted, never what a check forbids. What is never accepted has no name here: a
target that cannot be read has no pin, contents that cannot be counted have no limit, and a rule that protects has to be
evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.catalog.aws import NAMED
from runner.guard.ownership import CHECK as OWNERSHIP
from runner.guard.verdict import CHECK as VERDICT
from runner.model.action import ActionType
from runner.model.plan import Finding
from runner.model.playbook import Acceptance

EXPECTATIONS = ("expect_tags", "expect_versioning")
"""Checks of ``expect`` that rest on a read."""
UNUSED = "accept_unknown_is_needed"


def acceptable(actions: Iterable[ActionType]) -> tuple[str, ...]:
    """Return the names of the checks whose unknown can be accepted, in order."""
    names = {VERDICT, OWNERSHIP, NAMED, *EXPECTATIONS}
    for action in actions:
        names.update(check.__name__ for check in (*action.checks, *action.without_copy))
        names.update(readable(fact) for fact in action.facts)
        names.update(blocker.check for blocker in action.blockers if blocker.check)
    return tuple(sorted(names))


def readable(fact: str) -> str:
    """Return the name of the check that a fact could be read."""
    return f"{fact}_is_readable"


def accept(findings: tuple[Finding, ...], accepted: tuple[Acceptance, ...]) -> tuple[Finding, ...]:
    """Return the findings, those let through whose check was accepted and could not be decided.

    AWS's own words are dropped with it, and the hint: they may differ at each call, and the plan's digest must not.
    """
    reasons = {one.check: one.reason for one in accepted}
    return tuple(
        replace(finding, blocks=False, accepted=reasons[finding.check], said="", hint="")
        if finding.blocks and finding.unknown and finding.check in reasons
        else finding
        for finding in findings
    )


def still_accepted(findings: tuple[Finding, ...], planned: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings of a later look; only what was unknown and accepted in the plan is let through again."""
    return accept(findings, tuple(Acceptance(one.check, one.accepted) for one in planned if one.accepted))


def unused(accepted: tuple[Acceptance, ...], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return a note for each acceptance that no finding needs: the playbook says more than it has to."""
    needed = {finding.check for finding in findings if finding.accepted}
    return tuple(
        Finding(
            UNUSED,
            f"accept_unknown names {one.check}, which is not unknown here",
            hint="remove it from the playbook",
            blocks=False,
        )
        for one in accepted
        if one.check not in needed
    )
