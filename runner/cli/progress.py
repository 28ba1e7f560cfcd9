"""Show what happens while it happens: live rows at a terminal, calm lines everywhere else (port `Watcher`)."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.status import Status

from runner.cli.output import lasting, plural, size, tell, text
from runner.cli.progress_rows import Rows
from runner.guard.approval_people import people
from runner.model.event import (
    CountDrifted,
    Counting,
    Deleted,
    Event,
    Happening,
    IdentityFound,
    LogNotAnchored,
    LogNotStamped,
    PlanAdmitted,
    ProofPassed,
    RoleAssumed,
    RunEnded,
    RunStarted,
    SessionOpened,
    Settled,
    Simulating,
    StepEnded,
    StepResolving,
    StepStarted,
    StillWaiting,
    Waiting,
)
from runner.model.figures import share
from runner.model.outcome import state
from runner.model.session import Identity, LongTermIdentity, ReadySession, UserSession

_CALM = 30
"""Seconds between two lines of a wait where there is no terminal."""


_NEAR = 50
"""Percent of STS's limit for session policies from which on it is worth a word."""


class Story(AbstractContextManager["Story"]):
    """Tell the operator what is going on, on stderr; each line about a step begins with the step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows = Rows(console)
        self._status: Status | None = None
        self._told: dict[str, StillWaiting] = {}
        self._paces: dict[str, tuple[float, int]] = {}
        """When a step was last told of, and how many were deleted then."""
        self._wholes: dict[str, tuple[int, int]] = {}
        """How many children a step has, and how many bytes they are."""
        self._held: list[Happening] | None = None
        """What happens while a code is asked for; nothing is said into the question."""
        self._waits: dict[str, Waiting] = {}
        """For how long each step may be waited for, and how long it usually takes."""
        self._telling = threading.Lock()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_status()
        self._rows.hide()

    def settle(self) -> None:
        """Take down what is drawn over and over, before something else is shown or asked."""
        with self._telling:
            self._end_status()

    def see(self, event: Event) -> None:
        """Take note of an event; those of several threads are told one after the other."""
        # That a run begins and ends, the question before and the table after say.
        if not isinstance(event, RunStarted | RunEnded):
            with self._telling:
                self._tell_in_turn(event)

    def _tell_in_turn(self, event: Happening) -> None:
        """Hold what happens while a code may be asked for: until there is a session, or a step ends without."""
        if self._held is not None and not isinstance(event, SessionOpened | StepEnded):
            self._held.append(event)
            return
        held, self._held = self._held, None
        if held is not None:
            self._rows.show()
        for happened in (*(held or ()), event):
            self._tell(happened)
        if isinstance(event, IdentityFound) and self._rows.any:
            self._rows.hide()
            self._held = []

    def _tell(self, event: Happening) -> None:
        match event:
            case Deleted():
                self._go_on(event)
            case Counting() | StillWaiting() | StepResolving() | Simulating():
                self._meanwhile(event)
            case StepStarted(step, action, target, index, count, total, bytes_):
                self._end_status()
                self._say(f"step {index} of {count}, {step}: {action} {target}")
                self._rows.add(step, total, bytes_)
                self._wholes[step] = (total, bytes_)
            case RoleAssumed():
                self._assumed(event)
            case PlanAdmitted() | LogNotAnchored() | LogNotStamped():
                self._warn(event)
            case CountDrifted(step, told):
                self._say(f"{step}: {told}; that is within limits.drift")
            case Settled(step, children, there):
                self._say(
                    f"{step}: of {children:,} that an earlier run sent without an answer, {there:,} were still there"
                )
            case _:
                self._say_all(event)

    def _say_all(self, event: IdentityFound | SessionOpened | ProofPassed | Waiting | StepEnded) -> None:
        self._end_status()
        if isinstance(event, StepEnded):
            self._rows.remove(event.result.step)
        if isinstance(event, Waiting):
            self._waits[event.step] = event
        for line in _lines(event):
            self._say(line)

    def _assumed(self, event: RoleAssumed) -> None:
        size = event.session.packed_policy_size or 0
        used = f"; its policy uses {size} % of the packed limit" if size >= _NEAR else ""
        self._say(f"{event.step}: own role session until {event.session.expires:%H:%M:%S} UTC{used}")

    def _warn(self, event: PlanAdmitted | LogNotAnchored | LogNotStamped) -> None:
        """Say by whose word the run goes on, and loudly what it goes on without."""
        if isinstance(event, LogNotAnchored):
            self._console.print(text(f"the log is NOT anchored: {event.why}", "bold red"))
            return
        if isinstance(event, LogNotStamped):
            self._console.print(text(f"the log is NOT time-stamped: {event.why}", "bold red"))
            return
        if event.approvers:
            self._say(f"approved by {', '.join(event.approvers)} ({event.needed} needed)")
        if event.broken_glass:
            loud = f"BREAKING GLASS: the approval of {people(event.needed)} is not waited for: {event.broken_glass}"
            self._console.print(text(loud, "bold white on red"))
            self._console.print(text("The audit log keeps who did this and why.", "bold red"))

    def _meanwhile(self, event: Counting | StillWaiting | StepResolving | Simulating) -> None:
        """Show how it stands: at a terminal as it changes, elsewhere a line when it is news, or long ago.

        At a terminal sixty steps that are looked at would push what matters off the screen.
        """
        match event:
            case Counting(step, children):
                seen, news = f"{children:,} counted", False
            case StillWaiting(step, sight, _):
                seen, news = f"seen: {sight}; {self._so_far(event)}", self._is_news(event)
            case _:
                self._show_or_say(_lines(event)[0], news=True)
                return
        if not self._rows.tell(step, seen):
            self._show_or_say(f"{step}: {seen}", news=news)

    def _show_or_say(self, told: str, *, news: bool) -> None:
        if not self._console.is_terminal:
            if news:
                self._say(told)
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(text(told))

    def _go_on(self, event: Deleted) -> None:
        """Show how many are deleted: in the step's row at a terminal, elsewhere in a line now and then."""
        slowed = f", slowed down {event.throttled:,} times" if event.throttled else ""
        slowed += f", {plural(event.errors, 'error')}" if event.errors else ""
        if self._rows.go_on(event.step, event.children, f"{event.in_flight} in flight{slowed}"):
            return
        now = time.monotonic()
        since, before = self._paces.setdefault(event.step, (now, event.children))
        if now - since >= _CALM:
            rate = (event.children - before) / (now - since)
            total, bytes_ = self._wholes.get(event.step, (0, 0))
            of = f" of {total:,}" if total else ""
            moved = f", about {size(share(bytes_, round(rate), total))}/s" if bytes_ else ""
            so_far = f"{slowed} so far" if slowed else ""
            left = f"; about {lasting(round((total - event.children) / rate))} left" if rate and total else ""
            told = f"{event.children:,}{of} deleted, {rate:,.0f}/s{moved}, {event.in_flight} in flight{so_far}{left}"
            self._say(f"{event.step}: {told}")
            self._paces[event.step] = (now, event.children)

    def _so_far(self, event: StillWaiting) -> str:
        """Return how long it has been waited for, and how long that usually takes and may take where this is known."""
        wait = self._waits.get(event.step)
        so_far = lasting(event.seconds)
        if wait is None:
            return f"waiting for {so_far}"
        if not wait.usually:
            return f"waiting for {so_far} of at most {lasting(wait.seconds)}"
        usual = lasting(wait.usually)
        of = f"{so_far} of about {usual}" if event.seconds <= wait.usually else f"{so_far}, not the usual {usual}"
        return f"{of}, at most {lasting(wait.seconds)}"

    def _is_news(self, event: StillWaiting) -> bool:
        before = self._told.get(event.step)
        if before is not None and before.seen == event.seen and event.seconds - before.seconds < _CALM:
            return False
        self._told[event.step] = event
        return True

    def _end_status(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _say(self, line: str) -> None:
        tell(self._console, text(line))


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
        case Waiting(step, what, seconds, usually):
            usual = f"usually about {lasting(usually)}, " if usually else ""
            return (f"{step}: looking until {what} ({usual}at most {lasting(seconds)})",)
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
