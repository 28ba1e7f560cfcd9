"""The change window: outside it nothing is planned or done. It is looked at again before every step.

- The playbook's own ``valid``: both ends belong to it.
- The guardrails' ``windows``: one of them has to be open; ``freezes``: none of them may be.

Weekly windows go by the clock on the wall of their zone, also on the days on which it is set forward or back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from runner.model.guardrails import ChangeWindow, Guardrails, Weekly
from runner.model.plan import Finding
from runner.model.playbook import Window

CHECK = "window_is_open"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def window_findings(window: Window, now: datetime) -> tuple[Finding, ...]:
    """Return a finding when ``now`` (UTC) is outside a playbook's own window; both ends belong to it."""
    if window.start is not None and now < window.start:
        return (Finding(CHECK, f"the playbook is valid from {window.start.isoformat()}", "wait until then"),)
    if window.end is not None and now > window.end:
        hint = "have a new `valid` reviewed"
        return (Finding(CHECK, f"the playbook was valid until {window.end.isoformat()}", hint),)
    return ()


def time_findings(valid: Window, guardrails: Guardrails, now: datetime) -> tuple[Finding, ...]:
    """Return a finding for each rule about time that does not let anything be done ``now`` (UTC)."""
    return (*window_findings(valid, now), *_floor(guardrails, now))


def _floor(guardrails: Guardrails, now: datetime) -> Iterator[Finding]:
    if guardrails.windows and not any(is_open(window, now) for window in guardrails.windows):
        listed = "; ".join(map(describe, guardrails.windows))
        yield Finding(CHECK, f"no change window of the guardrails is open: {listed}", "wait for one of them")
    for freeze in guardrails.freezes:
        if is_open(freeze, now):
            yield Finding("no_freeze_is_on", f"the guardrails freeze changes: {describe(freeze)}", "wait until it ends")


def is_open(window: ChangeWindow, now: datetime) -> bool:
    """Return whether a moment (aware) belongs to a window; its end belongs to it too."""
    match window:
        case Weekly():
            local = now.astimezone(ZoneInfo(window.zone))
            return any(_covers(window, local, local - timedelta(days=back)) for back in (0, 1))
        case Window():
            return not window_findings(window, now)


def _covers(window: Weekly, local: datetime, begun: datetime) -> bool:
    """Return whether the window that begins on the day of ``begun`` holds a local time, by the clock on the wall."""
    if begun.weekday() not in window.days:
        return False
    wall, day = local.replace(tzinfo=None), begun.date()
    overnight = window.end <= window.start
    end = datetime.combine(day + timedelta(days=1 if overnight else 0), window.end)
    return datetime.combine(day, window.start) <= wall <= end


def describe(window: ChangeWindow) -> str:
    """Return a window in words: ``mon, tue 09:00 to 17:00 Asia/Tokyo``."""
    match window:
        case Weekly():
            days = ", ".join(_DAYS[day] for day in window.days)
            end = "24:00" if window.end == time() else window.end.strftime("%H:%M")
            return f"{days} {window.start.strftime('%H:%M')} to {end} {window.zone}"
        case Window():
            return f"{_moment(window.start, 'any time')} to {_moment(window.end, 'any time')}"


def _moment(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else moment.isoformat().replace("+00:00", "Z")
