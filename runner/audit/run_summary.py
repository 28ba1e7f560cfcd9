"""Which runs the audit log tells of, and how each of them ended.

What is shown is what the log says; whether it was changed is verification's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome, MfaSession, RunClosed, RunOpened
from runner.audit.selection import Selection
from runner.errors import UsageError
from runner.model.canonical import Json

NOT_CLOSED = "not closed"
"""The status of a run that is still going on, or was killed."""


@dataclass(frozen=True)
class RunSummary:
    """Say in one line what a run was and how it ended."""

    run: str
    started: str
    """UTC, as the log writes it; so is ``ended``, empty while the run is not closed."""
    ended: str
    playbook: str
    plan_sha256: str
    account: str
    """Its id; of several, all of them after commas."""
    who: str
    """The ARN of the operator's long-term identity; ``user@host`` when the run ended before one was recorded."""
    status: str
    exit_code: int | None
    counts: Mapping[str, int]
    """How many steps ended in each state."""
    in_doubt: int
    """Calls whose outcome is not known."""
    targets: tuple[str, ...] = ()

    @property
    def ended_well(self) -> bool:
        """Whether it ended with exit code 0 and nothing is in doubt."""
        return self.exit_code == 0 and not self.in_doubt

    def is_in(self, selection: Selection) -> bool:
        """Return whether the run is selected; it happened when it began."""
        return (
            selection.takes_time(self.started)
            and selection.takes_run(self.run, self.account, self.who)
            and selection.takes_target(self.targets)
        )

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "run": self.run,
            "started": self.started,
            "ended": self.ended,
            "playbook": self.playbook,
            "plan_sha256": self.plan_sha256,
            "account": self.account,
            "who": self.who,
            "status": self.status,
            "exit_code": self.exit_code,
            "counts": dict(self.counts),
            "in_doubt": self.in_doubt,
            "targets": self.targets,
        }


def runs(directory: Path) -> tuple[RunSummary, ...]:
    """Return every run of a ledger, in the order in which they began.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    return summaries(data for data, _ in read_records(directory))


def summaries(records: Iterable[Mapping[str, Json]]) -> tuple[RunSummary, ...]:
    """Return the runs that records tell of, in the order in which they began."""
    found: dict[str, _Gathered] = {}
    for data in records:
        run, kind = text(data, "run"), text(data, "type")
        if kind == RunOpened.type:
            found.setdefault(run, _Gathered(data)).reopened(data)
        elif run in found:
            found[run].take(kind, data)
    return tuple(gathered.summary() for gathered in found.values())


def chosen_run(directory: Path, prefix: str) -> str:
    """Return the id of the run whose id begins with a prefix, in either case; without one, of the last run that began.

    Raises:
        UsageError: when no run or several begin so, or the ledger cannot be read.
    """
    opened = (data for data, _ in read_records(directory, mark=RunOpened.type) if data.get("type") == RunOpened.type)
    began = tuple(dict.fromkeys(text(data, "run") for data in opened))
    if not prefix:
        if not began:
            raise UsageError("the audit log holds no run", on=str(directory), hint="`runner apply` writes one")
        return began[-1]
    match [run for run in began if run.startswith(prefix.upper())]:
        case [run]:
            return run
        case []:
            raise UsageError("there is no such run", on=prefix, hint="`runner audit list` shows the runs")
        case matching:
            named = ", ".join(matching[:3])
            raise UsageError(f"{len(matching)} runs begin so", on=prefix, hint=f"write more of it: {named}")


@dataclass
class _Gathered:
    """Gather what a summary says while the run's records go by."""

    opened: Mapping[str, Json]
    who: str = ""
    closed: Mapping[str, Json] | None = None
    doubts: set[Json] = field(default_factory=set)

    def reopened(self, data: Mapping[str, Json]) -> None:
        """Take note that the run begins, or goes on after it was interrupted."""
        self.closed = None
        self.who = self.who or f"{text(data, 'os_user')}@{text(data, 'host')}"

    def take(self, kind: str, data: Mapping[str, Json]) -> None:
        """Take note of a record of the run."""
        match kind:
            case MfaSession.type:
                self.who = text(data, "caller_arn")
            case CallIntent.type:
                self.doubts.add(data.get("seq"))
            case CallOutcome.type:
                if data.get("result") != "unknown":
                    self.doubts.discard(data.get("intent_seq"))
            case RunClosed.type:
                self.closed = data
            case _:
                pass

    def summary(self) -> RunSummary:
        """Return what was gathered."""
        closed = self.closed or {}
        code, counts = closed.get("exit_code"), closed.get("counts")
        targets, listed = self.opened.get("targets"), self.opened.get("accounts")
        accounts = listed if isinstance(listed, list) else []
        return RunSummary(
            run=text(self.opened, "run"),
            started=text(self.opened, "ts"),
            ended=text(closed, "ts"),
            playbook=text(self.opened, "playbook"),
            plan_sha256=text(self.opened, "plan_sha256"),
            account=text(self.opened, "account") or ", ".join(map(str, accounts)),
            who=self.who,
            status=text(closed, "status") or NOT_CLOSED,
            exit_code=code if isinstance(code, int) else None,
            counts={key: n for key, n in counts.items() if isinstance(n, int)} if isinstance(counts, Mapping) else {},
            in_doubt=len(self.doubts),
            targets=tuple(map(str, targets)) if isinstance(targets, list) else (),
        )
