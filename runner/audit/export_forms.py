"""Forms of exported calls: CSV for spreadsheets, JSON Lines, and OCSF for security data lakes. Pure.

- In CSV, foreign text never becomes a formula: a cell that a spreadsheet would calculate begins with an apostrophe.
  Source: OWASP, "CSV Injection".
- OCSF events are of class API Activity (6003) with the profile ``cloud``. What OCSF has no place for is ``unmapped``.
  Source: schema.ocsf.io, version 1.8.0.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime

from runner.audit.call_events import IN_DOUBT, CallEvent
from runner.model.canonical import Json

OCSF = "1.8.0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet may calculate; the last four are the full-width forms."""
_ACTIVITIES = (
    (("Create", "Run"), 1),
    (("Put", "Update", "Modify", "Disable", "Detach"), 3),
    (("Delete", "Abort", "Terminate", "Deregister", "Schedule", "Release", "Revoke"), 4),
)
_OTHER = 99


def csv_lines(events: Iterable[CallEvent]) -> Iterator[str]:
    """Yield a head and a line for each call, in the form of RFC 4180."""
    names = [found.name for found in fields(CallEvent)]
    yield _row(names)
    for event in events:
        data = event.to_data()
        yield _row([_cell(data[name]) for name in names])


def json_lines(events: Iterable[CallEvent]) -> Iterator[str]:
    """Yield a JSON document for each call."""
    for event in events:
        yield json.dumps(event.to_data(), ensure_ascii=True, separators=(",", ":")) + "\n"


def ocsf_lines(events: Iterable[CallEvent]) -> Iterator[str]:
    """Yield an OCSF event for each call."""
    for event in events:
        yield json.dumps(ocsf(event), ensure_ascii=True, separators=(",", ":")) + "\n"


def ocsf(event: CallEvent) -> dict[str, Json]:
    """Return a call as an OCSF event of class API Activity."""
    activity = next((number for verbs, number in _ACTIVITIES if event.operation.startswith(verbs)), _OTHER)
    succeeded = event.result == "ok"
    status = 1 if succeeded else 0 if event.result in {"unknown", IN_DOUBT} else 2
    response: dict[str, Json] = {"code": event.status} if event.status else {}
    if event.error_code:
        response |= {"error": event.error_code, "error_message": event.error_message}
    return {
        "activity_id": activity,
        "actor": {
            "user": {"uid": event.who, "name": event.who.rsplit("/", 1)[-1], "type_id": 1},
            "session": {"uid": event.role_session, "is_mfa": event.mfa_proven, "credential_uid": event.access_key},
        },
        "api": {
            "operation": event.operation,
            "service": {"name": event.service},
            "request": {"uid": event.request_id},
            "response": response,
        },
        "category_uid": 6,
        "class_uid": 6003,
        "cloud": {"provider": "AWS", "account": {"uid": event.account}, "region": event.region},
        "message": f"{event.service}:{event.operation} {event.result}",
        "metadata": {
            "version": OCSF,
            "profiles": ["cloud"],
            "uid": f"{event.run}.{event.seq}",
            "product": {"name": "runner", "vendor_name": "guarded-runner", "version": event.tool.rpartition(" ")[2]},
        },
        "resources": [{"uid": arn} for arn in event.resources],
        "severity_id": 1 if succeeded else 3,
        "src_endpoint": {"hostname": event.host},
        "status_id": status,
        "time": int(datetime.fromisoformat(event.at).timestamp() * 1000),
        "type_uid": 600300 + activity,
        "unmapped": {
            "run": event.run,
            "seq": event.seq,
            "intent_sha256": event.sha256,
            "plan_sha256": event.plan_sha256,
            "playbook_sha256": event.playbook_sha256,
            "step": event.step,
            "target": event.target,
            "children": event.children,
            "os_user": event.os_user,
        },
    }


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Json) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return _cell(" ".join(map(str, value)))
        case _:
            shown = "".join(mark if mark.isprintable() else f"\\u{ord(mark):04x}" for mark in str(value))
            return f"'{shown}" if shown.startswith(_FORMULA) else shown
