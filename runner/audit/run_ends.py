"""How each step of a run ended, as the log says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import StepClosed


@dataclass(frozen=True)
class StepEnd:
    """Hold a step's end; ``until`` is the day of a scheduled deletion, as the log writes times."""

    state: str
    at: str
    until: str = ""


def run_ends(directory: Path, run: str) -> Mapping[str, StepEnd]:
    """Return how the steps of a run ended, by their ids.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    closed = (data for data, _ in read_records(directory, run) if text(data, "type") == StepClosed.type)
    return {text(data, "step"): StepEnd(text(data, "state"), text(data, "ts"), text(data, "until")) for data in closed}
