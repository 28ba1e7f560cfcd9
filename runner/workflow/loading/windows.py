"""When something may be done: change windows, weekly or dated, and change calendars.

::

    windows:
      - {days: [mon, tue, wed, thu], from: "09:00", until: "17:00", zone: Asia/Tokyo}
      - {from: 2026-12-01T08:00:00Z, until: 2026-12-05T18:00:00Z}

A weekly window whose end is not after its start ends on the next day; its days are those on which it begins.
"""

from __future__ import annotations

import re
from datetime import time
from zoneinfo import ZoneInfo

from runner.model.guardrails import ChangeWindow, Weekly
from runner.model.playbook import Window
from runner.workflow.loading.fields import Fields, Value, Wrong, items, some
from runner.workflow.loading.nodes import Mapping as MappingNode
from runner.workflow.loading.scalars import matching, one_of, text
from runner.workflow.loading.units import clock_time, timestamp

NO_CALENDARS: tuple[str, ...] = ()
NONE: tuple[ChangeWindow, ...] = ()
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MIDNIGHT = time()
NO_DAYS: tuple[int, ...] = ()

# Source: SSM API reference, GetCalendarState and CreateDocument.
CALENDAR = matching(
    r"(arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:document/)?[A-Za-z0-9_.-]{3,128}",
    "an SSM Change Calendar: its name, or its ARN (`arn:aws:ssm:REGION:ACCOUNT:document/NAME`)",
)

# Names like `localtime` mean another zone on each machine; these mean the same everywhere.
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]+){1,2}")


def windows(value: Value) -> tuple[ChangeWindow, ...]:
    """Read a list of windows with at least one: an empty list could mean always, or never.

    Raises:
        Wrong: when the value is no list, or an empty one.
    """
    return some(value, _window, "have at least one window", "remove the key to let everything be done at any time")


def valid(value: Value) -> Window:
    """Read the time in which a playbook may run; either end may be open.

    Raises:
        Wrong: when the value is no mapping.
    """
    fields = Fields(value, f"`{value.name}`", f"{value.name}.")
    window = Window(start=fields.optional("from", timestamp, None), end=fields.optional("until", timestamp, None))
    fields.done()
    if window.start and window.end and window.end <= window.start:
        message = f"`{fields.prefix}until` is not after `{fields.prefix}from`"
        fields.problems.add(fields.at("until"), message, "no time is left between them")
    return window


def calendars(value: Value) -> tuple[str, ...]:
    """Read a list of SSM Change Calendars.

    Raises:
        Wrong: when the value is no list.
    """
    return items(value, CALENDAR)


def _window(value: Value) -> ChangeWindow:
    if not isinstance(value.node, MappingNode):
        raise value.must("be a mapping with `from` and `until`")
    keys = {entry.key.text for entry in value.node.entries}
    if keys & {"days", "zone"}:
        return _weekly(value)
    if not keys & {"from", "until"}:
        raise Wrong("a window has `from` and `until`, and `days` and `zone` when it is weekly")
    return valid(value)


def _weekly(value: Value) -> Weekly:
    fields = Fields(value, "this window", f"{value.name}.")
    days = fields.required("days", _days, NO_DAYS, "name the days on which it begins: [mon, tue]")
    start = fields.required("from", clock_time, MIDNIGHT)
    end = fields.required("until", clock_time, MIDNIGHT)
    zone = fields.required("zone", _zone, "UTC", "say whose clock it is: `UTC`, `Asia/Tokyo`")
    fields.done()
    return Weekly(days, start, end, zone)


def _days(value: Value) -> tuple[int, ...]:
    named = some(value, one_of(DAYS), "name at least one day", "write them as [mon, tue]")
    return tuple(sorted({DAYS.index(day) for day in named}))


def _zone(value: Value) -> str:
    name = text(value)
    expected = "be a zone of the IANA database, like `Asia/Tokyo`, or `UTC`"
    if not _ZONE.fullmatch(name):
        raise value.must(expected)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise value.must(expected, "this machine's database does not have it") from error
    return name
