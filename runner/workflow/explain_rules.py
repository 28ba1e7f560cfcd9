"""``runner guardrails explain``: which rule decides what for a playbook, and what refuses it already. No AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.guard.floor import floor_findings
from runner.guard.rule_table import Decided
from runner.guard.rule_table import explain as explain_rules
from runner.model.action import ActionType
from runner.model.canonical import Json
from runner.model.fleet import Reviewed, sections_of
from runner.model.guardrails import Guardrails
from runner.model.plan import Finding
from runner.model.playbook import Source
from runner.workflow.validate import protected_by_arn


@dataclass(frozen=True)
class Explanation:
    """Hold what the rules of a playbook are, and what is refused without asking AWS."""

    playbook: Source
    guardrails: Source | None
    rules: tuple[Decided, ...]
    findings: tuple[tuple[str, Finding], ...]
    """With the step's id; empty for the playbook as a whole."""

    def to_data(self) -> dict[str, Json]:
        """Return the plain form, for ``--output json``."""
        return {
            "format": "runner-guardrails/1",
            "playbook": _source_data(self.playbook),
            "guardrails": None if self.guardrails is None else _source_data(self.guardrails),
            "rules": [_rule_data(rule) for rule in self.rules],
            "findings": [
                {"step": step, "check": one.check, "message": one.message, "hint": one.hint}
                for step, one in self.findings
            ],
        }


def explain(reviewed: Reviewed, catalog: Mapping[str, ActionType], guardrails: Guardrails) -> Explanation:
    """Return which rule decides what, and what refuses the playbook in any of its accounts.

    Only what needs no AWS is judged: not tags, not what is counted, not the time of day.
    """
    each = sections_of(reviewed)
    below = (("", finding) for playbook in each for finding in floor_findings(playbook, guardrails))
    protected = (
        (step.id, found) for playbook in each for step, found in protected_by_arn(playbook, catalog, guardrails)
    )
    rules = (rule for playbook in each for rule in explain_rules(playbook, guardrails))
    # What accounts have in common is said once.
    findings = tuple(dict.fromkeys((*below, *protected)))
    return Explanation(each[0].source, guardrails.source, tuple(dict.fromkeys(rules)), findings)


def _source_data(source: Source) -> dict[str, Json]:
    return {"path": source.path, "sha256": source.sha256, "commit": source.commit, "dirty": source.dirty}


def _rule_data(rule: Decided) -> dict[str, Json]:
    return {
        "rule": rule.rule,
        "holds": rule.holds,
        "decided_by": rule.by.value,
        "playbook": rule.playbook or None,
        "guardrails": rule.guardrails or None,
    }
