"""Join what was found in several accounts to one plan, with a section for each, and limits over all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from runner.guard.floor import rules_for
from runner.guard.limits import limit_findings
from runner.model.fleet import Fleet
from runner.model.guardrails import Guardrails
from runner.model.plan import Finding, Plan, PlannedStep
from runner.model.playbook import Account, Playbook
from runner.model.section import Section

Looked: TypeAlias = tuple[Playbook, tuple[PlannedStep, ...], tuple[Finding, ...]]
"""An account's playbook as it is in force, its steps, and what was found of the account as a whole."""


def joined(plan: Plan, fleet: Fleet, accounts: tuple[Looked, ...], guardrails: Guardrails) -> Plan:
    """Return the plan of all accounts; ``plan`` is the first one's.

    The guardrails' limits bound the sum as they bound every plan: a fleet is no way around them.
    """
    rules = rules_for(fleet.over_all(), guardrails)
    steps = tuple(replace(step, account=book.account.id) for book, found, _ in accounts for step in found)
    together = (replace(one, message=f"all accounts: {one.message}") for one in limit_findings(rules, steps))
    return replace(
        plan,
        account=Account(""),
        region="",
        role_arn="",
        via=(),
        limits=rules.limits,
        steps=steps,
        findings=(*(finding for one in accounts for finding in _of_account(one)), *together),
        sections=tuple(_section(one) for one in accounts),
        on_failure=fleet.on_failure,
    )


def _of_account(looked: Looked) -> Iterable[Finding]:
    playbook, _, findings = looked
    return (replace(finding, message=f"account {playbook.account.id}: {finding.message}") for finding in findings)


def _section(looked: Looked) -> Section:
    playbook, steps, _ = looked
    regions = tuple(dict.fromkeys(step.region for step in steps))
    return Section(playbook.account, regions, playbook.role_arn, playbook.via, playbook.limits)
