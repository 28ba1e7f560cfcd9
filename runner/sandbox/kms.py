"""What ministack's KMS lacks: the record of a key's last use. Nothing is recorded; the record begins with the key.

Source: KMS API reference, GetKeyLastUsage.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import kms

from runner.sandbox.insides import Answer, json_answer, json_error
from runner.sandbox.patching import Replacement
from runner.sandbox.store_insides import kms_key

Handler: TypeAlias = Callable[..., Awaitable[Answer]]
REQUEST = ("method", "path", "headers", "body", "query_params")


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's KMS answer GetKeyLastUsage."""
    return (Replacement(kms, "handle_request", REQUEST, _with_usage),)


def _with_usage(original: Handler) -> Handler:
    async def handle_request(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        if headers.get("x-amz-target") == "TrentService.GetKeyLastUsage":
            return _usage(json.loads(body or b"{}").get("KeyId", ""))
        return await original(method, path, headers, body, query)

    return handle_request


def _usage(named: str) -> Answer:
    key = kms_key(named)
    if key is None:
        return json_error("NotFoundException", f"Key {named} not found")
    return json_answer(
        {"KeyId": key["Arn"], "KeyCreationDate": key["CreationDate"], "TrackingStartDate": key["CreationDate"]}
    )
