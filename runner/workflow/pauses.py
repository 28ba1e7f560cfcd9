"""Steps that let time pass after another one: a run does what it can, and `runner resume` goes on when it is time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.model.outcome import Done, Outcome
from runner.model.plan import PlannedStep


@dataclass
class Pauses:
    """Know when steps were done, UTC, and which steps wait."""

    done: dict[str, datetime]
    waiting: set[str] = field(default_factory=set)

    def reason(self, step: PlannedStep, now: datetime) -> str:
        """Return why a step has to wait; empty when it need not. A step that needs a waiting one waits too."""
        needed = next((need for need in step.needs if need in self.waiting), "")
        if needed:
            self.waiting.add(step.id)
            return f"step {needed} has to be done before, and waits"
        if step.wait is None or step.wait.after not in self.done:
            return ""
        due = self.done[step.wait.after] + timedelta(seconds=step.wait.seconds)
        if now >= due:
            return ""
        self.waiting.add(step.id)
        return f"it waits until {due:%Y-%m-%d %H:%M:%S} UTC; then `runner resume` goes on"

    def ended(self, step: PlannedStep, outcome: Outcome, now: datetime) -> None:
        """Take note of how a step ended; what was done before keeps its time."""
        if isinstance(outcome, Done):
            self.done.setdefault(step.id, now)
