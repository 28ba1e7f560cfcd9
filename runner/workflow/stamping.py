"""Have the log's checkpoints time-stamped as a run begins and ends, where the guardrails say so.

It is as with anchors: where stamps are required nothing is touched without one, and a run whose end has none says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.audit.record import Stamped
from runner.audit.record.fields import shortened, stamp
from runner.errors import LogUnwritable
from runner.model.event import LogNotStamped
from runner.model.guardrails import AnchorMode, StampRules
from runner.model.ports import Ledger, NotStamped, SignedNote, TimeStamp
from runner.workflow.prepare import Prepared
from runner.workflow.services import Services

ATTEMPTS = 3
"""How often an authority is asked that is busy or cannot be reached."""
PAUSE = 1.0
"""Seconds between two of them."""


@dataclass
class Stamping:
    """Stamp one run; ``rules`` are None when nothing is to be stamped."""

    rules: StampRules | None
    services: Services
    ledger: Ledger

    @classmethod
    def of(cls, prepared: Prepared, services: Services, ledger: Ledger) -> Stamping:
        """Return what a run's guardrails ask for; a run that has nothing to do is not stamped."""
        rules = prepared.parts[0].rules.guardrails.audit.timestamp if prepared.plan.acting else None
        return cls(rules, services, ledger)

    def begin(self) -> str:
        """Stamp what is on record before anything is touched; return why nothing may be, empty when it may.

        Raises:
            LogUnwritable: when it cannot be recorded.
        """
        missed = self._stamp()
        if not missed or self.rules is None or self.rules.mode is AnchorMode.BEST_EFFORT:
            return ""
        self.rules = None  # how such a run ended is not worth another try
        return f"the log is not time-stamped: {missed}"

    def end(self) -> None:
        """Stamp how the run ended.

        Raises:
            LogUnwritable: when that is required and fails, or cannot be recorded.
        """
        missed = self._stamp()
        if missed and self.rules is not None and self.rules.mode is AnchorMode.REQUIRED:
            hint = "all is on record here, and the next run's time stamp covers it"
            raise LogUnwritable(f"how the run ended is not time-stamped: {missed}", on=self.rules.url, hint=hint)

    def _stamp(self) -> str:
        """Stamp what was signed last and record that; return why there is no stamp, empty when there is."""
        rules, note = self.rules, self.ledger.signed
        if rules is None or note is None:
            return ""
        try:
            made = self._asked(note)
        except NotStamped as error:
            why = shortened(str(error))
            self.ledger.append(Stamped(note.size, note.root, rules.url, why=why))
            self.services.watcher.see(LogNotStamped(why))
            return why
        self.ledger.append(
            Stamped(note.size, note.root, rules.url, stamp(made.time), made.sha256, made.roots),
        )
        return ""

    def _asked(self, note: SignedNote) -> TimeStamp:
        stamper = self.services.stamper
        if stamper is None:
            raise NotStamped("nobody is there to ask")
        for _ in range(ATTEMPTS - 1):
            try:
                return stamper.stamp(note)
            except NotStamped as error:
                if not error.may_pass:
                    raise
                self.services.clock.sleep(PAUSE)
        return stamper.stamp(note)
