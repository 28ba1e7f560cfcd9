"""Word refusals as AWS does: who, which action, on what, and which kind of policy decided.

Source: IAM user guide, "Troubleshoot access denied error messages". S3 quotes the resource; IAM names users, roles and
groups without their ARN; across accounts AWS does not say which policy decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from runner.sandbox.patching import Replacement

_reason: ContextVar[tuple[str, str]] = ContextVar("runner_denial_reason", default=("", ""))
"""Resource and reason of the refusal being answered."""

_IAM_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user|group)/(?:.*/)?([^/]+)")

ENFORCE = ("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context")
RESPOND = (
    "service",
    "action",
    "principal_arn",
    "request_id",
    "error_code",
    "message",
    "headers",
    "resource_arn",
    "explicit_deny",
    "resource_policy_arn",
)


def sentence(service: str, action: str, principal: str, resource: str, reason: str) -> str:
    """Return AWS's sentence for a refusal."""
    entity = _IAM_ENTITY.fullmatch(resource)
    if service == "s3":
        shown = f'"{resource}"'
    elif service == "iam" and entity:
        shown = f"{entity[1]} {entity[2]}"
    else:
        shown = resource
    across = service == "sts" and resource.split(":")[4:5] != principal.split(":")[4:5]
    why = "" if across else f" {reason}"
    return f"User: {principal} is not authorized to perform: {action} on resource: {shown}{why}"


def _enforce(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        result = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(result, iam_evaluator.EvalResult):
            _reason.set((resource_arn, result.reason))
        return result

    return enforce


def _respond(original: Callable[..., Any]) -> Callable[..., Any]:
    def access_denied_response(service: str, action: str, principal_arn: str, request_id: str, **named: Any) -> Any:
        if not named.get("error_code") and not named.get("message"):
            named["message"] = sentence(service, action, principal_arn, *_reason.get())
        return original(service, action, principal_arn, request_id, **named)

    return access_denied_response


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's refusals name the policy that decided."""
    return (
        Replacement(iam_evaluator, "enforce", ENFORCE, _enforce),
        Replacement(iam_actions, "access_denied_response", RESPOND, _respond),
    )
