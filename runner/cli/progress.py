"""Show what happens while it happens: a live bar at a terminal, calm lines everywhere else (port `Watcher`)."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.status import Status
from rich.text import Text

from runner.cli.output import text
from runner.guard.approval_people import people
from runner.model.event import (
    Counting,
    Deleted,
    Event,
    Happening,
    IdentityFound,
    LogNotAnchored,
    PlanAdmitted,
    ProofPassed,
    RoleAssumed,
    RunEnded,
    RunStarted,
    SessionOpened,
    Simulating,
    StepEnded,
    StepResolving,
    StepStarted,
    StillWaiting,
    Waiting,
)
from runner.model.outcome import state
from runner.model.session import Identity, LongTermIdentity, ReadySession, UserSession

_CALM = 30
"""Seconds between two lines of a wait where there is no terminal."""


class _Rate(ProgressColumn):
    """Show how many children a second are deleted."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing while there is none."""
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")


class Story(AbstractContextManager["Story"]):
    """Tell the operator what is going on, on stderr."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._status: Status | None = None
        self._told: StillWaiting | None = None
        self._pace: tuple[str, float, int] | None = None
        """A step, when it was last told of, and how many were deleted then."""
        self._telling = threading.Lock()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_bar()

    def see(self, event: Event) -> None:
        """Take note of an event; those of several threads are told one after the other."""
        # That a run begins and ends, the question before and the table after say.
        if not isinstance(event, RunStarted | RunEnded):
            with self._telling:
                self._tell(event)

    def _tell(self, event: Happening) -> None:
        match event:
            case Deleted():
                self._go_on(event)
            case Counting() | StillWaiting():
                self._meanwhile(event)
            case StepStarted():
                self._start(event)
            case RoleAssumed():
                self._above_bar(event)
            case PlanAdmitted() | LogNotAnchored():
                self._warn(event)
            case _:
                self._end_bar()
                for line in _lines(event):
                    self._say(line)

    def _above_bar(self, event: RoleAssumed) -> None:
        size = event.session.packed_policy_size
        used = "" if size is None else f"; its policy uses {size} % of the packed limit"
        self._say(f"{event.step}: own role session until {event.session.expires:%H:%M:%S} UTC{used}")

    def _warn(self, event: PlanAdmitted | LogNotAnchored) -> None:
        """Say by whose word the run goes on, and loudly what it goes on without."""
        if isinstance(event, LogNotAnchored):
            self._console.print(text(f"the log is NOT anchored: {event.why}", "bold red"))
            return
        if event.approvers:
            self._say(f"approved by {', '.join(event.approvers)} ({event.needed} needed)")
        if event.broken_glass:
            loud = f"BREAKING GLASS: the approval of {people(event.needed)} is not waited for: {event.broken_glass}"
            self._console.print(text(loud, "bold white on red"))
            self._console.print(text("The audit log keeps who did this and why.", "bold red"))

    def _meanwhile(self, event: Counting | StillWaiting) -> None:
        """Show how it stands: at a terminal as it changes, elsewhere a line when it is news, or long ago."""
        if isinstance(event, Counting):
            told, news = f"{event.step}: {event.children:,} counted", False
        else:
            told, news = f"{event.step}: {event.seen}, after {event.seconds:,} s", self._is_news(event)
        if not self._console.is_terminal:
            if news:
                self._say(told)
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(text(told))

    def _go_on(self, event: Deleted) -> None:
        """Show how many are deleted: in the bar at a terminal, elsewhere in a line now and then."""
        if self._bar is not None and self._task is not None:
            load = f"{event.in_flight} in flight"
            slowed = f", slowed down {event.throttled:,} times" if event.throttled else ""
            self._bar.update(self._task, completed=event.children, load=load + slowed)
            return
        now = time.monotonic()
        if self._pace is None or self._pace[0] != event.step:
            self._pace = (event.step, now, event.children)
        _, since, before = self._pace
        if now - since >= _CALM:
            rate = (event.children - before) / (now - since)
            slowed = f", slowed down {event.throttled:,} times so far" if event.throttled else ""
            self._say(f"{event.step}: {event.children:,} deleted, {rate:,.0f}/s{slowed}")
            self._pace = (event.step, now, event.children)

    def _is_news(self, event: StillWaiting) -> bool:
        before = self._told
        same = before is not None and (before.step, before.seen) == (event.step, event.seen)
        if before is not None and same and event.seconds - before.seconds < _CALM:
            return False
        self._told = event
        return True

    def _start(self, event: StepStarted) -> None:
        self._end_bar()
        self._say(f"step {event.index} of {event.count}, {event.step}: {event.action} {event.target}")
        if event.total and self._console.is_terminal:
            load = TextColumn("{task.fields[load]}")
            counted = (MofNCompleteColumn(), _Rate(), load, TimeRemainingColumn())
            columns = (TextColumn("  deleting"), BarColumn(), *counted)
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=event.total, load="")
            self._bar.start()

    def _end_bar(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, line: str) -> None:
        self._console.print(text(line))


def _lines(
    event: IdentityFound | SessionOpened | ProofPassed | StepResolving | Simulating | Waiting | StepEnded,
) -> tuple[str, ...]:
    """Return what to say of an event; each text is one line, whatever foreign text is in it."""
    match event:
        case IdentityFound(identity):
            return _who(identity)
        case SessionOpened(session, kept):
            return (f"MFA session until {session.expires:%H:%M:%S} UTC ({_how(session, kept=kept)})",)
        case ProofPassed(role, request):
            return (f"proven: {role} carries MFA (request {request})",)
        case StepResolving(step, index, count):
            return (f"looking at step {index} of {count}, {step}",)
        case Simulating(step):
            return (f"simulating step {step} with MFA, without MFA, and with a long-term key",)
        case Waiting(step, what, seconds):
            return (f"{step}: looking until {what} (at most {seconds} s)",)
        case StepEnded(result):
            return (f"{result.step}: {state(result.outcome)}",)


def _how(session: UserSession, *, kept: bool) -> str:
    if kept:
        return "kept from an earlier run"
    return f"GetSessionToken, request {session.request_id}" if session.serial else "made elsewhere"


def _who(identity: Identity) -> tuple[str, ...]:
    known = f"identity: {identity.caller.arn}, {identity.origin}"
    match identity:
        case LongTermIdentity():
            found = f"{known}; MFA device {identity.serial}"
            return (found, f"note: {identity.way}") if identity.way else (found,)
        case ReadySession():
            return (f"{known}: a ready-made session, MFA not proven yet",)
