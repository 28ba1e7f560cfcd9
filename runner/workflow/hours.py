"""When something may be done: the playbook's time, the guardrails' windows, and the change calendars.

Asked when a plan is made, and again before each step: a run can outlast its window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.guard.change_calendar import calendar_call, calendar_finding
from runner.guard.window import time_findings
from runner.model.bound import BoundCall
from runner.model.guardrails import Guardrails
from runner.model.plan import Finding
from runner.model.playbook import Playbook
from runner.model.ports import Sender
from runner.workflow.reading import read


@dataclass(frozen=True)
class Hours:
    """Hold what says when a playbook may run; its calendars are those of the guardrails too."""

    playbook: Playbook
    guardrails: Guardrails

    @property
    def calls(self) -> tuple[BoundCall, ...]:
        """The reads that ask for the calendars' states."""
        return tuple(calendar_call(calendar, self.playbook) for calendar in self.playbook.calendars)

    def by_the_clock(self, now: datetime) -> tuple[Finding, ...]:
        """Return why nothing may be done ``now`` (UTC), as far as the clock decides."""
        return time_findings(self.playbook.valid, self.guardrails, now)

    def by_calendars(self, sender: Sender) -> tuple[Finding, ...]:
        """Ask for the calendars' states, and return why they let nothing be done."""
        asked = zip(self.playbook.calendars, self.calls, strict=True)
        found = (calendar_finding(calendar, read(sender, call)) for calendar, call in asked)
        return tuple(finding for finding in found if finding is not None)
