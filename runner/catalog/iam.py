"""IAM: roles, instance profiles and managed policies; users and identity providers have files of their own.

IAM knows a role, a user and a policy by path and name, so a playbook gives the path wherever there is one.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, last_use, picked, unread
from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Blocker,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    Recovery,
    Usage,
)
from runner.model.call import Args, Call, Each, Effect, Listing, P, Survey, Sweep
from runner.model.canonical import Json
from runner.model.sighting import InPlace, Sight, Sighting, Unclear
from runner.model.way_back import WayOut

# Source: IAM API, the patterns of roleNameType, pathType and instanceProfileNameType.
NAME = r"[\w+=,.@-]{1,64}"
PATH = Param("path", r"/(?:[\w+=,.@-]+/)*", "the path, which begins and ends with a slash", default="/")
ROLE_NAME = Param("role", NAME, "the name of a role, without its path")
PROFILE_NAME = Param("profile", r"[\w+=,.@-]{1,128}", "the name of an instance profile, without its path")
POLICY_NAME = Param("policy", r"[\w+=,.@-]{1,128}", "the name of a policy of this account, without its path")

GONE = ("NoSuchEntity",)
ROLE: Args = {"RoleName": P("role")}
PROFILE: Args = {"InstanceProfileName": P("profile")}
POLICY: Args = {"PolicyArn": P("target")}
PROFILES = "arn:{partition}:iam::{account}:instance-profile/*"


def at_path(entity: str) -> Sight:
    """Return a sight of an entity that has to have the path which the playbook says: its ARN is made of that."""

    def sight(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
        path = at(data, f"{entity}.Path")
        return InPlace() if path == params["path"] else Unclear(f"its path is {path}, not {params['path']}")

    return sight


def the_role_is_the_accounts_own(facts: Facts) -> Answer:
    """Refuse roles that AWS services or AWS Organizations made for themselves."""
    match facts["role"]:
        case Present(data):
            path = str(at(data, "Path"))
            if path.startswith(("/aws-service-role/", "/aws-reserved/")):
                return Blocked(f"a role below {path} belongs to an AWS service", hint="delete it through that service")
            if at(data, "RoleName") == "OrganizationAccountAccessRole":
                return Blocked("the organisation's administrators enter this account by it", hint="leave it alone")
            return Ok()
        case other:
            return unread("the role is the account's own", other)


# When an entity is gone, IAM judges the read by the name alone: nobody knows its path any more.
GET_ROLE = Call("iam:GetRole", ROLE, absent=GONE, also=("arn:{partition}:iam::{account}:role/{role}",))
GET_PROFILE = Call(
    "iam:GetInstanceProfile", PROFILE, absent=GONE, also=("arn:{partition}:iam::{account}:instance-profile/{profile}",)
)
GET_POLICY = Call("iam:GetPolicy", POLICY, absent=GONE)

ROLE_FACTS = Call(
    "iam:GetRole",
    ROLE,
    query="Role.{RoleName: RoleName, Path: Path, Description: Description, MaxSessionDuration: "
    "MaxSessionDuration, AssumeRolePolicyDocument: AssumeRolePolicyDocument, Boundary: PermissionsBoundary}",
)
INLINE = Survey(
    Call("iam:ListRolePolicies", ROLE),
    "PolicyNames[].{Name: @}",
    Call("iam:GetRolePolicy", {**ROLE, "PolicyName": Each("Name")}, query="{Document: PolicyDocument}"),
)
INSTANCE_PROFILES_THAT_HOLD_IT = Sweep(
    "instance profiles that hold it",
    list=Call("iam:ListInstanceProfilesForRole", ROLE),
    items=("InstanceProfiles",),
    each=Call(
        "iam:RemoveRoleFromInstanceProfile",
        {**ROLE, "InstanceProfileName": Each("InstanceProfileName")},
        effect=Effect.PREPARE,
        resource=PROFILES,
    ),
)
INLINE_POLICIES = Sweep(
    "inline policies",
    list=Call("iam:ListRolePolicies", ROLE),
    items=("PolicyNames[].{PolicyName: @}",),
    each=Call("iam:DeleteRolePolicy", {**ROLE, "PolicyName": Each("PolicyName")}, effect=Effect.PREPARE),
)
ATTACHED_POLICIES = Sweep(
    "attached policies",
    list=Call("iam:ListAttachedRolePolicies", ROLE),
    items=("AttachedPolicies",),
    each=Call("iam:DetachRolePolicy", {**ROLE, "PolicyArn": Each("PolicyArn")}, effect=Effect.PREPARE),
)

# Everything that the plan had read goes into the definition of the role that `iam.create_role` makes.
MADE_AGAIN = WayOut(
    "read.role.present.AssumeRolePolicyDocument",
    "iam.create_role",
    {
        "role": "target.role",
        "path": "target.path",
        "definition": "to_string({trust: read.role.present.AssumeRolePolicyDocument,"
        " description: read.role.present.Description, max_session: read.role.present.MaxSessionDuration,"
        " boundary: read.role.present.Boundary.PermissionsBoundaryArn, tags: read.tags.present.Tags,"
        " inline: read.inline.present.Items[].{name: item.Name, document: answer.Document},"
        " attached: read.attached.present.Arns, profiles: read.profiles.present.Names})",
    },
    # Source: IAM user guide, "IAM identifiers", unique identifiers.
    lost="its unique id (AROA…): policies and trust policies that named the old role show that id and match nothing "
    "until the role's ARN is written there again",
)

DELETE_ROLE = ActionType(
    name="iam.delete_role",
    summary="Delete a role with its inline policies; managed policies are detached and stay.",
    params=(ROLE_NAME, PATH),
    target="arn:{partition}:iam::{account}:role{path}{role}",
    pin=Pin(GET_ROLE, picked("Role.RoleId")),
    recovery=Recovery.REVERT,
    probe=GET_ROLE,
    sight=at_path("Role"),
    facts={
        "role": ROLE_FACTS,
        "tags": Call("iam:GetRole", ROLE, query="{Tags: Role.Tags || `[]`}"),
        "used": Call("iam:GetRole", ROLE, query="{Last: Role.RoleLastUsed.LastUsedDate}"),
        "inline": INLINE,
        "attached": Call("iam:ListAttachedRolePolicies", ROLE, query="{Arns: AttachedPolicies[].PolicyArn}"),
        "profiles": Call(
            "iam:ListInstanceProfilesForRole", ROLE, query="{Names: InstanceProfiles[].InstanceProfileName}"
        ),
    },
    checks=(the_role_is_the_accounts_own,),
    usage=(Usage("the role was last used", "used", last_use("Last")),),
    calls=(
        INSTANCE_PROFILES_THAT_HOLD_IT,
        INLINE_POLICIES,
        ATTACHED_POLICIES,
        Call("iam:DeleteRole", ROLE, effect=Effect.DELETE),
    ),
    # A role of the same name has another id: policies that named the old one show it as AROA… and match nothing.
    undo="make it again with iam:CreateRole and iam:PutRolePolicy from the plan; resource policies that named it and "
    "principals that trusted it have to be set again, because its id is another one",
    ways_out=(MADE_AGAIN,),
    population=Listing("roles", Call("iam:ListRoles", resource="*"), "Roles", "Arn"),
)

INSTANCES_THAT_RUN_WITH_IT = Blocker(
    Listing(
        "instances that run with it",
        Call(
            "ec2:DescribeInstances",
            {"Filters": ({"Name": "iam-instance-profile.arn", "Values": (P("target"),)},)},
            resource="*",
        ),
        "Reservations[].Instances[?State.Name!='terminated'][]",
        "InstanceId",
    ),
    arn="arn:{partition}:ec2:{region}:{account}:instance/{item}",
)
ROLES_THAT_IT_HOLDS = Blocker(
    Listing(
        "roles that it holds",
        Call("iam:ListInstanceProfiles", resource="*"),
        "InstanceProfiles[?Arn=='{target}'].Roles[]",
        "Arn",
    )
)

DELETE_INSTANCE_PROFILE = ActionType(
    name="iam.delete_instance_profile",
    summary="Delete an instance profile that holds no role.",
    params=(PROFILE_NAME, PATH),
    target="arn:{partition}:iam::{account}:instance-profile{path}{profile}",
    pin=Pin(GET_PROFILE, picked("InstanceProfile.InstanceProfileId")),
    recovery=Recovery.REVERT,
    probe=GET_PROFILE,
    sight=at_path("InstanceProfile"),
    facts={
        "roles": Call("iam:GetInstanceProfile", PROFILE, query="{Names: InstanceProfile.Roles[].RoleName}"),
        "tags": Call("iam:GetInstanceProfile", PROFILE, query="{Tags: InstanceProfile.Tags || `[]`}"),
    },
    changing=("roles",),
    blockers=(INSTANCES_THAT_RUN_WITH_IT, ROLES_THAT_IT_HOLDS),
    calls=(Call("iam:DeleteInstanceProfile", PROFILE, effect=Effect.DELETE),),
    undo="make it again with iam:CreateInstanceProfile and iam:AddRoleToInstanceProfile",
)

DOCUMENT = Survey(
    Call("iam:ListPolicyVersions", POLICY),
    "Versions[?IsDefaultVersion]",
    Call(
        "iam:GetPolicyVersion",
        {**POLICY, "VersionId": Each("VersionId")},
        query="{Document: PolicyVersion.Document}",
    ),
)
OLDER_VERSIONS = Sweep(
    "older versions",
    list=Call("iam:ListPolicyVersions", POLICY),
    items=("Versions[?!IsDefaultVersion]",),
    each=Call("iam:DeletePolicyVersion", {**POLICY, "VersionId": Each("VersionId")}, effect=Effect.PREPARE),
)

IN_THE_WAY_OF_THE_POLICY = tuple(
    Blocker(
        Listing(f"{kind}s that use it", Call("iam:ListEntitiesForPolicy", POLICY), f"Policy{kind.title()}s", field),
        arn=f"arn:{{partition}}:iam::{{account}}:{kind}*/{{item}}",
    )
    for kind, field in (("role", "RoleName"), ("user", "UserName"), ("group", "GroupName"))
)

DELETE_POLICY = ActionType(
    name="iam.delete_policy",
    summary="Delete a managed policy of this account with all its versions; nothing may use it.",
    params=(POLICY_NAME, PATH),
    target="arn:{partition}:iam::{account}:policy{path}{policy}",
    pin=Pin(GET_POLICY, picked("Policy.PolicyId")),
    recovery=Recovery.REVERT,
    probe=GET_POLICY,
    facts={
        "description": Call(
            "iam:GetPolicy", POLICY, query="Policy.{Description: Description, Default: DefaultVersionId}"
        ),
        "document": DOCUMENT,
        "tags": Call("iam:GetPolicy", POLICY, query="{Tags: Policy.Tags || `[]`}"),
    },
    blockers=IN_THE_WAY_OF_THE_POLICY,
    calls=(OLDER_VERSIONS, Call("iam:DeletePolicy", POLICY, effect=Effect.DELETE)),
    undo="make it again with iam:CreatePolicy from the plan",
    population=Listing("policies", Call("iam:ListPolicies", {"Scope": "Local"}, resource="*"), "Policies", "Arn"),
)
