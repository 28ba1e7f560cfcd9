"""SSM Change Calendars: the state that the organisation's calendar is in, asked before anything is done.

Whatever is not plainly OPEN refuses: CLOSED, an answer that is not understood, a calendar that cannot be read.

Source: Systems Manager API reference, GetCalendarState; Service Authorization Reference, "AWS Systems Manager".
"""

from __future__ import annotations

from runner.model.action import Absent, Present, Reading, Unreadable
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.plan import Finding
from runner.model.playbook import Playbook

CHECK = "calendar_is_open"
_GRANT = "allow the role ssm:GetCalendarState on the calendar's document"


def calendar_call(calendar: str, playbook: Playbook) -> BoundCall:
    """Return the read that asks for a calendar's state; a name alone is a calendar of the playbook's account."""
    if calendar.startswith("arn:"):
        arn, region = calendar, Arn.parse(calendar).region
    else:
        region = playbook.region
        arn = f"arn:{playbook.partition}:ssm:{region}:{playbook.account.id}:document/{calendar}"
    return BoundCall("ssm", "GetCalendarState", {"CalendarNames": (calendar,)}, region, (arn,), Effect.READ)


def calendar_finding(calendar: str, reading: Reading) -> Finding | None:
    """Return why a calendar does not let anything be done; None when it is open."""
    match reading:
        case Present(data) if data.get("State") == "OPEN":
            return None
        case Present(data) if data.get("State") == "CLOSED":
            until = data.get("NextTransitionTime")
            hint = f"it changes at {until}" if isinstance(until, str) else "wait until it is open"
            return Finding(CHECK, f"the change calendar {calendar} is closed", hint)
        case Present():
            return Finding(CHECK, f"the change calendar {calendar} is neither open nor closed", _GRANT)
        case Absent(code):
            return Finding(CHECK, f"there is no change calendar {calendar}: {code}", _GRANT)
        case Unreadable():
            message = f"the change calendar {calendar} could not be read: {reading.why}"
            return Finding(CHECK, message, _GRANT, said=reading.said)
