"""One step of a playbook, checked alone.

- A step's target has exactly the keys of its action, each in the action's own spelling. Those patterns leave no room
  for a wildcard: nothing but the text in the playbook decides what dies.
- What cannot be undone says why in ``irreversible``.
- What an ``aws.call`` step does stands in its ``call``, and makes an action type of its own.
- ``expect.max_objects`` belongs to actions that delete children; anywhere else nothing would be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from runner.catalog.aws import ARN, described
from runner.model.action import ActionType, Param, Recovery
from runner.model.generic_call import AWS_CALL, GenericCall
from runner.model.playbook import Expectation, Step
from runner.model.ports import ServiceModels
from runner.workflow.loading.fields import Fields, Read, Value, Wrong, items
from runner.workflow.loading.generic_call import NO_CALL, generic_call, refuse_elsewhere
from runner.workflow.loading.key_list import key_list
from runner.workflow.loading.nodes import Mapping as MappingNode
from runner.workflow.loading.problems import Mark
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import boolean, integer, matching, one_of, text, words
from runner.workflow.loading.step_options import STEP_ID, Options, options
from runner.workflow.loading.unenforced import IN_STEP, refuse_unenforced

REGION = matching(r"[a-z]{2,4}(-[a-z]+){1,2}-[1-9][0-9]?", "an AWS region like `ap-northeast-1`")
VERSIONING = ("Enabled", "Suspended", "Off")

Actions: TypeAlias = Mapping[str, ActionType]
Texts: TypeAlias = Mapping[str, str]

NOTHING: Texts = MappingProxyType({})


@dataclass(frozen=True)
class Need:
    """Hold one item of ``needs`` and where it stands."""

    id: str
    at: Mark


NO_NEEDS: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Draft:
    """Hold a step that is checked alone, with what the checks across steps need.

    ``step.needs`` is what was written: the ids may not exist. ``identity`` is the action and what its target's ARN is
    made of, empty when either was refused.
    """

    step: Step
    id_at: Mark
    target_at: Mark
    needs: tuple[Need, ...]
    identity: tuple[str, ...]


def draft(
    value: Value, *, region: str, actions: Actions, account: str = "", models: ServiceModels | None = None
) -> Draft:
    """Read one step; ``region`` and ``account`` are the playbook's, ``models`` know the requests of ``aws.call``.

    Raises:
        Wrong: when the value is no mapping.
    """
    fields = Fields(value, "this step")
    name = fields.required("id", STEP_ID, "")
    named = fields.required("action", partial(_action, actions=actions), "")
    params = (ARN,) if named == AWS_CALL else None if named not in actions else actions[named].params
    one_of = actions[named].one_of if named in actions else ()
    target = fields.required("target", partial(_target, action=named, params=params, one_of=one_of), NOTHING)
    call = _call(fields, named, partial(generic_call, target=target.get("arn", ""), actions=actions, models=models))
    action = actions.get(named) if call is None else described(call)
    more = options(fields, action)
    needs = _with_waited_for(fields.optional("needs", _needs, NO_NEEDS), more)
    where = fields.optional("region", REGION, region)
    if call is not None:
        refuse_elsewhere(fields, target.get("arn", ""), region=where, account=account)
    step = Step(
        id=name,
        action=named,
        target=target,
        needs=tuple(need.id for need in needs),
        region=where,
        expect=fields.optional("expect", partial(_expect, action=action), Expectation(tags=NOTHING)),
        irreversible=_irreversible(fields, action, more),
        mfa_protected=fields.optional("mfa_protected", boolean, default=True),
        line=value.node.at.line,
        override=fields.optional("override", _override, NOTHING),
        unprotect=more.unprotect,
        keep=more.keep,
        wait=more.wait,
        unless_used_within=more.unless_used_within,
        call=call,
    )
    refuse_unenforced(fields, IN_STEP)
    fields.done()
    return Draft(step, fields.at("id"), fields.at("target"), needs, _identity(step, action))


def known(actions: Actions) -> tuple[str, ...]:
    """Return every name that a step may have as its action."""
    return (*actions, AWS_CALL)


def _action(value: Value, *, actions: Actions) -> str:
    name = text(value)
    if name not in known(actions):
        hint = did_you_mean(name, known(actions)) or "`runner actions` lists them all"
        raise Wrong(f"unknown action {quoted(name)}", hint)
    return name


def _call(fields: Fields, action: str, read: Read[GenericCall]) -> GenericCall | None:
    """Return what an ``aws.call`` step says about its operation; other steps have nothing to say."""
    if action != AWS_CALL:
        return None
    return fields.required("call", read, NO_CALL, "say which operation it is, and how its target is seen gone")


def _needs(value: Value) -> tuple[Need, ...]:
    return items(value, _need)


def _need(value: Value) -> Need:
    return Need(STEP_ID(value), value.node.at)


def _target(value: Value, *, action: str, params: tuple[Param, ...] | None, one_of: tuple[str, ...] = ()) -> Texts:
    if params is None:
        return texts(value)
    fields = Fields(value, f"the target of `{action}`", "target.")
    target = {param.name: _param(fields, param) for param in params}
    given = [name for name in one_of if fields.has(name)]
    if one_of and len(given) != 1:
        choice = " or ".join(quoted(name) for name in one_of)
        fields.problems.add(value.node.at, f"the target of `{action}` needs {choice}, one of them", "say what is meant")
    fields.done()
    return MappingProxyType(target)


def _param(fields: Fields, param: Param) -> str:
    read = key_list if param.listed else matching(param.pattern, param.says)
    if param.default is not None:
        return fields.optional(param.name, read, param.default)
    return fields.required(param.name, read, "", f"give {param.says}")


def _expect(value: Value, *, action: ActionType | None) -> Expectation:
    fields = Fields(value, "`expect`", "expect.")
    tags = fields.optional("tags", texts, NOTHING)
    versioning = fields.optional("versioning", one_of(VERSIONING), None)
    most = fields.optional("max_objects", integer(0), None)
    pin = fields.optional("pin", words, None)
    if action is not None and not action.sweeps:
        fields.refuse_unless(
            "max_objects",
            lambda _: False,
            f"`expect.max_objects` has no meaning: `{action.name}` does not delete children",
            "remove it, or say it in the step that deletes them",
        )
    fields.done()
    return Expectation(tags, versioning, most, pin)


def _override(value: Value) -> Texts:
    """Read which rules the reviewers overrule for a step, each with its reason."""
    fields = Fields(value, "`override`", "override.")
    hint = "say why it may be deleted although somebody else owns it"
    reason = fields.required("ownership", words, "", hint)
    fields.done()
    return MappingProxyType({"ownership": reason})


def texts(value: Value) -> Texts:
    """Read a mapping of texts.

    Raises:
        Wrong: when the value is no mapping.
    """
    if not isinstance(value.node, MappingNode):
        raise value.must("be a mapping (`key: value`)")
    fields = Fields(value, quoted(value.name), value.name + ".")
    return MappingProxyType({entry.key.text: fields.required(entry.key.text, text, "") for entry in value.node.entries})


def _with_waited_for(needs: tuple[Need, ...], more: Options) -> tuple[Need, ...]:
    """Return the needs with the step that is waited for, which has to be done before."""
    if more.wait is None or more.wait_at is None or any(need.id == more.wait.after for need in needs):
        return needs
    return (*needs, Need(more.wait.after, more.wait_at))


def _irreversible(fields: Fields, action: ActionType | None, more: Options) -> str | None:
    if action is not None and (action.recovery is Recovery.NONE or more.drops_copies(action)):
        without = " without the copy" if more.drops_copies(action) else ""
        hint = f"`{action.name}`{without} cannot be undone: say why that is acceptable"
        return fields.required("irreversible", words, "", hint)
    return fields.optional("irreversible", words, None)


def _identity(step: Step, action: ActionType | None) -> tuple[str, ...]:
    """Return what tells one target of an action from another: the region only where its ARN has one."""
    if action is None or not all(step.target.get(one.name) or one.default is not None for one in action.params):
        return ()
    values = (step.target[param.name] for param in action.params)
    operation = step.call.api if step.call else ""
    return (action.name, operation, step.region if "{region}" in action.target else "", *values)
