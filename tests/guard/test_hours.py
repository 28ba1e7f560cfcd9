"""When something may be done: the playbook's time, windows, freezes and change calendars."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.change_calendar import calendar_call, calendar_finding
from runner.guard.window import describe, is_open, time_findings
from runner.model.action import Absent, Present, Reading, Unreadable
from runner.model.guardrails import ChangeWindow, Guardrails, Weekly
from runner.model.playbook import Window
from tests.guard.rules import playbook

# 1 December 2026 is a Tuesday.
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
WEEK = (0, 1, 2, 3, 4)
OFFICE = Weekly(WEEK, time(9), time(17), "Asia/Tokyo")
NIGHT = Weekly((1,), time(22), time(6), "UTC")
DAY = Weekly((1,), time(), time(), "UTC")


def at(hour: int, minute: int = 0, day: int = 1, second: int = 0) -> datetime:
    """Return a moment of December 2026, UTC."""
    return datetime(2026, 12, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        # 9 to 17 in Tokyo is 0 to 8 UTC.
        (OFFICE, at(0), True),
        (OFFICE, at(8), True),
        (OFFICE, at(8, second=1), False),
        (OFFICE, at(23, 59), False),
        # Saturday in Tokyo begins on Friday at 15:00 UTC.
        (OFFICE, at(0, day=4), True),
        (OFFICE, at(0, day=5), False),
        # Over midnight, named after the day on which it begins.
        (NIGHT, at(22), True),
        (NIGHT, at(3, day=2), True),
        (NIGHT, at(3), False),
        (NIGHT, at(22, day=2), False),
        (NIGHT, at(21, 59), False),
        # From 00:00 to 24:00.
        (DAY, at(0), True),
        (DAY, at(23, 59), True),
        (DAY, at(0, 1, day=2), False),
        (Window(at(1), at(2)), at(2), True),
        (Window(at(1), at(2)), at(2, second=1), False),
        (Window(), at(2), True),
    ],
)
def test_windows(window: ChangeWindow, moment: datetime, expected: bool) -> None:
    """A weekly window goes by its own clock; both ends belong to a window."""
    assert is_open(window, moment) == expected


def test_a_window_follows_the_clock_on_the_wall() -> None:
    """Nine o'clock in Berlin is nine o'clock in winter and in summer."""
    berlin = Weekly(tuple(range(7)), time(9), time(10), "Europe/Berlin")

    assert is_open(berlin, datetime(2026, 1, 15, 8, 30, tzinfo=UTC))
    assert is_open(berlin, datetime(2026, 7, 15, 7, 30, tzinfo=UTC))
    assert not is_open(berlin, datetime(2026, 7, 15, 8, 30, tzinfo=UTC))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  # made aware below
    st.times(),
    st.times(),
)
def test_a_week_is_covered_by_a_window_and_its_rest(moment: datetime, start: time, end: time) -> None:
    """At each moment a daily window is open, or the one from its end to its start is."""
    now = moment.replace(tzinfo=UTC)
    every = tuple(range(7))

    assert is_open(Weekly(every, start, end, "UTC"), now) or is_open(Weekly(every, end, start, "UTC"), now)


@pytest.mark.parametrize(
    ("guardrails", "checks"),
    [
        (Guardrails(), []),
        (Guardrails(windows=(NIGHT, DAY)), []),
        (Guardrails(windows=(NIGHT, OFFICE)), ["window_is_open"]),
        (Guardrails(freezes=(DAY, NIGHT)), ["no_freeze_is_on"]),
        (Guardrails(windows=(OFFICE,), freezes=(DAY,)), ["window_is_open", "no_freeze_is_on"]),
    ],
)
def test_one_window_and_no_freeze(guardrails: Guardrails, checks: list[str]) -> None:
    """One open window is enough; one freeze is too much."""
    assert [finding.check for finding in time_findings(Window(), guardrails, NOON)] == checks


def test_the_playbooks_time_counts_too() -> None:
    """An open window of the guardrails does not help a playbook whose time is over."""
    over = Window(end=NOON - timedelta(hours=1))

    assert [one.check for one in time_findings(over, Guardrails(windows=(DAY,)), NOON)] == ["window_is_open"]


def test_windows_in_words() -> None:
    """A message shows a window as its file does."""
    assert describe(OFFICE) == "mon, tue, wed, thu, fri 09:00 to 17:00 Asia/Tokyo"
    assert describe(Weekly(tuple(range(7)), time(9), time(17), "UTC"))[:33] == "mon, tue, wed, thu, fri, sat, sun"
    assert describe(DAY) == "tue 00:00 to 24:00 UTC"
    assert describe(Window(at(1))) == "2026-12-01T01:00:00Z to any time"


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Present({"State": "OPEN"}), None),
        (Present({"State": "CLOSED", "NextTransitionTime": "2026-12-02T00:00:00Z"}), "Freeze is closed"),
        (Present({"State": "open"}), "neither open nor closed"),
        (Present({}), "neither open nor closed"),
        (Absent("InvalidDocument"), "there is no change calendar Freeze"),
        (Unreadable("ssm:GetCalendarState: AccessDenied"), "could not be read: ssm:GetCalendarState: AccessDenied"),
    ],
)
def test_calendars(reading: Reading, words: str | None) -> None:
    """Only a calendar that is plainly open lets anything be done."""
    found = calendar_finding("Freeze", reading)

    assert (found is None) == (words is None)
    assert found is None or (words or "") in found.message


def test_a_closed_calendar_says_when_it_changes() -> None:
    """Where the calendar tells no time, nobody makes one up."""
    closed = {"State": "CLOSED", "NextTransitionTime": "2026-12-02T00:00:00Z"}
    told, silent = calendar_finding("F", Present(closed)), calendar_finding("F", Present({"State": "CLOSED"}))

    assert [one.hint for one in (told, silent) if one] == [
        "it changes at 2026-12-02T00:00:00Z",
        "wait until it is open",
    ]


def test_a_calendar_is_asked_for_where_it_is() -> None:
    """A name is a calendar of the playbook's account and region; an ARN says where it is."""
    own = calendar_call("Freeze", playbook())
    other = calendar_call("arn:aws:ssm:us-east-1:111111111111:document/Global", playbook())

    assert (own.region, own.resources) == (
        "ap-northeast-1",
        ("arn:aws:ssm:ap-northeast-1:222222222222:document/Freeze",),
    )
    assert own.params == {"CalendarNames": ("Freeze",)}
    assert (other.region, other.resources) == ("us-east-1", ("arn:aws:ssm:us-east-1:111111111111:document/Global",))
    assert not own.is_write
