"""Put lines into a CloudWatch log group, with the session that carries the operator's MFA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from runner.aws.clients import client
from runner.model.arn import Arn
from runner.model.session import Credentials

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
EVENT_BYTES = 26
"""The events of one request, their bytes, and what each counts besides its text.

Source: CloudWatch Logs API reference, PutLogEvents."""

Lines: TypeAlias = tuple[tuple[int, str], ...]
"""Lines with their times, in milliseconds since 1970; no time is before that of the line before."""


def put_lines(group: str, stream: str, lines: Lines, credentials: Credentials, *, is_new: bool) -> str:
    """Put lines into a stream of a group (an ARN), made when it ``is_new``; return why that did not work, else nothing.

    The operator needs ``logs:CreateLogStream`` and ``logs:PutLogEvents`` on the group.
    """
    arn = Arn.parse(group)
    where = {"logGroupName": arn.resource.removeprefix("log-group:"), "logStreamName": stream}
    try:
        logs = client("logs", arn.region, credentials)
        if is_new:
            logs.create_log_stream(**where)
        for batch in batches(lines):
            events = [{"timestamp": at, "message": text} for at, text in batch]
            rejected = logs.put_log_events(**where, logEvents=events).get("rejectedLogEventsInfo")
            if rejected:
                return f"it rejects lines for their time ({', '.join(sorted(rejected))})"
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    except BotoCoreError as error:
        return type(error).__name__
    return ""


def batches(lines: Iterable[tuple[int, str]]) -> Iterator[Lines]:
    """Yield the lines in portions that one request takes."""
    batch: list[tuple[int, str]] = []
    size = 0
    for at, text in lines:
        counts = len(text.encode()) + EVENT_BYTES
        if batch and (len(batch) == MOST_EVENTS or size + counts > MOST_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append((at, text))
        size += counts
    if batch:
        yield tuple(batch)
