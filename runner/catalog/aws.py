"""``aws.call``: the action type of an operation that the catalogue does not know, made from what a playbook says of it.

It is guarded as every other: probed, pinned, simulated, held by a session policy and the write gate, seen gone. What it
lacks is knowledge: there are no checks but those of every step, and it cannot be undone unless the reviewers say how.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import listed, picked
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Call, Effect
from runner.model.canonical import Json, digest
from runner.model.generic_call import AWS_CALL, GenericCall, GenericRequest
from runner.model.playbook import Step
from runner.model.sighting import in_place

ARN = Param(
    "arn",
    # No wildcard, and no brace, which templates would take for theirs.
    pattern=r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:[^\s*?${}]+",
    says="the whole ARN of what the call deletes, without wildcards",
)


def action_of(step: Step, catalog: Mapping[str, ActionType]) -> ActionType:
    """Return a step's action type: the catalogue's, or the one that the step describes itself."""
    return catalog[step.action] if step.call is None else described(step.call)


def described(call: GenericCall) -> ActionType:
    """Return the action type of an ``aws.call`` step."""
    absent = (call.error,) if call.error else ()
    exists = _call(call.service, call.exists, absent=absent)
    tags = {} if call.tags is None else {"tags": _call(call.service, call.tags, query=call.tags_query)}
    return ActionType(
        name=AWS_CALL,
        summary=f"Call {call.api}; runner knows of it what the playbook says.",
        params=(ARN,),
        target="{arn}",
        pin=Pin(exists, picked(call.pin) if call.pin else _whole),
        recovery=Recovery.REVERT if call.undo else Recovery.NONE,
        probe=_call(call.service, call.verify_gone, absent=absent),
        facts=tags,
        calls=(_call(call.service, call.request, effect=Effect.DELETE),),
        sight=listed(call.empty) if call.empty else in_place,
        gone_within=call.within,
        undo=call.undo,
    )


def _call(
    service: str,
    request: GenericRequest,
    *,
    effect: Effect = Effect.READ,
    absent: tuple[str, ...] = (),
    query: str = "",
) -> Call:
    resource, *also = request.resources
    return Call(
        f"{service}:{request.operation}",
        request.params,
        absent=absent,
        effect=effect,
        resource=resource,
        also=tuple(also),
        query=query,
        iam=request.iam,
    )


def _whole(data: Mapping[str, Json], params: Mapping[str, str]) -> str:
    """Return the digest of an answer: a target that differs in anything is another one."""
    del params
    return digest(data)
