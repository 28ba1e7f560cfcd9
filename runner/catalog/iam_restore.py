"""IAM: a role that was deleted, made again from what the plan of its deletion had read of it.

It is made with a trust policy that lets nobody in; its own comes last, when everything else is back: nobody works with
half a role. It is another role all the same: IAM gives it an id of its own, and what names the old one by that,
``AROA…``, does not mean it.

Source: IAM user guide, "IAM identifiers" (unique ids), and "Deleting roles or instance profiles"; IAM API, CreateRole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from runner.catalog.answers import at
from runner.catalog.iam import GONE, PATH, PROFILES, ROLE, ROLE_NAME, at_path
from runner.model.action import ActionType, GoneWhen, Param, Pin, Recovery
from runner.model.call import Call, Effect, P, Repeat
from runner.model.canonical import Json
from runner.model.sighting import InPlace, SetAside, Sighting, Unclear

_SID = "RunnerLetsNobodyIn"
_CLOSED = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"' + _SID + '","Effect":"Deny","Principal":{"AWS":"*"},'
    '"Action":"sts:AssumeRole"}]}'
)
_NOBODY = "no role has this name"

DEFINITION = Param(
    "definition",
    r"\{[\s\S]{1,60000}\}",
    "the role as JSON: `trust`, `description`, `max_session`, `boundary`, `tags`, `inline`, `attached`, `profiles`",
)
# The entity's ARN has the path that the playbook says; IAM judges the read of an absent role by its name alone.
SEEN = Call("iam:GetRole", ROLE, nothing=GONE, also=("arn:{partition}:iam::{account}:role/{role}",))
TAGS = Call("iam:GetRole", ROLE, absent=GONE, query="{Tags: Role.Tags || `[]`}", also=SEEN.also)


def as_defined(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the role is back: it has the path and the trust policy of its definition, which come last."""
    try:
        trust = at(json.loads(params["definition"]), "trust")
    except ValueError:
        return Unclear("its definition is no JSON")
    if not isinstance(trust, Mapping):
        return Unclear("its definition has no trust policy")
    if not data:
        return SetAside(_NOBODY)
    path = at_path("Role")(data, params)
    if not isinstance(path, InPlace):
        return path
    found = at(data, "Role.AssumeRolePolicyDocument")
    if _same(found) == _same(trust):
        return InPlace()
    if at(data, "Role.AssumeRolePolicyDocument.Statement[0].Sid") == _SID:
        return Unclear("it was made again in part and lets nobody in: delete it with iam.delete_role, and undo again")
    return Unclear("a role of this name is there, and it trusts others: somebody has made it since")


def _same(value: Json) -> Json:
    """Return a policy in a form in which the order of lists, which IAM changes, makes no difference."""
    if isinstance(value, Mapping):
        return {name: _same(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted((json.dumps(_same(item), sort_keys=True) for item in value), key=str)
    return value


def _id_or_none(data: Mapping[str, Json], params: Mapping[str, str]) -> str:
    """Return the trait that changes when somebody else makes a role of this name meanwhile."""
    del params
    return str(at(data, "Role.RoleId") or _NOBODY)


CREATE_ROLE = ActionType(
    name="iam.create_role",
    summary="Make a role that was deleted again: its trust, policies, tags, boundary and instance profiles.",
    params=(ROLE_NAME, PATH, DEFINITION),
    target="arn:{partition}:iam::{account}:role{path}{role}",
    pin=Pin(SEEN, _id_or_none),
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=as_defined,
    gone_when=GoneWhen.RESTORED,
    facts={"tags": TAGS},
    calls=(
        Repeat(
            "definition",
            "[{Description: description, MaxSessionDuration: max_session, PermissionsBoundary: boundary, Tags: tags}]",
            Call(
                "iam:CreateRole",
                {**ROLE, "Path": P("path"), "AssumeRolePolicyDocument": _CLOSED},
                effect=Effect.RESTORE,
            ),
        ),
        Repeat(
            "definition",
            "inline[].{PolicyName: name, PolicyDocument: to_string(document)}",
            Call("iam:PutRolePolicy", ROLE, effect=Effect.RESTORE),
        ),
        Repeat("definition", "attached[].{PolicyArn: @}", Call("iam:AttachRolePolicy", ROLE, effect=Effect.RESTORE)),
        Repeat(
            "definition",
            "profiles[].{InstanceProfileName: @}",
            Call(
                "iam:AddRoleToInstanceProfile",
                ROLE,
                effect=Effect.RESTORE,
                resource=PROFILES,
                also=("{target}",),
            ),
        ),
        Repeat(
            "definition",
            "[{PolicyDocument: to_string(trust)}]",
            Call("iam:UpdateAssumeRolePolicy", ROLE, effect=Effect.RESTORE),
        ),
    ),
    undo="Delete it again with iam.delete_role.",
)
