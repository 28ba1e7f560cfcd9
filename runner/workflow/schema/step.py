"""The schema of a step: the keys that every step has, and for each action what it can do with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.catalog.aws import ARN
from runner.model.action import ActionType, Param, Recovery
from runner.model.canonical import Json
from runner.model.generic_call import AWS_CALL
from runner.workflow.loading.key_list import MOST
from runner.workflow.loading.step import VERSIONING
from runner.workflow.schema.examples import STEP_EXAMPLES, with_examples
from runner.workflow.schema.parts import (
    Schema,
    duration,
    flag,
    listed,
    mapping,
    number,
    text,
    texts,
    words,
    written_out,
)

STEP_ID = r"[a-z][a-z0-9-]{0,31}"
REGION = r"[a-z]{2,4}(-[a-z]+){1,2}-[1-9][0-9]?"


def step_schema(actions: Iterable[ActionType]) -> Schema:
    """Return the schema of one step."""
    known = tuple(actions)
    names: list[Json] = [*(action.name for action in known), AWS_CALL]
    says: list[Json] = [*(action.summary for action in known), "Call any other operation of AWS, guarded."]
    properties: dict[str, Schema] = {
        "id": text("The step's name in this playbook.", pattern=STEP_ID),
        "action": {"description": "What the step does.", "enum": names, "enumDescriptions": says},
        "target": {"type": "object", "description": "What the step does it to, by exact names."},
        "needs": listed(
            "The steps that have to be done before; steps that do not wait for one another go on side by side.",
            text("A step's id.", pattern=STEP_ID),
        ),
        "region": text("Where the target lives; the playbook's region by default.", pattern=REGION),
        "expect": _expect(),
        "irreversible": words("Why it is acceptable that this cannot be undone."),
        "mfa_protected": flag(
            "Whether AWS has to refuse the step without MFA; the simulation has to confirm it.", default=True
        ),
        "override": mapping(
            "Rules that the reviewers overrule for this step, each with the reason.",
            {"ownership": words("Why it may be deleted although somebody else owns it.")},
            ("ownership",),
        ),
        "unprotect": listed(
            "The target's protection flags that are switched off for the deletion, and on again when it fails.",
            text("A flag, by AWS's name."),
        ),
        "keep": {"type": "object", "description": "How the last copies are called; `false` keeps none."},
        "wait": mapping(
            "Let time pass after an earlier step; the run pauses, and `runner resume` goes on.",
            {
                "after": text("The id of the step that has to be done.", pattern=STEP_ID),
                "for": duration("How long to wait after it: 1m to 90d.", examples=["7d"]),
            },
            ("after", "for"),
        ),
        "unless_used_within": duration("Refuse the step when the target was used in this time: 1h to 400d."),
        "call": _call(),
        "targets": {"description": "Not enforced yet; only `[]` is accepted.", "maxItems": 0, "deprecated": True},
    }
    rules: list[Json] = [*(_of_action(action) for action in known), _of_call(), _no_call()]
    step = mapping("One deletion.", properties, ("id", "action", "target"))
    return {**with_examples(step, STEP_EXAMPLES), "allOf": rules}


def _expect() -> Schema:
    return mapping(
        "What the reviewers believe of the target; another world refuses the step.",
        {
            "tags": texts("Tags that have to be there, with these values."),
            "versioning": {"description": "The bucket's versioning.", "enum": list(VERSIONING)},
            "max_objects": number("The most that a sweep may find.", 0),
            "pin": words("The creation date or unique id that tells the target from a later one of the same name."),
        },
    )


def _of_action(action: ActionType) -> Schema:
    then: Schema = {"properties": _options(action)}
    reasons: list[Json] = [*_reasons(action)]
    if action.recovery is Recovery.NONE:
        then["required"] = ["irreversible"]
    return {"if": _is(action.name), "then": {**then, **({"allOf": reasons} if reasons else {})}}


def _options(action: ActionType) -> Schema:
    """Return what the keys of a step may hold for an action."""
    flags: list[Json] = [one.name for one in action.flags]
    copies = {copy.name: _copy(copy.says, copy.pattern, copy.default) for copy in action.copies}
    options: Schema = {
        "target": mapping(
            action.summary,
            {param.name: _param(param) for param in action.params},
            (param.name for param in action.params if param.default is None),
        )
        | _choice(action),
        "unprotect": {"items": {"enum": flags}} if flags else {"maxItems": 0},
        "keep": mapping("How the last copies are called; `false` keeps none.", copies),
    }
    if not action.usage:
        options["unless_used_within"] = False
    if not action.sweeps:
        options["expect"] = {"properties": {"max_objects": False}}
    return options


def _choice(action: ActionType) -> Schema:
    return {"oneOf": [{"required": [name]} for name in action.one_of]} if action.one_of else {}


def _param(param: Param) -> Schema:
    if param.listed:
        return _keys(param)
    default: Schema = {} if param.default is None else {"default": param.default}
    return {**written_out(f"{param.says[:1].upper()}{param.says[1:]}.", param.pattern), **default}


def _keys(param: Param) -> Schema:
    key = text("A whole key, of up to 1,024 bytes.")
    one = mapping("One version of a key.", {"key": key, "version": text("Its version id.")}, ("key", "version"))
    several = listed(f"{param.says[:1].upper()}{param.says[1:]}.", {"anyOf": [key, one]}, least=1)
    return {**several, "maxItems": MOST}


def _copy(says: str, pattern: str, default: str) -> Schema:
    kept = written_out(f"{says}; by default `{default}`", pattern)
    return {
        "description": kept["description"],
        "anyOf": [kept, {"const": False, "description": "Keep no copy; then it cannot be undone."}],
    }


def _reasons(action: ActionType) -> Iterator[Schema]:
    """Yield that a step which keeps none of its copies says why."""
    if action.copies:
        names: list[Json] = [copy.name for copy in action.copies]
        dropped: Schema = {"required": names, "properties": {copy.name: {"const": False} for copy in action.copies}}
        yield {
            "if": {"required": ["keep"], "properties": {"keep": dropped}},
            "then": {"required": ["irreversible"]},
        }


def _of_call() -> Schema:
    target = mapping("What the call deletes.", {"arn": _param(ARN)}, ("arn",))
    undone: Schema = {"properties": {"call": {"required": ["undo"]}}}
    return {
        "if": _is(AWS_CALL),
        "then": {
            "required": ["call"],
            "properties": {"target": target, "unprotect": {"maxItems": 0}, "unless_used_within": False},
            "if": undone,
            "else": {"required": ["irreversible"]},
        },
    }


def _no_call() -> Schema:
    return {"if": _is(AWS_CALL), "else": {"properties": {"call": False}}}


def _is(name: str) -> Schema:
    return {"required": ["action"], "properties": {"action": {"const": name}}}


def _call() -> Schema:
    read = _request("A read, as AWS spells it: Describe…, Get…, Head…, List… or Lookup….")
    pin = text(
        "JMESPath of a creation date or unique id in the answer; without it, the whole answer is the pin.",
        examples=["CreationDate"],
    )
    return mapping(
        "Which operation an `aws.call` step calls, and how its target is seen there and seen gone.",
        {
            "service": text("The service, as botocore spells it.", examples=["scheduler"]),
            **_request("The operation, as AWS spells it.", "DeleteSchedule"),
            "exists": mapping("The read that answers while the target is there.", {**read, "pin": pin}, ("operation",)),
            "verify_gone": mapping(
                "The read that proves the deletion; `exists` again unless it names another operation.",
                {
                    **read,
                    "error": text("The error code by which the target is seen gone."),
                    "empty": text("JMESPath of the list in the answer that is empty then."),
                },
            ),
            "tags": mapping(
                "The read of the target's tags.",
                {**read, "query": text("JMESPath that brings the answer into the form `{Tags: …}`.")},
                ("operation",),
            ),
            "undo": words("How the call is undone, in a sentence; without it, it cannot be."),
            "within": duration("How long it may take until the target is seen gone.", default="1m"),
        },
        ("service", "operation", "exists", "verify_gone"),
    )


def _request(operation: str, example: str = "GetSchedule") -> dict[str, Schema]:
    iam = text("An IAM action.", pattern=r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+")
    resource = written_out("An ARN, or `*` alone.", rf"\*|{ARN.pattern}")
    return {
        "operation": text(operation, pattern=r"[A-Z][A-Za-z0-9]{1,127}", examples=[example]),
        "params": {"type": "object", "description": "The request's parameters, as AWS spells them."},
        "iam": _one_or_some("The IAM actions that AWS checks; looked up where they are published.", iam),
        "resource": _one_or_some("The ARNs that AWS checks them on; the target by default.", resource),
    }


def _one_or_some(says: str, one: Schema) -> Schema:
    return {"description": says, "anyOf": [one, listed(says, one, least=1)]}
