"""Which runs and calls of the audit log somebody wants to see. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from runner.audit.record.fields import stamp
from runner.errors import UsageError
from runner.policy.wildcard import matches


@dataclass(frozen=True)
class Selection:
    """Hold what has to fit; an empty field takes everything.

    ``target`` is an ARN in which ``*`` and ``?`` stand for any text and any character. ``who`` is a part of the
    operator's ARN. ``since`` belongs to the time, ``until`` does not; both are as the log writes times.
    """

    run: str = ""
    account: str = ""
    target: str = ""
    who: str = ""
    since: str = ""
    until: str = ""

    def takes_time(self, at: str) -> bool:
        """Return whether something that happened then is wanted."""
        return self.since <= at and (not self.until or at < self.until)

    def takes_run(self, run: str, account: str, who: str) -> bool:
        """Return whether a run is wanted, its time and targets aside; several accounts stand after commas."""
        accounts = {"", *account.split(", ")}
        return run.startswith(self.run.upper()) and self.account in accounts and self.who.lower() in who.lower()

    def takes_target(self, targets: tuple[str, ...]) -> bool:
        """Return whether one of the targets is wanted."""
        return not self.target or any(matches(self.target, target) for target in targets)


def moment(text: str, option: str, *, end: bool = False) -> str:
    """Return a date or a time as the log writes times; a date is its beginning, or with ``end`` the next day's.

    Raises:
        UsageError: when it is neither, or a time without a zone.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        begun = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return stamp(begun + timedelta(days=1) if end else begun)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(
            f"{text!r} is not a date or a time with its zone",
            on=option,
            hint="write 2026-12-01 or 2026-12-01T08:00:00Z",
        )
    return stamp(found)
