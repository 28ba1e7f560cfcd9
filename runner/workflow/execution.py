"""What one step is executed with."""

from __future__ import annotations

from dataclasses import dataclass

from runner.guard.count_drift import Tolerance
from runner.model.interrupted import Unsettled
from runner.model.plan import PlannedStep
from runner.workflow.binding import BoundStep
from runner.workflow.hours import Hours
from runner.workflow.journal import Journal
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.tally import Tally


@dataclass(frozen=True)
class Execution:
    """Hold one step, the sessions it may send under, and where it writes what it does."""

    services: Services
    scope: Scope
    journal: Journal
    planned: PlannedStep
    bound: BoundStep
    tally: Tally
    hours: Hours
    tolerance: Tolerance
    """By how much its contents may differ from what the plan counted."""
    unsettled: tuple[Unsettled, ...] = ()
    """The step's batches of an earlier run whose answers are not on record."""
