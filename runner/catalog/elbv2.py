"""Elastic Load Balancing, the generation of application, network and gateway load balancers.

Deleting one that never was succeeds, so a load balancer has to be seen before anything is sent.
"""

from __future__ import annotations

from runner.catalog.answers import flag_is_off, listed, picked
from runner.catalog.references import leading_to, reading_from
from runner.model.action import ActionType, Param, Pin, ProtectionFlag, Recovery
from runner.model.call import Args, Call, Effect, Listing, P, Within

ONE: Args = {"LoadBalancerArn": P("target")}
MANY: Args = {"LoadBalancerArns": (P("target"),)}
SWITCH = "deletion_protection.enabled"
DESCRIBED = Call("elbv2:DescribeLoadBalancers", MANY, absent=("LoadBalancerNotFound",), resource="*")


def _switch(value: str, effect: Effect) -> Call:
    attributes = ({"Key": SWITCH, "Value": value},)
    return Call("elbv2:ModifyLoadBalancerAttributes", {**ONE, "Attributes": attributes}, effect=effect)


TAGS = Call(
    "elbv2:DescribeTags",
    {"ResourceArns": (P("target"),)},
    resource="*",
    query="{Tags: TagDescriptions[0].Tags}",
)
PROTECTION = Call(
    "elbv2:DescribeLoadBalancerAttributes",
    ONE,
    resource="*",
    query=f"{{On: Attributes[?Key=='{SWITCH}'].Value | [0]}}",
)
# For whoever has to make it again.
LOAD_BALANCER_FACTS = Call(
    "elbv2:DescribeLoadBalancers",
    MANY,
    resource="*",
    query="LoadBalancers[0].{Name: DNSName, Scheme: Scheme, Vpc: VpcId, Groups: SecurityGroups, "
    "Subnets: AvailabilityZones[].SubnetId}",
)
DELETION_PROTECTION = ProtectionFlag(
    "DeletionProtection",
    flag_is_off(
        "deletion_protection_is_off",
        "protection",
        "On",
        f"deletion protection is on ({SWITCH})",
        "`unprotect: [DeletionProtection]` in the step switches it off for this load balancer alone",
        off="false",
    ),
    lift=_switch("false", Effect.UNPROTECT),
    rearm=_switch("true", Effect.REARM),
)
ITS_NAME = Within(DESCRIBED, "LoadBalancers[].{Host: DNSName}")
ALL_LOAD_BALANCERS = Listing(
    "load balancers", Call("elbv2:DescribeLoadBalancers", resource="*"), "LoadBalancers", "LoadBalancerArn"
)

LOAD_BALANCER_NAME = Param(
    "load_balancer",
    r"(?:app|net|gwy)/[A-Za-z0-9-]{1,32}/[0-9a-z]{16}",
    "the end of a load balancer's ARN: app, net or gwy, its name and its id, as app/orders/0123456789abcdef",
)

DELETE_LOAD_BALANCER = ActionType(
    name="elbv2.delete_load_balancer",
    summary="Delete a load balancer with its listeners; its DNS name does not come back, and its target groups stay.",
    params=(LOAD_BALANCER_NAME,),
    target="arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{load_balancer}",
    pin=Pin(DESCRIBED, picked("LoadBalancers[0].CreatedTime")),
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=listed("LoadBalancers"),
    facts={
        "tags": TAGS,
        "protection": PROTECTION,
        "load_balancer": LOAD_BALANCER_FACTS,
        "listeners": Call("elbv2:DescribeListeners", ONE, resource="*", query="{Listeners: Listeners}"),
    },
    flags=(DELETION_PROTECTION,),
    blockers=(leading_to(ITS_NAME), reading_from(ITS_NAME)),
    population=ALL_LOAD_BALANCERS,
    calls=(Call("elbv2:DeleteLoadBalancer", ONE, effect=Effect.DELETE),),
    gone_within=600,
    undo="elasticloadbalancing:CreateLoadBalancer and CreateListener with what the plan holds; the name is new.",
)
