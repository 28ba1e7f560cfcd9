"""Look at a step's target, and at the copies kept of it, until they are as they have to be at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar

from runner.audit.record import CopySeen, SeenGone
from runner.errors import AwsCallFailed
from runner.guard.hints import DENIED
from runner.model.action import Absent, GoneWhen, Present, Unreadable
from runner.model.event import StillWaiting, Waiting
from runner.model.outcome import Gone, Outcome, Quarantined, Restored, Scheduled, StillThere
from runner.model.sighting import InPlace, Leaving, NotThere, SetAside, Sighting, Stuck, Unclear
from runner.workflow.binding import BoundCopy
from runner.workflow.census import Teller
from runner.workflow.execution import Execution
from runner.workflow.reading import read

POLL = 2.0
"""Seconds between two looks at a target that is not gone yet."""
SLOWEST = 15.0
"""Seconds between two looks when it has taken long already: a tenth of the time so far, at most this."""
DENIED_FOR = 60.0
"""Seconds after which a look that AWS keeps refusing is given up: a change of permissions takes seconds to be known
everywhere (IAM user guide, "Changes that I make are not always immediately visible"), and then it is there to stay."""

Verdict: TypeAlias = Literal["gone", "scheduled", "quarantined", "restored", "present", "unknown"]


@dataclass(frozen=True)
class Look:
    """Hold what one look saw; ``why`` says it in words, ``over`` that waiting any longer is no use."""

    verdict: Verdict
    method: str
    request_id: str = ""
    why: str = ""
    until: datetime | None = None
    over: bool = False
    denied: bool = False
    """Whether AWS refused the look."""

    @property
    def is_end(self) -> bool:
        """Whether it is what the step is for."""
        return self.verdict in {"gone", "scheduled", "quarantined", "restored"}


@dataclass(frozen=True)
class CopyLook:
    """Hold what one look at a copy saw."""

    is_end: bool
    request_id: str = ""
    why: str = ""
    over: bool = False
    denied: bool = False
    """Whether AWS refused the look."""


AnyLook = TypeVar("AnyLook", Look, CopyLook)


def see_gone(work: Execution, doubt: AwsCallFailed | None) -> Outcome:
    """Look until the target is gone, and what is kept of it is there; ``doubt`` is a call without an answer.

    1. Look until it is gone or the action's time is over; the last look is on record either way. 2. What something may
    make again is looked at once more. 3. A copy that the deletion makes has to be there too.
    """
    action = work.bound.action
    look, polls = _until(work, lambda: _look(work), action.gone_when.value, action.usually)  # 1
    again = action.stays_gone
    if look.verdict == "gone" and again:  # 2
        work.services.watcher.see(Waiting(work.planned.id, "it is sure to stay gone", again))
        work.services.clock.sleep(again)
        look, polls = _again(_look(work), again), polls + 1
    seen = SeenGone(work.planned.id, work.bound.target, look.verdict, look.method, look.request_id, polls)
    work.journal.seen(seen)
    missing = "" if not look.is_end else _copies(work)  # 3
    if missing:
        return StillThere(f"it is {look.verdict}, but {missing}", accepted=True, children=work.tally.children)
    return _outcome(work, look, doubt)


def see_copy(work: Execution, copy: BoundCopy) -> str:
    """Return why a copy is not there, whole, when the action's time is over; empty when it was seen there."""
    look, polls = _until(work, lambda: _look_at_copy(work, copy), f"{copy.name} is there")
    verdict: Literal["kept", "unknown"] = "kept" if look.is_end else "unknown"
    seen = CopySeen(work.planned.id, copy.key, copy.name, verdict, copy.probe.api, look.request_id, polls)
    work.journal.kept(seen)
    return "" if look.is_end else f"its copy {copy.name} ({copy.key}) was not seen there: {look.why}"


def pause(work: Execution, elapsed: float) -> None:
    """Let time pass before the next look, longer the longer it has taken."""
    work.services.clock.sleep(min(SLOWEST, max(POLL, elapsed / 10)))


def _outcome(work: Execution, look: Look, doubt: AwsCallFailed | None) -> Outcome:
    now = work.services.clock.now()
    if look.verdict == "gone":
        return Gone(now, work.tally.children, look.request_id)
    if look.verdict == "quarantined":
        return Quarantined(now, look.why)
    if look.verdict == "restored":
        return Restored(now)
    if look.verdict == "scheduled" and look.until is not None:
        return Scheduled(look.until)
    if doubt is not None:
        why = f"no answer came ({doubt.answer.code}: {doubt.answer.message}), and {look.why}"
        return StillThere(why, children=work.tally.children, aws=doubt.answer)
    # What AWS gave up it did not do, whatever it had answered.
    why = look.why if look.over else f"AWS accepted the deletion, but {look.why}"
    return StillThere(why, accepted=not look.over, children=work.tally.children)


def _until(work: Execution, look: Callable[[], AnyLook], what: str, usually: int = 0) -> tuple[AnyLook, int]:
    """Return the last look, and how many it took; looks that AWS keeps refusing end before the action's time."""
    clock, limit, step = work.services.clock, work.bound.action.gone_within, work.planned.id
    work.services.watcher.see(Waiting(step, what, limit, usually))
    begun = clock.now().timestamp()
    polls, seen, seeing = 1, look(), 0.0
    while not (seen.is_end or seen.over or work.services.stop.requested):
        elapsed = clock.now().timestamp() - begun
        seeing = seeing if seen.denied else elapsed
        if elapsed >= limit or elapsed - seeing >= DENIED_FOR:
            break
        work.services.watcher.see(StillWaiting(step, seen.why, int(elapsed)))
        pause(work, elapsed)
        polls, seen = polls + 1, look()
    return seen, polls


def _again(look: Look, seconds: int) -> Look:
    if look.verdict != "present":
        return look
    return Look("present", look.method, why=f"{seconds} s after it was seen gone it is there again: something makes it")


def _copies(work: Execution) -> str:
    return next((missing for copy in work.bound.copies if (missing := see_copy(work, copy))), "")


def _look(work: Execution) -> Look:
    if work.bound.action.gone_when.by_listing:
        return _children(work)
    probe = work.bound.probe
    match read(work.scope, probe):
        case Absent(code, request_id):
            return _sighted(NotThere(code), work.bound.action.gone_when, probe.api, request_id)
        case Unreadable() as failed:
            return Look("unknown", probe.api, why=f"it cannot be looked at: {failed.told}", denied=failed.denied)
        case Present(data, request_id):
            sighting = work.bound.action.sight(data, work.bound.step.target)
            return _sighted(sighting, work.bound.action.gone_when, probe.api, request_id)


def _sighted(sighting: Sighting, end: GoneWhen, method: str, request_id: str) -> Look:
    if end is GoneWhen.RESTORED:
        return _back(sighting, method, request_id)
    match sighting:
        case NotThere():
            return Look("gone", method, request_id)
        case Leaving(seen, until) if until is not None and end is GoneWhen.SCHEDULED:
            return Look("scheduled", method, request_id, why=seen, until=until)
        case SetAside(seen) if end is GoneWhen.SET_ASIDE:
            return Look("quarantined", method, request_id, why=seen)
        case Stuck(why):
            return Look("present", method, request_id, why=f"AWS gave up: {why}", over=True)
        case Unclear(why):
            return Look("unknown", method, request_id, why=why)
        case InPlace(seen) | Leaving(seen) | SetAside(seen):
            told = f"it is still there ({seen})" if seen else "it is still there"
            return Look("present", method, request_id, why=told)


def _back(sighting: Sighting, method: str, request_id: str) -> Look:
    match sighting:
        case InPlace():
            return Look("restored", method, request_id)
        case NotThere(why) | Stuck(why):
            return Look("present", method, request_id, why=f"it does not come back: {why}", over=True)
        case Unclear(why):
            return Look("unknown", method, request_id, why=why)
        case Leaving(seen) | SetAside(seen):
            return Look("present", method, request_id, why=f"it is not back yet ({seen})")


def _look_at_copy(work: Execution, copy: BoundCopy) -> CopyLook:
    match read(work.scope, copy.probe):
        case Absent(code, request_id):
            return CopyLook(is_end=False, request_id=request_id, why=code)
        case Unreadable() as failed:
            return CopyLook(is_end=False, why=failed.told, denied=failed.denied)
        case Present(data, request_id):
            match copy.sight(data, {**work.bound.step.target, copy.key: copy.name}):
                case InPlace():
                    return CopyLook(is_end=True, request_id=request_id)
                case Stuck(why):
                    return CopyLook(is_end=False, request_id=request_id, why=why, over=True)
                case NotThere(why) | Unclear(why) | Leaving(why) | SetAside(why):
                    return CopyLook(is_end=False, request_id=request_id, why=why)


def _children(work: Execution) -> Look:
    """List again. The target itself is there: it was read before the sweep, and its own deletion is another step."""
    method = ", ".join(sweep.list.api for sweep in work.bound.sweeps)
    try:
        teller = Teller(work.scope, work.scope, work.services.bulk, work.services.watcher)
        left = teller.counted(work.planned.id, work.bound.sweeps, at_most=0)
    except AwsCallFailed as error:
        why = f"it cannot be listed: {error.answer.code}: {error.answer.message}"
        return Look("unknown", method, why=why, denied=error.answer.code in DENIED)
    if left.children:
        named = ", ".join(repr(key) for key in left.some)
        more = "" if len(left.some) == left.children else ", and more"
        why = f"a new listing is not empty: somebody is still writing there: {named}{more}"
        return Look("present", method, why=why)
    return Look("gone" if work.bound.action.gone_when is GoneWhen.CHILDREN_ABSENT else "restored", method)
