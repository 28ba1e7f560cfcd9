"""Join the audit log with CloudTrail, both ways. Pure.

CloudTrail names each write's session (its access key) and keeps its User-Agent, which ends in a tag: the run, the
intent's number, and the beginning of the digest of its line. So AWS's own log commits to ours.

1. Every write of a session of ours has an intent: its tag names one, and the digest is that line's.
2. Every such write says ``mfaAuthenticated: true``.
3. The answers agree: the request id, and whether it was refused.
4. They tell the same time, `APART` aside: else this host's clock was wrong, or the log was written anew.
5. Every answered call has an event. What is younger than `LATEST` may not have arrived yet; what CloudTrail records as
   data events is looked for only where the trail holds any.
6. A call in doubt that has an event is in doubt no more.
7. Calls for runs that this log does not have are counted: they are another host's, or their run was deleted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from runner.audit.call_events import IN_DOUBT, NO_SESSIONS, CallEvent, Sessions
from runner.audit.record.fields import stamp
from runner.audit.signatories import moment
from runner.audit.trail import TrailEvent
from runner.model.canonical import Json

LATEST = timedelta(hours=1)
"""CloudTrail delivers within minutes on average and promises nothing; after an hour an event counts as missing."""

APART = timedelta(minutes=5)
"""How far the log's clock and AWS's may be apart; AWS refuses signatures that are off by as much."""

DATA_EVENTS = frozenset(
    {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjects", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
)
"""Calls that CloudTrail records only where data events are switched on (its User Guide, "Logging data events")."""


class Kind(Enum):
    """Name what does not fit."""

    NO_INTENT = "a call without an intent"
    OTHER_INTENT = "a call for another intent than the log has"
    NO_MFA = "a call without MFA"
    OTHER_ANSWER = "another answer than the log has"
    OTHER_TIME = "another time than the log has"
    NO_EVENT = "an outcome without an event"


@dataclass(frozen=True)
class Finding:
    """Say what does not fit, about which call, in a sentence."""

    kind: Kind
    on: str
    message: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {"kind": self.kind.value, "on": self.on, "message": self.message}


@dataclass
class Reconciliation:
    """Hold what was found; a call is counted once."""

    findings: list[Finding] = field(default_factory=list)
    matched: int = 0
    not_yet: list[str] = field(default_factory=list)
    """Calls whose event may still come."""
    not_covered: list[str] = field(default_factory=list)
    """Calls that only data events show, and the trail has none."""
    settled: list[str] = field(default_factory=list)
    """Calls in doubt, and what CloudTrail says of them."""
    unknown_runs: dict[str, int] = field(default_factory=dict)
    """Runs that this log does not have, and how many calls were sent for their intents."""

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": "runner-reconciliation/1",
            "matched": self.matched,
            "findings": [finding.to_data() for finding in self.findings],
            "not_yet": [*self.not_yet],
            "not_covered": [*self.not_covered],
            "settled": [*self.settled],
            "unknown_runs": {**self.unknown_runs},
        }


def reconcile(
    calls: Iterable[CallEvent], events: Iterable[TrailEvent], now: datetime, sessions: Sessions = NO_SESSIONS
) -> Reconciliation:
    """Return how the log and CloudTrail fit; events of other sessions are passed over.

    ``sessions`` are those of the log's runs, of which not each has sent a call.
    """
    known = {(call.run, call.seq): call for call in calls}
    keys = {*sessions.keys, *(call.access_key for call in known.values() if call.access_key)}
    runs = {call.run for call in known.values()}
    found = Reconciliation()
    ours: list[TrailEvent] = []
    for event in events:
        if event.access_key in keys or (event.tag and event.tag.run in runs):
            ours.append(event)
        elif event.tag and event.tag.run not in sessions.runs:  # 7
            found.unknown_runs[event.tag.run] = found.unknown_runs.get(event.tag.run, 0) + 1
    seen: dict[tuple[str, int], TrailEvent] = {}
    for event in ours:
        call = known.get((event.tag.run, event.tag.seq)) if event.tag else None
        if call is not None and event.tag is not None and call.sha256.startswith(event.tag.sha256):
            seen[call.run, call.seq] = event
            found.findings += _compared(call, event)  # 2, 3, 4
        elif not event.read_only:
            found.findings.append(_unintended(event, call))  # 1
    has_data = any(f"{event.service}:{event.operation}" in DATA_EVENTS for event in ours)
    for key, call in known.items():
        _account_for(call, seen.get(key), found, now, has_data=has_data)
    return found


def _unintended(event: TrailEvent, call: CallEvent | None) -> Finding:
    on = f"{event.api} at {event.at} (event {event.id})"
    if event.tag is None:
        return Finding(Kind.NO_INTENT, on, f"session {event.access_key} sent it, and not for any intent")
    tag = f"{event.tag.run}.{event.tag.seq}"
    if call is None:
        return Finding(Kind.NO_INTENT, on, f"it was sent for intent {tag}, which the log does not have")
    return Finding(Kind.OTHER_INTENT, on, f"intent {tag} was another line when it was sent: the log was written anew")


def _compared(call: CallEvent, event: TrailEvent) -> Iterator[Finding]:
    on = f"{_name(call)} (event {event.id})"
    if event.mfa is not True:
        said = "says nothing of MFA" if event.mfa is None else "says mfaAuthenticated: false"
        yield Finding(Kind.NO_MFA, on, f"CloudTrail {said}")
    if abs(moment(call.at) - moment(event.at)) > APART:
        yield Finding(Kind.OTHER_TIME, on, f"the log has {call.at}, CloudTrail {event.at}")
    if call.result in {"unknown", IN_DOUBT}:
        return
    if call.request_id and event.request_id and call.request_id != event.request_id:
        said = f"the log has request {call.request_id}, CloudTrail {event.request_id}"
        yield Finding(Kind.OTHER_ANSWER, on, said)
    if (call.result == "ok") is not (event.error_code == ""):
        said = f"the log has {call.result}, CloudTrail {event.error_code or 'no error'}"
        yield Finding(Kind.OTHER_ANSWER, on, said)


def _account_for(
    call: CallEvent, event: TrailEvent | None, found: Reconciliation, now: datetime, *, has_data: bool
) -> None:
    """Say where a call of the log is in CloudTrail, or why it is not."""
    in_doubt = call.result in {"unknown", IN_DOUBT}
    if event is not None:
        found.matched += 1
        if in_doubt:  # 6
            answer = f"it was refused: {event.error_code}" if event.error_code else "it happened"
            found.settled.append(f"{_name(call)}: {answer} (event {event.id}, request {event.request_id})")
    elif f"{call.service}:{call.operation}" in DATA_EVENTS and not has_data:
        found.not_covered.append(_name(call))
    elif call.at > stamp(now - LATEST):
        found.not_yet.append(_name(call))
    elif not in_doubt:  # 5
        said = f"AWS answered it (request {call.request_id}), and CloudTrail has no event of it"
        found.findings.append(Finding(Kind.NO_EVENT, _name(call), said))


def _name(call: CallEvent) -> str:
    return f"{call.service}:{call.operation} on {', '.join(call.resources)} (intent {call.run}.{call.seq})"
