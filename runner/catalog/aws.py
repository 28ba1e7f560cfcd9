"""``aws.call``: the action type of an operation that the catalogue does not know, made from what a playbook says of it.

It is guarded as every other: probed, pinned, simulated, held by a session policy and the write gate, seen gone. What it
lacks is knowledge: there is no check but that its requests name the target, and it cannot be undone unless the
reviewers say how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from runner.catalog.answers import listed, picked
from runner.model.action import ActionType, Answer, Check, Facts, Ok, Param, Pin, Recovery, Unknown
from runner.model.call import Argument, Call, Effect
from runner.model.canonical import Json, digest
from runner.model.generic_call import AWS_CALL, GenericCall, GenericRequest
from runner.model.playbook import Step
from runner.model.sighting import in_place

NAMED = "requests_name_the_target"
"""The check of an ``aws.call`` step."""

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
        checks=(_check(call),),
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


def _check(call: GenericCall) -> Check:
    """Return the check that every request names the target: reviewers read its ARN, AWS reads the parameters."""
    named = {one.operation: one.params for one in (call.request, call.exists, call.verify_gone)}
    other = tuple(operation for operation, params in named.items() if not _names(params, call.target))

    def requests_name_the_target(facts: Facts) -> Answer:
        """Refuse requests of which no parameter has to do with the target's ARN."""
        del facts
        if not other:
            return Ok()
        hint = f"correct the ARN or the parameters; or accept {NAMED}, with the reason why they mean the same"
        return Unknown(f"no parameter of {' and '.join(other)} stands in {call.target}", hint)

    return requests_name_the_target


def _names(params: Argument, arn: str) -> bool:
    """Return whether a text among the parameters is the end of an ARN, or holds its last part.

    What stands before the last part is shared with other things: a group, a cluster.
    """
    last = re.split(r"[/:]", arn)[-1]
    return any(text and (_ends(text, arn) or _stands_in(last, text)) for text in _texts(params))


def _ends(text: str, arn: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_-]){re.escape(text)}\Z", arn) is not None


def _stands_in(part: str, text: str) -> bool:
    """Return whether a part stands in a text between separators: ``job`` does not stand in ``jobs/1``."""
    return re.search(rf"(?<![A-Za-z0-9_-]){re.escape(part)}(?![A-Za-z0-9_-])", text) is not None


def _texts(value: Argument) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for item in value:
                yield from _texts(item)
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case _:
            return


def _whole(data: Mapping[str, Json], params: Mapping[str, str]) -> str:
    """Return the digest of an answer: a target that differs in anything is another one."""
    del params
    return digest(data)
