"""Systems Manager: parameters. Their values are neither read nor kept: a value may be a secret."""

from __future__ import annotations

from runner.catalog.answers import listed, picked
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, T

FULL_NAME = T("{root}{parameter}")
NAMED: Args = {"ParameterFilters": ({"Key": "Name", "Option": "Equals", "Values": (FULL_NAME,)},)}
DESCRIBED = Call("ssm:DescribeParameters", NAMED, resource="*")

PARAMETER_FACTS = Call(
    "ssm:DescribeParameters", NAMED, resource="*", query="Parameters[0].{Type: Type, Version: Version}"
)

DELETE_PARAMETER = ActionType(
    name="ssm.delete_parameter",
    summary="Delete a parameter with every version of its value.",
    params=(
        Param(
            "parameter", r"(?!/|aws|ssm)[\w.-]+(?:/[\w.-]+){0,14}", "the name of a parameter without the first slash"
        ),
        Param("root", r"/?", "a slash, or nothing when the name begins without one", default="/"),
    ),
    target="arn:{partition}:ssm:{region}:{account}:parameter/{parameter}",
    # A parameter has no id and no day of creation: one that was changed since the plan is another one.
    pin=Pin(DESCRIBED, picked("Parameters[0].LastModifiedDate")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    sight=listed("Parameters", more="NextToken"),
    facts={
        "tags": Call("ssm:ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": FULL_NAME}),
        "parameter": PARAMETER_FACTS,
    },
    calls=(Call("ssm:DeleteParameter", {"Name": FULL_NAME}, effect=Effect.DELETE),),
    population=Listing("parameters", Call("ssm:DescribeParameters", resource="*"), "Parameters", "Name"),
)
