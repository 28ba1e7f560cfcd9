"""Read what the records say together: runs, steps, intents and outcomes. Pure.

1. Every record but the log's own stands between ``run.open`` and ``run.close`` of its run. A run that was killed may
   be opened again by its resumption.
2. An outcome names the number and the digest of an intent of its run, or of one that it goes on from, and an intent has
   one outcome. An intent without one is in doubt: a crash, not tampering.
3. A step ends after it began, and ``gone`` is said only of what was looked for and seen gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.record import (
    Anchored,
    ApprovalAccepted,
    ApprovalsNeeded,
    CallIntent,
    CallOutcome,
    CheckpointSigned,
    CopySeen,
    GlassBroken,
    HandedOut,
    MfaSession,
    PlanKept,
    PlanUsed,
    Proof,
    Recovered,
    Reserved,
    RoleAssumed,
    RunClosed,
    RunOpened,
    SeenGone,
    Stamped,
    StepClosed,
    StepOpened,
    UnknownAccepted,
)
from runner.model.canonical import Json

_OF_THE_LOG = frozenset({Anchored.type, CheckpointSigned.type, Recovered.type, Reserved.type, Stamped.type})
_SEEN = frozenset({"gone", "scheduled", "quarantined", "restored"})
"""States that somebody has to have looked at and seen."""
_SAYS_ITSELF = frozenset(
    kind.type
    for kind in (
        ApprovalAccepted,
        ApprovalsNeeded,
        GlassBroken,
        MfaSession,
        PlanKept,
        PlanUsed,
        Proof,
        RoleAssumed,
        UnknownAccepted,
    )
)


@dataclass
class _Run:
    """Hold a run that is not closed: where it began, and what the last look at each open step saw."""

    place: Place
    steps: dict[Json, str] = field(default_factory=dict)


class _Intent(NamedTuple):
    run: str
    digest: str
    place: Place
    api: str


class RunCheck:
    """Take records one after the other and add what is wrong with them to ``flaws`` or ``warnings``."""

    def __init__(self, flaws: list[Flaw], warnings: list[Flaw]) -> None:
        self._flaws = flaws
        self._warnings = warnings
        self.runs: set[str] = set()
        self._open: dict[str, _Run] = {}
        self._intents: dict[int, _Intent] = {}
        self._before: dict[str, frozenset[str]] = {}
        """Of a run that goes on from another one, all that it goes on from."""

    def are_open(self, runs: frozenset[str]) -> bool:
        """Return whether all of these runs are open."""
        return runs <= self._open.keys()

    def take(self, data: Mapping[str, Json], digest: str, place: Place) -> None:
        """Check a record that stands in its place in the chain."""
        kind, run = str(data["type"]), str(data["run"])
        if kind in _OF_THE_LOG:
            return
        if run not in self._open and kind != RunOpened.type:  # 1
            self._flaw(Kind.NO_RUN, place, f"{kind} stands before its run was opened, or after it was closed")
        elif kind == CallIntent.type:  # calls first: most records are of them
            api = f"{data.get('service')}:{data.get('operation')}"
            self._intents[_number(data.get("seq"))] = _Intent(run, digest, place, api)
        elif kind == CallOutcome.type:
            self._answered(run, data, place)
        elif kind == RunOpened.type:
            self._opened(run, data, place)
        elif kind == RunClosed.type:
            del self._open[run]
        elif kind not in _SAYS_ITSELF:
            self._step(kind, self._open[run], data, place)

    def end(self) -> list[Flaw]:
        """Return the warnings about what was never finished."""
        doubts = [
            Flaw(Kind.IN_DOUBT, intent.place, f"{intent.api} may or may not have happened: its outcome is not known")
            for intent in self._intents.values()
        ]
        still = [
            Flaw(Kind.NOT_CLOSED, run.place, f"run {name} is still going on, or was killed")
            for name, run in self._open.items()
        ]
        return [*doubts, *still]

    def _opened(self, run: str, data: Mapping[str, Json], place: Place) -> None:
        self.runs.add(run)
        # A run that another one goes on from has nothing more to say.
        before = str(data.get("resume_of") or "")
        self._open.pop(before, None)
        self._open[run] = _Run(place)
        if before:
            self._before[run] = self._before.get(before, frozenset()) | {before}

    def _answered(self, run: str, data: Mapping[str, Json], place: Place) -> None:
        intent = self._intents.pop(_number(data.get("intent_seq")), None)
        if intent is None:  # 2
            self._flaw(Kind.NO_INTENT, place, "no intent without an outcome has the number that it names")
        elif intent.digest != data.get("intent_sha256"):
            self._flaw(Kind.NO_INTENT, place, f"it names another intent than the one at {intent.place}")
        elif intent.run != run and intent.run not in self._before.get(run, frozenset()):
            self._flaw(Kind.NO_INTENT, place, f"the intent at {intent.place} is of another run")

    def _step(self, kind: str, run: _Run, data: Mapping[str, Json], place: Place) -> None:
        step = str(data.get("step"))
        if kind == StepOpened.type:
            run.steps[step] = ""
        elif kind not in {SeenGone.type, CopySeen.type, HandedOut.type, StepClosed.type}:
            self._warnings.append(Flaw(Kind.UNKNOWN_TYPE, place, f"this version does not know records of type {kind}"))
        elif step not in run.steps:  # 3
            self._flaw(Kind.NO_STEP, place, f"{kind} of a step that is not open: {step}")
        elif kind in {CopySeen.type, HandedOut.type}:
            return
        elif kind == SeenGone.type:
            run.steps[step] = str(data.get("verdict"))
        elif run.steps.pop(step) != (ended := data.get("state")) and ended in _SEEN:
            self._flaw(
                Kind.NOT_SEEN_GONE, place, f"step {step} is called {ended}, but nobody looked and saw it {ended}"
            )

    def _flaw(self, kind: Kind, place: Place, message: str) -> None:
        self._flaws.append(Flaw(kind, place, message))


def _number(value: Json) -> int:
    return value if isinstance(value, int) else -1
