"""Reconciliation: CloudTrail and the audit log tell the same story, or what they disagree about is named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.audit.call_events import CallEvent, call_events
from runner.audit.log import FileLedger
from runner.audit.reconcile import Kind, Reconciliation, reconcile
from runner.audit.record import CallIntent
from runner.audit.selection import Selection
from runner.audit.trail import BadTrail, read_event, read_trail
from runner.model.ports import Ledger
from tests.audit.conftest import BUCKET, START

LATER = START + timedelta(days=1)
SOON = START + timedelta(minutes=5)


@pytest.fixture
def call(ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]) -> CallEvent:
    """Return the one call of a run that went well."""
    whole_run(ledger)
    (found,) = call_events(directory, Selection())
    return found


def recorded(call: CallEvent, **changes: Any) -> dict[str, Any]:
    """Return a call's event, in the form that AWS documents."""
    tag = changes.pop("tag", f"runner-intent/{call.run}.{call.seq}.{call.sha256[:16]}")
    mfa = changes.pop("mfa", "true")
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": call.role_session,
            "accountId": call.account,
            "accessKeyId": changes.pop("key", call.access_key),
            "sessionContext": {"attributes": {"mfaAuthenticated": mfa, "creationDate": "2026-12-01T08:00:00Z"}},
        },
        "eventTime": "2026-12-01T08:00:01Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "userAgent": f"[Boto3/1.43 guarded-runner/0.1 {tag}]",
        "requestID": call.request_id,
        "eventID": "e-1",
        "readOnly": False,
        **changes,
    }


def joined(call: CallEvent, *events: dict[str, Any], now: datetime = LATER) -> Reconciliation:
    """Reconcile one call with events."""
    return reconcile([call], [read_event(event) for event in events], now)


def kinds(found: Reconciliation) -> list[Kind]:
    """Return what does not fit."""
    return [finding.kind for finding in found.findings]


def test_one_story(call: CallEvent) -> None:
    """The event of a call is found by its tag, whatever else the trail holds."""
    other = recorded(call, key="ASIASOMEBODYELSE", tag="", eventID="e-2")
    found = joined(call, recorded(call), other)

    assert (found.matched, kinds(found), found.not_yet) == (1, [], [])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"tag": ""}, Kind.NO_INTENT),
        ({"tag": "runner-intent/01JE0000000000000000000000.7.0123456789abcdef"}, Kind.NO_INTENT),
        ({"mfa": "false"}, Kind.NO_MFA),
        ({"mfa": None}, Kind.NO_MFA),
        ({"requestID": "another"}, Kind.OTHER_ANSWER),
        ({"errorCode": "AccessDenied"}, Kind.OTHER_ANSWER),
    ],
)
def test_what_does_not_fit(call: CallEvent, change: dict[str, Any], kind: Kind) -> None:
    """A write that no intent covers, one without MFA, and another answer are findings."""
    found = joined(call, recorded(call), recorded(call, eventID="e-2", **change))

    assert kinds(found) == [kind]


def test_a_log_that_was_written_anew(call: CallEvent) -> None:
    """CloudTrail remembers the digest of the intent as it was; another line under its number is found."""
    found = joined(replace(call, sha256="f" * 64), recorded(call))

    assert kinds(found) == [Kind.OTHER_INTENT, Kind.NO_EVENT]


def test_reads_need_no_intent(call: CallEvent) -> None:
    """Only writes have intents; reads of the same session are no findings."""
    read = recorded(call, eventID="e-2", eventName="HeadBucket", tag="", readOnly=True)

    assert kinds(joined(call, recorded(call), read)) == []


def test_what_is_missing(call: CallEvent) -> None:
    """An answered call without an event is missing after an hour, and not before."""
    assert kinds(joined(call)) == [Kind.NO_EVENT]
    early = joined(call, now=SOON)
    assert (kinds(early), len(early.not_yet)) == ([], 1)


def test_data_events(call: CallEvent) -> None:
    """Deletions of objects are looked for only in a trail that has data events at all."""
    batch = replace(call, operation="DeleteObjects")
    blind = joined(batch)
    assert (kinds(blind), len(blind.not_covered)) == ([], 1)

    seeing = reconcile([batch, replace(batch, seq=99)], [read_event(recorded(batch))], LATER)
    assert kinds(seeing) == [Kind.NO_EVENT]


@pytest.mark.parametrize(("error", "word"), [("", "it happened"), ("AccessDenied", "it was refused: AccessDenied")])
def test_a_call_in_doubt_is_settled(
    call: CallEvent, ledger: FileLedger, directory: Path, error: str, word: str
) -> None:
    """CloudTrail knows how a call ended whose answer never came."""
    ledger.append(CallIntent("bucket", "s3", "DeleteBucket", (), "eu-west-1", "222222222222", (BUCKET,)))
    calls = tuple(call_events(directory, Selection()))
    lost = recorded(calls[1], eventID="e-2", requestID="r-2", errorCode=error)
    found = reconcile(calls, [read_event(recorded(call)), read_event(lost)], LATER)

    assert kinds(found) == []
    (settled,) = found.settled
    assert word in settled


def test_a_call_in_doubt_may_never_have_happened(call: CallEvent) -> None:
    """That CloudTrail has no event of a call in doubt contradicts nothing."""
    assert kinds(joined(replace(call, result="in doubt", request_id=""))) == []


def test_trail_files(call: CallEvent) -> None:
    """Trail files are read packed and plain."""
    content = json.dumps({"Records": [recorded(call)]}).encode()

    assert read_trail(content) == read_trail(gzip.compress(content)) == (read_event(recorded(call)),)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"Records":{}}', b'{"Records":[1]}', b"\x1f\x8b\x00", b"\xff"]
)
def test_what_is_no_trail(content: bytes) -> None:
    """Anything else is refused, not taken for an empty trail."""
    with pytest.raises(BadTrail):
        read_trail(content)


@pytest.mark.parametrize("change", [{"eventID": ""}, {"eventTime": "now"}, {"readOnly": None}, {"eventName": 1}])
def test_what_is_no_event(call: CallEvent, change: dict[str, Any]) -> None:
    """An event that lacks what is needed is refused as a whole."""
    with pytest.raises(BadTrail):
        read_event({**recorded(call), **change})
