"""The schema of a whole playbook."""

from __future__ import annotations

from collections.abc import Mapping

from runner.guard.acceptance import acceptable
from runner.model.action import ActionType
from runner.model.canonical import Json
from runner.model.fleet import OnFailure
from runner.model.generic_call import AWS_CALL
from runner.model.playbook import Limits
from runner.workflow.loading.playbook import MOST_APPROVALS
from runner.workflow.loading.roles import MOST
from runner.workflow.schema.examples import EXAMPLES, with_examples
from runner.workflow.schema.parts import (
    Schema,
    duration,
    flag,
    listed,
    mapping,
    number,
    text,
    texts,
    time,
    words,
    written_out,
)
from runner.workflow.schema.step import REGION, step_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLE: Mapping[str, Json] = {
    "version": 1,
    "name": "retire-orders-exports",
    "description": "Nothing has read this bucket since orders-v2 took over.",
    "owner": "team-orders@acme.example",
    "ticket": "OPS-4312",
    "account": {"id": "222222222222", "alias": "acme-staging"},
    "region": "ap-northeast-1",
    "role_arn": "arn:aws:iam::222222222222:role/Teardown",
    "steps": [
        {
            "id": "bucket",
            "action": "s3.delete_bucket",
            "target": {"bucket": "acme-orders-exports"},
            "irreversible": "exports are copies; the source is in orders-v2",
        }
    ],
}
_ACCOUNT_ID = r"[0-9]{12}"
_SIZE = r"(0|[1-9][0-9]{0,15})(B|KiB|MiB|GiB|TiB|PiB)"


def playbook_schema(actions: Mapping[str, ActionType]) -> Schema:
    """Return the schema of playbooks whose steps may name these actions."""
    names = (*actions, AWS_CALL)
    properties: dict[str, Schema] = {
        "version": {"description": "The version of this format.", "const": 1},
        "name": text("What the playbook is called.", pattern=r"[a-z0-9][a-z0-9-]{0,62}"),
        "description": words("Why this may go, for reviewers."),
        "owner": words("Whom to ask."),
        "ticket": text("Where the decision is on record."),
        "account": _account(
            "The account that everything is in; nothing else is touched. Needed unless there are `targets`."
        ),
        "region": text(
            "Where everything lives; a step may say another. Needed unless there are `targets`.", pattern=REGION
        ),
        "role_arn": _roles(),
        "mfa": mapping(
            "How fresh the proof of MFA has to be.",
            {"max_age": duration("How old it may be when a step starts: 1m to 12h.", default="15m")},
        ),
        "valid": mapping(
            "When the playbook may run; refused outside.",
            {"from": time("Not before this time."), "until": time("Not after this time.")},
        ),
        "limits": _limits("How much may go at most; more refuses the plan.", names),
        "approvals": number("How many people besides the operator have to approve.", 0, MOST_APPROVALS, default=0),
        "assume": _assume(),
        "protect": listed("What no step may touch, whatever the steps say.", _protect()),
        "calendars": listed("SSM Change Calendars that have to be open.", text("A name or an ARN.")),
        "accept_unknown": listed(
            "Checks that need not be decided, each with the reviewers' reason.", _accepted(actions)
        ),
        "targets": _targets(names),
        "steps": {
            **listed("What is deleted; in dependency order, not as written.", {"$ref": "#/$defs/step"}, least=1),
            "examples": [EXAMPLE["steps"]],
        },
    }
    required = ("version", "name", "description", "owner", "role_arn", "steps")
    one: Schema = {"required": ["account", "region"]}
    says = "A reviewed playbook of deletions: what dies stands in it, and nothing else does."
    return {
        "$schema": DIALECT,
        "title": "runner playbook, version 1",
        **with_examples(mapping(says, properties, required), EXAMPLES),
        "if": {"required": ["targets"]},
        "then": {"properties": {"account": False, "region": False}},
        "else": one,
        "examples": [dict(EXAMPLE)],
        "$defs": {"step": step_schema(actions.values())},
    }


def _account(says: str, **more: Schema) -> Schema:
    return mapping(
        says,
        {
            "id": text("Twelve digits, in quotes.", pattern=_ACCOUNT_ID),
            "alias": text("The account's alias; when it is given, it must match."),
            **more,
        },
        ("id", *more),
    )


def _roles() -> Schema:
    role = written_out("The ARN of a role.", r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
    several = {**listed("Roles that are assumed one after the other.", role, least=1), "maxItems": MOST}
    return {
        "description": "The role that acts, or a list of those that lead to it; the last one acts.",
        "anyOf": [role, several],
    }


def _limits(says: str, names: tuple[str, ...]) -> Schema:
    usual = Limits()
    counts: Schema = {
        "type": "object",
        "description": "Steps of one action, by its name.",
        "propertyNames": {"enum": list(names)},
        "additionalProperties": {"type": "integer", "minimum": 0},
    }
    return mapping(
        says,
        {
            "steps": number("Steps.", 1, default=usual.steps),
            "objects": number("What sweeps delete, over all steps.", 0, default=usual.objects),
            "bytes": text("How large that is, in binary units.", pattern=_SIZE, default="100GiB"),
            "cascade": number("What dies although no step names it.", 0, default=usual.cascade),
            "share": text(
                "The share of all resources of one kind.", pattern=r"([1-9][0-9]?|100)%", default=f"{usual.share}%"
            ),
            "drift": number(
                "By how many a count right before a step may differ from the plan's.", 0, default=usual.drift
            ),
            "actions": counts,
        },
    )


def _assume() -> Schema:
    return mapping(
        "How the roles are assumed.",
        {
            "session_name": text("The session's name, with `{user}` and `{playbook}`; the user's name by default."),
            "external_id": text("What the last role's trust policy compares (`sts:ExternalId`)."),
            "source_identity": flag("Set the user's name as SourceIdentity.", default=False),
            "tags": texts("Session tags of the last role."),
        },
    )


def _protect() -> Schema:
    return {
        **mapping(
            "A rule: either an ARN or tags; `*` and `?` stand for any text and one character.",
            {
                "arn": text("A pattern of ARNs.", examples=["arn:aws:s3:::*-tfstate"]),
                "tag": {**texts("Tags that are there together."), "minProperties": 1},
            },
        ),
        "oneOf": [{"required": ["arn"]}, {"required": ["tag"]}],
    }


def _accepted(actions: Mapping[str, ActionType]) -> Schema:
    return mapping(
        "A check, and why the plan may go on without knowing.",
        {
            "check": {"description": "The name of the check.", "enum": list(acceptable(actions.values()))},
            "reason": words("Why the plan may go on without knowing."),
        },
        ("check", "reason"),
    )


def _targets(names: tuple[str, ...]) -> Schema:
    region = text("A region.", pattern=REGION)
    regions = listed("The regions in which the steps are done.", region, least=1)
    return mapping(
        "Several accounts, instead of `account` and `region`; `{account}` and `{region}` are written out in steps.",
        {
            "accounts": listed("The accounts, each once.", _account("An account.", regions=regions), least=1),
            "on_failure": {
                "description": "What happens to the accounts after one in which a step failed.",
                "enum": [one.value for one in OnFailure],
                "default": OnFailure.STOP.value,
            },
            "limits": _limits("How much may go at most, over all accounts.", names),
        },
        ("accounts",),
    )
