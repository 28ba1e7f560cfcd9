"""Evidence that a target is in use: shown in the plan, and a reason to refuse where the reviewers set a time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from runner.model.action import ActionType, Facts, Present, Unreadable, Usage
from runner.model.plan import Finding
from runner.model.playbook import Step

CHECK = "unused_for_long_enough"


def usage_findings(action: ActionType, step: Step, facts: Facts, now: datetime) -> Iterator[Finding]:
    """Yield a note for each piece of evidence, or why it refuses the step; days only, so that digests hold still.

    Evidence that cannot be read, or is none, refuses only a step with ``unless_used_within``: a service that does not
    tell when a thing was used last does not say that it was not.
    """
    for usage in action.usage:
        match _last(usage, facts):
            case datetime() as last:
                yield _told(usage, last, step.unless_used_within, now)
            case None:
                yield Finding(CHECK, f"there is no record that {usage.what}", blocks=False)
            case str() as why:
                told = f"whether {usage.what} could not be read: {why}"
                yield Finding(CHECK, told, blocks=step.unless_used_within is not None, unknown=True)


def _told(usage: Usage, last: datetime, within: timedelta | None, now: datetime) -> Finding:
    told = f"{usage.what} on {last:%Y-%m-%d}"
    if within is None or now - last > within:
        return Finding(CHECK, told, blocks=False)
    hint = "find out who uses it; `unless_used_within` in the step says how long it has to be unused"
    return Finding(CHECK, f"{told}, which is less than {_days(within)} ago", hint)


def _days(time: timedelta) -> str:
    whole = time == timedelta(days=time.days)
    return f"{time.days} days" if whole and time.days > 1 else f"{time.total_seconds() / 3600:g} hours"


def _last(usage: Usage, facts: Facts) -> datetime | str | None:
    reading = facts.get(usage.fact)
    if not isinstance(reading, Present):
        return reading.why if isinstance(reading, Unreadable) else "AWS says there is no such thing"
    last = usage.last(reading.data)
    if last is None:
        return None
    try:
        found = datetime.fromisoformat(last)
    except ValueError:
        return "the answer holds no time of a known form"
    return found.astimezone(UTC) if found.tzinfo is not None else "the answer's time has no zone"
