"""The ARNs that AWS evaluates where they depend on the operation: alarms that are deleted, and log groups.

Source: Service Authorization Reference; CloudWatch Logs user guide, "Log group ARN formats".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")


def resource_arn(service: str, named: Mapping[str, Any], theirs: str) -> str:
    """Return the ARN that a request is judged on; ``named`` is the request, ``theirs`` what ministack takes."""
    match service:
        case "monitoring":
            return _alarm(named) or theirs
        case "logs":
            return _log_group(named, theirs)
        case _:
            return theirs


def _alarm(named: Mapping[str, Any]) -> str | None:
    """Return the ARN of the first alarm that is deleted; a listing is judged on all alarms."""
    if _operation(named["headers"]) != "DeleteAlarms":
        return None
    name = next(iter(_json(named["body"]).get("AlarmNames", ())), "")
    return f"arn:aws:cloudwatch:{named['region']}:{named['account_id']}:alarm:{name}"


def _log_group(named: Mapping[str, Any], theirs: str) -> str:
    """Return the ARN of a log group as IAM knows it: with what is inside, but for tags."""
    operation = _operation(named["headers"])
    name = _json(named["body"]).get("logGroupIdentifier")
    arn = f"arn:aws:logs:{named['region']}:{named['account_id']}:log-group:{name}" if name else theirs
    inside = ":log-group:" in arn and operation not in _TAGGING
    return f"{arn}:log-stream:" if inside else arn


def _operation(headers: Mapping[str, str]) -> str:
    return headers.get("x-amz-target", "").rpartition(".")[2]


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
