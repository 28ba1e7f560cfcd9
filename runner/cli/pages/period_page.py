"""A period of the audit log as a page: its runs, whether the log is intact, and the checkpoint to compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runner.audit.flaw import Flaw
from runner.audit.run_summary import RunSummary
from runner.audit.selection import Selection
from runner.audit.verify import CANNOT_SEE, Broken, Verified
from runner.cli.output import plural
from runner.cli.pages.plan_page import Line
from runner.cli.pages.render import render
from runner.cli.pages.run_page import counts_of, style_of


@dataclass(frozen=True)
class PeriodPage:
    """Hold what the template of a period shows."""

    runs: tuple[RunSummary, ...]
    wanted: Selection
    found: Verified | Broken

    @property
    def title(self) -> str:
        """Which period it is."""
        since, until = (moment[:16].replace("T", " ") for moment in (self.wanted.since, self.wanted.until))
        if not since and not until:
            return "all of it"
        return " ".join(part for part in (since and f"from {since}", until and f"until {until}", "UTC") if part)

    @property
    def selected(self) -> str:
        """Which runs are listed."""
        asked = (("account", self.wanted.account), ("target", self.wanted.target), ("who", self.wanted.who))
        only = ", ".join(f"{name} {value}" for name, value in asked if value)
        return f"{plural(len(self.runs), 'run')}" + (f"; only {only}" if only else "")

    @property
    def summary(self) -> tuple[Line, ...]:
        """What the period comes to."""
        return tuple(self._summary())

    @property
    def log(self) -> tuple[tuple[str, str], ...]:
        """What is known of the log, and what to compare it with."""
        match self.found:
            case Verified(records, runs, head, _, checkpoints, signed, key):
                rows = [("records", f"{records:,} of {plural(runs, 'run')}"), ("checkpoints", f"{checkpoints:,}")]
                if head is not None:
                    rows.append(("head", f"record {head.seq}, sha256 {head.sha256}"))
                if signed is not None:
                    rows += [("signed", f"{signed.size:,} records"), ("root", signed.root.hex()), ("key", key)]
                return tuple(rows)
            case Broken(flaws):
                return (("flaws", f"{len(flaws):,}"),)

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What is wrong with the log."""
        return self.found.flaws if isinstance(self.found, Broken) else ()

    @property
    def warnings(self) -> tuple[Flaw, ...]:
        """What honest crashes leave."""
        return self.found.warnings

    @property
    def cannot_see(self) -> str:
        """What verification cannot show."""
        return "; ".join(CANNOT_SEE)

    def counts_of(self, run: RunSummary) -> str:
        """Return how a run's steps ended."""
        return counts_of(run)

    def style_of(self, run: RunSummary) -> str:
        """Return how a run's end is shown."""
        return style_of(run)

    def _summary(self) -> Iterator[Line]:
        if isinstance(self.found, Broken):
            yield Line("The log is not intact. What it says below cannot be relied on.", "bad")
        else:
            yield Line("The log is intact.", "good")
        yield Line(f"{plural(len(self.runs), 'run')}.")
        failed = sum(not run.ended_well for run in self.runs)
        if failed:
            yield Line(f"{plural(failed, 'run')} did not end well, or is not closed.", "care")


def period_page(runs: tuple[RunSummary, ...], wanted: Selection, found: Verified | Broken) -> str:
    """Return a period of the log as an HTML page."""
    return render("period.html", page=PeriodPage(runs, wanted, found))
