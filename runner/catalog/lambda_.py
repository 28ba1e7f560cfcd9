"""Lambda: functions and versions of layers. Variables of a function are never read into a plan: they hold secrets."""

from __future__ import annotations

from runner.catalog.answers import none_listed, picked
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, N, P

ARN = "arn:{partition}:lambda:{region}:{account}:"
MISSING = ("ResourceNotFoundException",)

FUNCTION: Args = {"FunctionName": P("function")}
DESCRIBED = Call("lambda:GetFunctionConfiguration", FUNCTION, absent=MISSING)

CONFIGURATION = Call(
    "lambda:GetFunctionConfiguration",
    FUNCTION,
    query="{Runtime: Runtime, Handler: Handler, Role: Role, Code: CodeSha256, Layers: Layers[].Arn, "
    "Subnets: VpcConfig.SubnetIds, Groups: VpcConfig.SecurityGroupIds, Memory: MemorySize, Timeout: Timeout}",
)
it_has_no_url = none_listed(
    "it_has_no_url",
    "url",
    "Urls || `[]`",
    "it answers at a URL",
    "find out who calls it, and delete the URL first",
)
EVENT_SOURCE_MAPPINGS = Blocker(
    Listing(
        "event source mappings",
        Call("lambda:ListEventSourceMappings", FUNCTION, resource="*"),
        "EventSourceMappings",
        "UUID",
    ),
    ARN + "event-source-mapping:{item}",
)

FUNCTION_NAME = Param(
    "function", r"[A-Za-z0-9_-]{1,64}", "the name of a function: letters, digits, hyphens, underscores"
)

DELETE_FUNCTION = ActionType(
    name="lambda.delete_function",
    summary="Delete a function with all of its versions; its network interfaces may stay for 45 minutes.",
    params=(FUNCTION_NAME,),
    target=ARN + "function:{function}",
    # Lambda tells no date of birth; this id is a new one at each change, so whatever changed it since voids the plan.
    pin=Pin(DESCRIBED, picked("RevisionId")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    facts={
        "tags": Call("lambda:ListTags", {"Resource": P("target")}),
        "policy": Call("lambda:GetPolicy", FUNCTION, absent=MISSING, query="{Policy: Policy}"),
        "url": Call("lambda:GetFunctionUrlConfig", FUNCTION, nothing=MISSING, query="{Urls: [FunctionUrl][?@]}"),
        "configuration": CONFIGURATION,
    },
    checks=(it_has_no_url,),
    cascade=(Listing("aliases", Call("lambda:ListAliases", FUNCTION), "Aliases", "AliasArn"),),
    blockers=(EVENT_SOURCE_MAPPINGS,),
    population=Listing("functions", Call("lambda:ListFunctions", resource="*"), "Functions", "FunctionArn"),
    calls=(Call("lambda:DeleteFunction", FUNCTION, effect=Effect.DELETE),),
)

LAYER: Args = {"LayerName": P("layer"), "VersionNumber": N("version")}
LAYER_VERSION = Call("lambda:GetLayerVersion", LAYER, absent=MISSING)

# Layers cannot have tags (Lambda developer guide, "Using tags on Lambda functions").
TAGS = Call("lambda:GetLayerVersion", LAYER, query="{Tags: `[]`}")
no_other_account_may_use_it = none_listed(
    "no_other_account_may_use_it",
    "shares",
    "Policies || `[]`",
    "others may use it",
    "ask them, and take their permission away first",
)
FUNCTIONS_THAT_USE_IT = Blocker(
    Listing(
        "functions that use it",
        Call("lambda:ListFunctions", resource="*"),
        "Functions[?contains(Layers[].Arn || `[]`, '{target}')]",
        "FunctionArn",
    ),
)

DELETE_LAYER_VERSION = ActionType(
    name="lambda.delete_layer_version",
    summary="Delete one version of a layer; no function can be made with it any more.",
    params=(
        Param("layer", r"[A-Za-z0-9_-]{1,140}", "the name of a layer: letters, digits, hyphens, underscores"),
        Param("version", r"[1-9]\d{0,9}", "the number of a version"),
    ),
    target=ARN + "layer:{layer}:{version}",
    pin=Pin(LAYER_VERSION, picked("CreatedDate")),
    recovery=Recovery.NONE,
    probe=LAYER_VERSION,
    facts={
        "tags": TAGS,
        "policy": Call("lambda:GetLayerVersionPolicy", LAYER, absent=MISSING, query="{Policy: Policy}"),
        "shares": Call("lambda:GetLayerVersionPolicy", LAYER, nothing=MISSING, query="{Policies: [Policy][?@]}"),
    },
    checks=(no_other_account_may_use_it,),
    blockers=(FUNCTIONS_THAT_USE_IT,),
    calls=(Call("lambda:DeleteLayerVersion", LAYER, effect=Effect.DELETE),),
)
