"""CloudFormation: stacks, by their id, so that a stack that was made again under the name is never meant.

CloudFormation deletes a stack's resources with the stack's service role; without one it would use this session, which
may delete the stack and nothing else. No token goes with the deletion: to ask twice changes nothing.
"""

from __future__ import annotations

from runner.catalog.answers import at, by_state, flag_is_off, none_listed, picked, unread
from runner.catalog.iam import NAME
from runner.catalog.stack_contents import its_buckets_are_empty, no_stack_is_nested_deeper, what_stays
from runner.model.action import (
    Absent,
    ActionType,
    Answer,
    Blocked,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    ProtectionFlag,
    Recovery,
    Unknown,
)
from runner.model.call import Args, Call, Each, Effect, Listing, P, Survey, Within

STACK: Args = {"StackName": P("target")}
RESOURCES = Call("cloudformation:ListStackResources", STACK)
LEFT = "StackResourceSummaries[?ResourceStatus!='DELETE_COMPLETE']"
# CloudFormation has no error code of its own for a stack that does not exist, but a deleted one is described by its id.
DESCRIBED = Call("cloudformation:DescribeStacks", STACK)
NESTED = LEFT.replace("]", " && ResourceType=='AWS::CloudFormation::Stack' && PhysicalResourceId]")
# The stack itself and those that are nested in it; their names begin with its own.
STACKS = f"[[{{Stack: '{{target}}'}}], {NESTED}.{{Stack: PhysicalResourceId}}][]"
WITHIN = (Within(RESOURCES, STACKS),)
NESTED_ARN = ("arn:{partition}:cloudformation:{region}:{account}:stack/*",)
ONE: Args = {"StackName": Each("Stack")}
IN_EACH = Call("cloudformation:ListStackResources", ONE, also=NESTED_ARN)
NAME_OF = "join(' ', [ResourceType, PhysicalResourceId || ''])"


def the_service_role_is_there(facts: Facts) -> Answer:
    """Refuse a stack without the service role that the reviewers named: nothing in it could be deleted."""
    match facts["stack"], facts["role"]:
        case Present(stack), Present(role):
            given = at(stack, "Role")
            if given == at(role, "Arn"):
                return Ok()
            hint = "name that role in `service_role`" if given else "give it one: update the stack with --role-arn"
            return Blocked(f"its service role is {given}" if given else "the stack has no service role", hint)
        case Present(), Absent():
            return Blocked("its service role is gone", hint="make it again: CloudFormation deletes with it")
        case Present(), other:
            return unread("the service role is there", other)
        case other, _:
            return unread("the stack has a service role", other)


def its_functions_are_there(facts: Facts) -> Answer:
    """Refuse a stack whose Lambda functions are gone: custom resources wait an hour for an answer from them."""
    match facts["functions"]:
        case Present(data):
            gone = at(data, "Items[?answer==null].item.Name")
            if not isinstance(gone, list | tuple):
                return Unknown("the answer does not say which functions are there")
            names = ", ".join(str(name) for name in gone)
            hint = "make them again, or let the stack retain its custom resources"
            return Blocked(f"functions of the stack are gone: {names}", hint) if gone else Ok()
        case other:
            return unread("its functions are there", other)


def _protection(*, on: bool, effect: Effect) -> Call:
    return Call(
        "cloudformation:UpdateTerminationProtection", {**STACK, "EnableTerminationProtection": on}, effect=effect
    )


STACK_FACTS = Call(
    "cloudformation:DescribeStacks",
    STACK,
    query="Stacks[0].{Status: StackStatus, Parent: ParentId, Role: RoleARN, "
    "Protected: EnableTerminationProtection, Updated: LastUpdatedTime}",
)
ROLE = Call(
    "iam:GetRole",
    {"RoleName": P("service_role")},
    absent=("NoSuchEntity",),
    resource="arn:{partition}:iam::{account}:role/{service_role}",
    query="{Arn: Role.Arn}",
)
FUNCTIONS = Survey(
    IN_EACH,
    LEFT.replace("]", " && ResourceType=='AWS::Lambda::Function'].{Name: PhysicalResourceId}"),
    Call(
        "lambda:GetFunctionConfiguration",
        {"FunctionName": Each("Name")},
        absent=("ResourceNotFoundException",),
        resource="arn:{partition}:lambda:{region}:{account}:function:*",
        query="{Name: FunctionName}",
    ),
    within=WITHIN,
)
BUCKETS = Survey(
    IN_EACH,
    LEFT.replace("]", " && ResourceType=='AWS::S3::Bucket' && PhysicalResourceId].")
    + "{Name: PhysicalResourceId, Logical: LogicalResourceId}",
    Call(
        "s3:ListObjectVersions",
        {"Bucket": Each("Name"), "MaxKeys": 1, "ExpectedBucketOwner": P("account")},
        absent=("NoSuchBucket",),
        resource="arn:{partition}:s3:::*",
        query="{Empty: !(Versions || DeleteMarkers), More: IsTruncated}",
    ),
    within=WITHIN,
)
TEMPLATES = Survey(
    RESOURCES, STACKS, Call("cloudformation:GetTemplate", ONE, also=NESTED_ARN, query="{Body: TemplateBody}")
)
EVERY_RESOURCE = Survey(
    RESOURCES,
    STACKS,
    IN_EACH,
    f"{LEFT}.{{Name: {NAME_OF}, Id: PhysicalResourceId, Logical: LogicalResourceId, "
    "Nested: ResourceType=='AWS::CloudFormation::Stack'}",
)
IMPORTS = Survey(
    Call("cloudformation:ListExports", resource="*"),
    "Exports[?ExportingStackId=='{target}']",
    # Source: CloudFormation answers ValidationError for an export that no stack imports.
    Call("cloudformation:ListImports", {"ExportName": Each("Name")}, absent=("ValidationError",), resource="*"),
)
no_stack_imports_from_it = none_listed(
    "no_stack_imports_from_it",
    "imports",
    "Items[].answer.Imports[]",
    "other stacks import what it exports",
    hint="delete or change those stacks first",
)
ENABLE_TERMINATION_PROTECTION = ProtectionFlag(
    "EnableTerminationProtection",
    flag_is_off("termination_protection_is_off", "stack", "Protected", "termination protection is on"),
    _protection(on=False, effect=Effect.UNPROTECT),
    _protection(on=True, effect=Effect.REARM),
)

STACK_SIGHT = by_state(
    "Stacks[0].StackStatus",
    gone=("DELETE_COMPLETE",),
    leaving=("DELETE_IN_PROGRESS",),
    stuck=("DELETE_FAILED",),
    why="Stacks[0].StackStatusReason",
)

DELETE_STACK = ActionType(
    name="cloudformation.delete_stack",
    summary="Delete a stack with every resource in it that its template does not retain.",
    params=(
        Param("stack", r"[A-Za-z][A-Za-z0-9-]{0,127}", "the name of a stack"),
        Param("id", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "the last part of the stack's id"),
        Param("service_role", NAME, "the name of the stack's service role, which deletes its resources"),
    ),
    target="arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/{id}",
    pin=Pin(DESCRIBED, picked("Stacks[0].CreationTime")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    sight=STACK_SIGHT,
    facts={
        "stack": STACK_FACTS,
        "role": ROLE,
        "functions": FUNCTIONS,
        "imports": IMPORTS,
        "buckets": BUCKETS,
        "templates": TEMPLATES,
        "resources": EVERY_RESOURCE,
        "tags": Call("cloudformation:DescribeStacks", STACK, query="{Tags: Stacks[0].Tags || `[]`}"),
    },
    changing=("buckets", "templates", "resources"),
    checks=(
        the_service_role_is_there,
        its_functions_are_there,
        its_buckets_are_empty,
        no_stack_is_nested_deeper,
        no_stack_imports_from_it,
        flag_is_off("it_is_no_nested_stack", "stack", "Parent", "it is part of another stack", off=None),
    ),
    flags=(ENABLE_TERMINATION_PROTECTION,),
    cascade=(Listing("resources", IN_EACH, f"{LEFT}.{{Name: {NAME_OF}}}", "Name", WITHIN),),
    stays=what_stays,
    calls=(Call("cloudformation:DeleteStack", {**STACK, "DeletionMode": "STANDARD"}, effect=Effect.DELETE),),
    gone_within=3600,
    population=Listing("stacks", Call("cloudformation:DescribeStacks", resource="*"), "Stacks", "StackId"),
)
