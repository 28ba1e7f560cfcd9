"""What ministack's SQS lacks: the listing of the queues that send their failed messages to one.

Source: SQS API, ``ListDeadLetterSourceQueues``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import sqs

from runner.sandbox.insides import QUEUES
from runner.sandbox.patching import Replacement


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's SQS answer the listing."""
    return (Replacement(sqs, "_HANDLERS", None, lambda theirs: {**theirs, "ListDeadLetterSourceQueues": _sources}),)


def _sources(data: Mapping[str, Any], url: str) -> dict[str, Any]:
    name = str(data.get("QueueUrl", url)).rpartition("/")[2]
    return {"queueUrls": [url for url, queue in QUEUES.items() if _target(queue).endswith(f":{name}")]}


def _target(queue: Mapping[str, Any]) -> str:
    redrive = json.loads(queue["attributes"].get("RedrivePolicy", "{}"))
    return str(redrive.get("deadLetterTargetArn", ""))
