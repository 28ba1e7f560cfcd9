"""What ministack's CloudFormation lacks: a stack's service role in its description.

Source: CloudFormation API, ``DescribeStacks``, ``RoleARN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ministack.services.cloudformation import handlers

from runner.sandbox.insides import STACKS, Answer
from runner.sandbox.patching import Replacement
from runner.sandbox.simulator_request import one

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]

ROLE = "RoleARN"


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's CloudFormation remember service roles."""
    return (Replacement(handlers, "_ACTION_HANDLERS", None, _handlers),)


def _handlers(theirs: dict[str, Handler]) -> dict[str, Handler]:
    # In place: ministack's package holds the same mapping.
    theirs.update(
        {"CreateStack": _creating(theirs["CreateStack"]), "DescribeStacks": _telling(theirs["DescribeStacks"])}
    )
    return theirs


def _creating(original: Handler) -> Handler:
    def create(params: Mapping[str, Any]) -> Answer:
        answer = original(params)
        stack = STACKS.get(one(params, "StackName"))
        if stack is not None:
            stack[ROLE] = one(params, ROLE)
        return answer

    return create


def _telling(original: Handler) -> Handler:
    def describe(params: Mapping[str, Any]) -> Answer:
        status, headers, body = original(params)
        text = body.decode() if isinstance(body, bytes) else str(body)
        for stack in STACKS.values():
            if stack.get(ROLE):
                named = f"<StackId>{stack['StackId']}</StackId>"
                text = text.replace(named, f"{named}<{ROLE}>{stack[ROLE]}</{ROLE}>")
        return status, headers, text.encode()

    return describe
