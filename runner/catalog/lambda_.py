"""Lambda: functions and versions of layers. Variables of a function are never read into a plan: they hold secrets."""

from __future__ import annotations

from runner.catalog.answers import none_listed, picked
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, N, P

ARN = "arn:{partition}:lambda:{region}:{account}:"
MISSING = ("ResourceNotFoundException",)

FUNCTION: Args = {"FunctionName": P("function")}
DESCRIBED = Call("lambda:GetFunctionConfiguration", FUNCTION, absent=MISSING)

DELETE_FUNCTION = ActionType(
    name="lambda.delete_function",
    summary="Delete a function with all of its versions; its network interfaces may stay for 45 minutes.",
    params=(
        Param("function", r"[A-Za-z0-9_-]{1,64}", "the name of a function: letters, digits, hyphens, underscores"),
    ),
    target=ARN + "function:{function}",
    # Lambda tells no date of birth; this id is a new one at each change, so whatever changed it since voids the plan.
    pin=Pin(DESCRIBED, picked("RevisionId")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    facts={
        "tags": Call("lambda:ListTags", {"Resource": P("target")}),
        "policy": Call("lambda:GetPolicy", FUNCTION, absent=MISSING, query="{Policy: Policy}"),
        "url": Call("lambda:GetFunctionUrlConfig", FUNCTION, nothing=MISSING, query="{Urls: [FunctionUrl][?@]}"),
        "configuration": Call(
            "lambda:GetFunctionConfiguration",
            FUNCTION,
            query="{Runtime: Runtime, Handler: Handler, Role: Role, Code: CodeSha256, Layers: Layers[].Arn, "
            "Subnets: VpcConfig.SubnetIds, Groups: VpcConfig.SecurityGroupIds, Memory: MemorySize, Timeout: Timeout}",
        ),
    },
    checks=(
        none_listed(
            "it_has_no_url",
            "url",
            "Urls || `[]`",
            "it answers at a URL",
            "find out who calls it, and delete the URL first",
        ),
    ),
    cascade=(Listing("aliases", Call("lambda:ListAliases", FUNCTION), "Aliases", "AliasArn"),),
    blockers=(
        Blocker(
            Listing(
                "event source mappings",
                Call("lambda:ListEventSourceMappings", FUNCTION, resource="*"),
                "EventSourceMappings",
                "UUID",
            ),
            ARN + "event-source-mapping:{item}",
        ),
    ),
    population=Listing("functions", Call("lambda:ListFunctions", resource="*"), "Functions", "FunctionArn"),
    calls=(Call("lambda:DeleteFunction", FUNCTION, effect=Effect.DELETE),),
    resource_policy="policy",
)

LAYER: Args = {"LayerName": P("layer"), "VersionNumber": N("version")}
LAYER_VERSION = Call("lambda:GetLayerVersion", LAYER, absent=MISSING)

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
        # Layers cannot have tags (Lambda developer guide, "Using tags on Lambda functions").
        "tags": Call("lambda:GetLayerVersion", LAYER, query="{Tags: `[]`}"),
        "policy": Call("lambda:GetLayerVersionPolicy", LAYER, absent=MISSING, query="{Policy: Policy}"),
        "shares": Call("lambda:GetLayerVersionPolicy", LAYER, nothing=MISSING, query="{Policies: [Policy][?@]}"),
    },
    checks=(
        none_listed(
            "no_other_account_may_use_it",
            "shares",
            "Policies || `[]`",
            "others may use it",
            "ask them, and take their permission away first",
        ),
    ),
    blockers=(
        Blocker(
            Listing(
                "functions that use it",
                Call("lambda:ListFunctions", resource="*"),
                "Functions[?contains(Layers[].Arn || `[]`, '{target}')]",
                "FunctionArn",
            ),
        ),
    ),
    calls=(Call("lambda:DeleteLayerVersion", LAYER, effect=Effect.DELETE),),
    resource_policy="policy",
)
