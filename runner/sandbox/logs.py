"""What ministack's CloudWatch Logs lacks: deletion protection of log groups.

Source: CloudWatch Logs API, ``PutLogGroupDeletionProtection``, ``DescribeLogGroups`` and ``DeleteLogGroup``.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import cloudwatch_logs

from runner.sandbox.insides import LOG_GROUPS, Answer, json_answer, json_error
from runner.sandbox.patching import Replacement

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]
Serve: TypeAlias = Callable[..., Awaitable[Answer]]

FLAG = "deletionProtectionEnabled"
REQUEST = ("method", "path", "headers", "body", "query_params")


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's CloudWatch Logs protect log groups."""
    return (
        Replacement(cloudwatch_logs, "handle_request", REQUEST, _serving),
        Replacement(cloudwatch_logs, "_describe_log_groups", ("data",), _describing),
        Replacement(cloudwatch_logs, "_delete_log_group", ("data",), _deleting),
    )


def _serving(original: Serve) -> Serve:
    async def serve(method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any) -> Answer:
        if headers.get("x-amz-target", "").endswith(".PutLogGroupDeletionProtection"):
            asked = json.loads(body)
            LOG_GROUPS[asked["logGroupIdentifier"]][FLAG] = asked[FLAG]
            return json_answer({})
        return await original(method, path, headers, body, query_params)

    return serve


def _describing(original: Handler) -> Handler:
    def describe(data: Mapping[str, Any]) -> Answer:
        status, headers, body = original(data)
        told = json.loads(body)
        for group in told.get("logGroups", ()):
            group[FLAG] = LOG_GROUPS[group["logGroupName"]].get(FLAG, False)
        return status, headers, json.dumps(told).encode()

    return describe


def _deleting(original: Handler) -> Handler:
    def delete(data: Mapping[str, Any]) -> Answer:
        if LOG_GROUPS.get(data.get("logGroupName"), {}).get(FLAG):
            return json_error("ValidationException", "The log group has deletion protection enabled.")
        return original(data)

    return delete
