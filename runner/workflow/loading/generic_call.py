"""``call`` of an ``aws.call`` step: an operation, how its target is seen there, and how it is seen gone.

::

    action: aws.call
    target: {arn: "arn:aws:scheduler:eu-west-1:222222222222:schedule/default/nightly-export"}
    call:
      service: scheduler
      operation: DeleteSchedule
      params: {Name: nightly-export}
      exists: {operation: GetSchedule, params: {Name: nightly-export}, pin: CreationDate}
      verify_gone: {error: ResourceNotFoundException}

- A deletion that an action of the catalogue makes is refused: that action checks more.
- ``exists``, ``verify_gone`` and ``tags`` are reads by their names. ``verify_gone`` is ``exists`` again unless it names
  another operation; an answer that comes although nothing is there says so by ``empty``.
- IAM actions are looked up; ``iam`` names them where the published list has none, and ``resource`` names the ARNs that
  they are checked on, where that is not the target.
- Requests are held against the service's own model, when somebody has one (port `ServiceModels`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import jmespath
from jmespath.exceptions import JMESPathError

from runner.catalog.aws import ARN
from runner.model.action import ActionType
from runner.model.arn import Arn
from runner.model.call import Call, Effect, Repeat, Sweep
from runner.model.generic_call import NO_ARGS, GenericCall, GenericRequest
from runner.model.ports import ServiceModels
from runner.policy.published import published
from runner.workflow.loading.arguments import arguments, place_of
from runner.workflow.loading.fields import Fields, Read, Value, Wrong, items
from runner.workflow.loading.nodes import Sequence
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import matching, text, words
from runner.workflow.loading.units import duration

READ = re.compile(r"(Describe|Get|Head|List|Lookup)[A-Z]")
"""How the operations begin that may be declared as reads; the write gate holds them to it."""

SERVICE = matching(r"[a-z][a-z0-9-]{0,63}", "a service as botocore spells it, like `opensearchserverless`")
OPERATION = matching(r"[A-Z][A-Za-z0-9]{1,127}", "an operation as AWS spells it, like `DeleteCollection`")
ERROR = matching(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "an error code of AWS, like `ResourceNotFoundException`")
IAM = matching(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+", "an IAM action, like `aoss:DeleteCollection`")
ANYWHERE = ("*",)
WITHIN = duration(timedelta(seconds=1), timedelta(hours=2), "1s to 2h")
NONE: tuple[str, ...] = ()
NO_TAGS: tuple[GenericRequest | None, str] = (None, "")
NOTHING = GenericRequest("", resources=ANYWHERE)
NO_CALL = GenericCall("", NOTHING, NOTHING, NOTHING)
"""What stands for a call that was refused."""
_BRACES = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Context:
    """Hold what requests are read with: the target's ARN, and the models, when somebody has them."""

    target: str
    models: ServiceModels | None
    service: str = ""


def refuse_elsewhere(fields: Fields, arn: str, *, region: str, account: str) -> None:
    """Note a problem when the target is not where the step acts: the call would reach something else, or nothing."""
    if not arn:
        return
    found = Arn.parse(arn)
    for what, said, acts in (("region", found.region, region), ("account", found.account, account)):
        if said and acts and said != acts:
            message = f"`target.arn` is in {what} {said}, but the step acts in {acts}"
            fields.problems.add(fields.at("target"), message, f"correct the ARN, or the {what} of the step")


def generic_call(
    value: Value, *, target: str, actions: Mapping[str, ActionType], models: ServiceModels | None
) -> GenericCall:
    """Read what a step says about its operation; ``target`` is the ARN of what it deletes.

    Raises:
        Wrong: when the value is no mapping.
    """
    fields = Fields(value, "`call`", "call.")
    service = fields.required("service", SERVICE, "")
    context = Context(target, models, service)
    request = _request(fields, value, context)
    _refuse_known(fields, f"{service}:{request.operation}", actions)
    hint = "name the read that answers while the target is there"
    exists, pin = fields.required("exists", partial(_exists, context=context), (NOTHING, ""), hint)
    hint = "say by which error the target is seen gone: {error: ResourceNotFoundException}"
    usual = (exists, "", "")
    gone, error, empty = fields.required("verify_gone", partial(_gone, context=context, usual=exists), usual, hint)
    tags, query = fields.optional("tags", partial(_tags, context=context), NO_TAGS)
    found = GenericCall(
        service=service,
        request=request,
        exists=exists,
        verify_gone=gone,
        pin=pin,
        error=error,
        empty=empty,
        tags=tags,
        tags_query=query,
        undo=fields.optional("undo", words, ""),
        within=int(fields.optional("within", WITHIN, timedelta(minutes=1)).total_seconds()),
        target=target,
    )
    fields.done()
    return found


def _exists(value: Value, *, context: Context) -> tuple[GenericRequest, str]:
    fields = Fields(value, f"`{value.name}`", f"{value.name}.")
    request = _request(fields, value, context, reads=True)
    pin = fields.optional("pin", expression, "")
    fields.done()
    return request, pin


def _gone(value: Value, *, context: Context, usual: GenericRequest) -> tuple[GenericRequest, str, str]:
    fields = Fields(value, f"`{value.name}`", f"{value.name}.")
    names_one = any(fields.has(key) for key in ("operation", "params", "iam", "resource"))
    request = _request(fields, value, context, reads=True) if names_one else usual
    error = fields.optional("error", ERROR, "")
    empty = fields.optional("empty", expression, "")
    fields.done()
    if not (fields.has("error") or fields.has("empty")):
        raise Wrong(
            f"{quoted(value.name)} says nothing about how the target is seen gone",
            "name the `error` that the read fails with then, or in `empty` the list of its answer that is empty",
        )
    return request, error, empty


def _tags(value: Value, *, context: Context) -> tuple[GenericRequest | None, str]:
    fields = Fields(value, f"`{value.name}`", f"{value.name}.")
    request = _request(fields, value, context, reads=True)
    query = fields.optional("query", expression, "")
    fields.done()
    return request, query


def _request(fields: Fields, value: Value, context: Context, *, reads: bool = False) -> GenericRequest:
    operation = fields.required("operation", partial(_operation, reads=reads), "")
    params = fields.optional("params", arguments, NO_ARGS)
    iam = fields.optional("iam", partial(_some, read=IAM), NONE)
    resources = fields.optional("resource", partial(_some, read=_resource), NONE)
    exists = _check_model(value, context, operation, params)
    known = published(context.service, operation)
    if known is None:
        if exists and not fields.has("iam"):
            api = f"{context.service}:{operation}"
            message = f"`{fields.prefix}iam` is missing: IAM has no published action called {quoted(api)}"
            value.problems.add(fields.at("operation"), message, "name the IAM actions that AWS checks for it")
        return GenericRequest(operation, params, iam, resources or (context.target,))
    anywhere = known.anywhere and not iam
    return GenericRequest(
        operation, params, iam or known.actions, resources or (ANYWHERE if anywhere else (context.target,))
    )


def _operation(value: Value, *, reads: bool) -> str:
    name = OPERATION(value)
    if reads and not READ.match(name):
        raise value.must("be a read, called Describe…, Get…, Head…, List… or Lookup…")
    if not reads and READ.match(name):
        raise value.must("change something", "a read deletes nothing")
    return name


def _some(value: Value, *, read: Read[str]) -> tuple[str, ...]:
    """Read one text or a list of at least one."""
    found = items(value, read) if isinstance(value.node, Sequence) else (read(value),)
    if isinstance(value.node, Sequence) and not value.node.items:
        raise value.must("name at least one")
    return found


def _resource(value: Value) -> str:
    found = text(value)
    if found != "*" and not re.fullmatch(ARN.pattern, found, re.ASCII):
        raise value.must('be an ARN without wildcards, or "*" alone for actions without resource-level permissions')
    return found


def expression(value: Value) -> str:
    """Read a JMESPath expression.

    Raises:
        Wrong: for what does not parse.
    """
    found = words(value)
    try:
        jmespath.compile(found)
    except (JMESPathError, ValueError) as error:
        raise value.must("be a JMESPath expression") from error
    if _BRACES.search(found):
        raise value.must("have no `{name}` in it")
    return found


def _check_model(value: Value, context: Context, operation: str, params: Mapping[str, object]) -> bool:
    """Note what the service's own model refuses, each where it stands; return whether the operation may exist."""
    if not context.service or not operation:
        return False
    wrong = () if context.models is None else context.models.problems(context.service, operation, params)
    for found in wrong:
        some = f"it has {', '.join(sorted(found.known)[:8])}" if found.known else ""
        hint = did_you_mean(found.wrong, found.known) or some
        value.problems.add(place_of(value.node, found.path), found.message, hint)
    return all(found.is_about_params for found in wrong)


def _refuse_known(fields: Fields, api: str, actions: Mapping[str, ActionType]) -> None:
    """Note a problem for an operation that an action of the catalogue deletes with."""
    own = [action.name for action in actions.values() if api in _deletions(action)]
    if own:
        hint = f"use {' or '.join(quoted(name) for name in own)}, which checks more"
        fields.problems.add(fields.at("operation"), f"the catalogue has actions for {quoted(api)}", hint)


def _deletions(action: ActionType) -> frozenset[str]:
    found: set[str] = set()
    for call in action.calls:
        match call:
            case Call(effect=Effect.DELETE):
                found.add(call.api)
            case Sweep():
                found.update(one.api for one in (call.each, call.batch) if one is not None)
            case Call() | Repeat():
                pass
    return frozenset(found)
