"""Anchor how a run begins and how it ends, where the guardrails say so, and say what becomes of a run without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from runner.errors import LogUnwritable
from runner.model.event import LogNotAnchored
from runner.model.guardrails import AnchorMode, AnchorRules
from runner.model.ports import Ledger
from runner.model.session import UserSession
from runner.workflow.anchor import NotAnchored, anchor
from runner.workflow.prepare import Prepared
from runner.workflow.route import LIFETIME
from runner.workflow.services import Services


@dataclass
class Anchoring:
    """Anchor one run; ``rules`` are None when there is nothing to anchor."""

    rules: AnchorRules | None
    max_age: timedelta
    services: Services
    ledger: Ledger

    @classmethod
    def of(cls, prepared: Prepared, services: Services, ledger: Ledger) -> Anchoring:
        """Return what a run's guardrails ask for; a run that has nothing to do is not anchored."""
        rules = prepared.parts[0].rules.guardrails.audit.anchor if prepared.plan.acting else None
        return cls(rules, prepared.playbook.max_age + LIFETIME, services, ledger)

    def begin(self, user: UserSession) -> str:
        """Anchor what is on record before anything is touched; return why nothing may be, empty when it may.

        Raises:
            LogUnwritable: when it cannot be recorded.
        """
        rules = self.rules
        missed = self._anchor(user)
        if rules is None or missed is None or _may_go_on(rules, missed):
            return ""
        self.rules = None  # how such a run ended is not worth another try
        return f"the log is not anchored: {missed.why}"

    def end(self, user: UserSession) -> None:
        """Anchor how the run ended.

        Raises:
            LogUnwritable: when that is required and fails, or cannot be recorded.
        """
        missed = self._anchor(user)
        if self.rules is not None and missed is not None and not _may_go_on(self.rules, missed):
            hint = "all is on record here, and the next run's anchor covers it"
            raise LogUnwritable(f"how the run ended is not anchored: {missed.why}", on=self.rules.bucket, hint=hint)

    def _anchor(self, user: UserSession) -> NotAnchored | None:
        if self.rules is None:
            return None
        missed = anchor(self.rules, user, self.max_age, self.services, self.ledger)
        if missed is not None:
            self.services.watcher.see(LogNotAnchored(missed.why))
        return missed


def _may_go_on(rules: AnchorRules, missed: NotAnchored) -> bool:
    return rules.mode is AnchorMode.BEST_EFFORT and not missed.is_fork
