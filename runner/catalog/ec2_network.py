"""EC2's network: groups, interfaces, addresses, gateways, subnets and VPCs, each without anything that still uses it.

What is in the way is listed and named; nothing is detached, disassociated or terminated to make room. Interfaces that a
service has made go when their owner goes, some of them minutes later (Lambda: up to 45), so their owner is named
instead, and the deletion waits for them.
"""

from __future__ import annotations

from runner.catalog.answers import by_state, listed, none_listed, picked
from runner.catalog.ec2 import ARN, ec2_id, filtered, no_service_manages_it, tags_of
from runner.catalog.references import leading_to
from runner.model.action import ActionType, Blocker, Pin, Recovery
from runner.model.call import Args, Argument, Call, Effect, Listing, P, Within

LINGERING = 2700
"""Seconds that Lambda may take to give its interfaces back. Source: Lambda developer guide, "Lambda with VPC"."""

OWNED = (
    "(InterfaceType=='lambda' || InterfaceType=='nat_gateway' || InterfaceType=='network_load_balancer' || "
    "InterfaceType=='gateway_load_balancer' || starts_with(Description || '', 'ELB ') || "
    "contains(Description || '', ':attachment/') || Attachment.InstanceId)"
)
"""Interfaces that go with a function, a gateway, a load balancer, an ECS task or an instance."""


def interfaces(condition: str, **where: Argument) -> Blocker:
    """Return the interfaces in the way that meet a condition and that nothing else takes along."""
    call = Call("ec2:DescribeNetworkInterfaces", filtered(**where), resource="*")
    items = f"NetworkInterfaces[?{condition} && !{OWNED}]"
    return Blocker(Listing("network interfaces", call, items, "NetworkInterfaceId"), ARN + "network-interface/{item}")


def functions(field: str, name: str) -> Blocker:
    """Return the functions whose network configuration names the target."""
    named = f"Functions[?contains(VpcConfig.{field} || `[]`, '{{{name}}}')]"
    return Blocker(Listing("functions", Call("lambda:ListFunctions", resource="*"), named, "FunctionArn"))


def load_balancers(condition: str) -> Blocker:
    """Return the load balancers in the way that meet a condition."""
    call = Call("elbv2:DescribeLoadBalancers", resource="*")
    return Blocker(Listing("load balancers", call, f"LoadBalancers[?{condition}]", "LoadBalancerArn"))


GROUPS = Call(
    "ec2:DescribeSecurityGroups", {"GroupIds": (P("security_group"),)}, absent=("InvalidGroup.NotFound",), resource="*"
)
NAMES_IT = "[].UserIdGroupPairs[].GroupId, '{security_group}')"

it_is_not_the_default_group = none_listed(
    "it_is_not_the_default_group",
    "group",
    "SecurityGroups[?GroupName=='default'].GroupName",
    "it is the default group of its VPC",
    "it goes with its VPC",
)
GROUPS_WHOSE_RULES_NAME_IT = Blocker(
    Listing(
        "groups whose rules name it",
        Call("ec2:DescribeSecurityGroups", resource="*"),
        "SecurityGroups[?GroupId!='{security_group}' && "
        f"(contains(IpPermissions{NAMES_IT} || contains(IpPermissionsEgress{NAMES_IT})]",
        "GroupId",
    ),
    ARN + "security-group/{item}",
)

IN_THE_WAY_OF_THE_SECURITY_GROUP = (
    interfaces("contains(Groups[].GroupId || `[]`, '{security_group}')", group_id=P("security_group")),
    functions("SecurityGroupIds", "security_group"),
    load_balancers("contains(SecurityGroups || `[]`, '{security_group}')"),
    GROUPS_WHOSE_RULES_NAME_IT,
)

DELETE_SECURITY_GROUP = ActionType(
    name="ec2.delete_security_group",
    summary="Delete a security group that nothing uses.",
    params=(ec2_id("security_group", "sg", "a security group"),),
    target=ARN + "security-group/{security_group}",
    pin=Pin(GROUPS, picked("SecurityGroups[0].GroupId")),
    recovery=Recovery.REVERT,
    probe=GROUPS,
    sight=listed("SecurityGroups"),
    # The whole group is a fact, for whoever has to make it again.
    facts={"tags": tags_of("security_group"), "group": GROUPS},
    checks=(it_is_not_the_default_group,),
    blockers=IN_THE_WAY_OF_THE_SECURITY_GROUP,
    calls=(Call("ec2:DeleteSecurityGroup", {"GroupId": P("security_group")}, effect=Effect.DELETE),),
    transient=("DependencyViolation",),
    settles_within=LINGERING,
    undo="ec2:CreateSecurityGroup with the rules that the plan holds; it has a new id.",
)

INTERFACE: Args = {"NetworkInterfaceIds": (P("network_interface"),)}
INTERFACES = Call(
    "ec2:DescribeNetworkInterfaces", INTERFACE, absent=("InvalidNetworkInterfaceID.NotFound",), resource="*"
)

NETWORK_INTERFACE_FACTS = Call(
    "ec2:DescribeNetworkInterfaces",
    INTERFACE,
    resource="*",
    query="NetworkInterfaces[0].{Managed: RequesterManaged || Operator.Managed || `false`, Subnet: SubnetId, "
    "Groups: Groups[].GroupId, Address: PrivateIpAddress}",
)
INSTANCES_IT_IS_ATTACHED_TO = Blocker(
    Listing("instances it is attached to", INTERFACES, "NetworkInterfaces[?Attachment].Attachment", "InstanceId"),
    ARN + "instance/{item}",
)

DELETE_NETWORK_INTERFACE = ActionType(
    name="ec2.delete_network_interface",
    summary="Delete a network interface that is attached to nothing.",
    params=(ec2_id("network_interface", "eni", "a network interface"),),
    target=ARN + "network-interface/{network_interface}",
    pin=Pin(INTERFACES, picked("NetworkInterfaces[0].NetworkInterfaceId")),
    recovery=Recovery.REVERT,
    probe=INTERFACES,
    sight=listed("NetworkInterfaces"),
    facts={"tags": tags_of("network_interface"), "interface": NETWORK_INTERFACE_FACTS},
    checks=(no_service_manages_it("interface", "Managed"),),
    blockers=(INSTANCES_IT_IS_ATTACHED_TO,),
    calls=(Call("ec2:DeleteNetworkInterface", {"NetworkInterfaceId": P("network_interface")}, effect=Effect.DELETE),),
    undo="ec2:CreateNetworkInterface in the same subnet with the same address and groups; it has a new id.",
)

ADDRESS: Args = {"AllocationIds": (P("address"),)}
ADDRESSES = Call("ec2:DescribeAddresses", ADDRESS, absent=("InvalidAllocationID.NotFound",), resource="*")
BOUND = "NetworkInterfaces[?Association.AllocationId=='{address}' && InterfaceType!='nat_gateway'"
BINDS = Call("ec2:DescribeNetworkInterfaces", filtered(**{"association.allocation-id": P("address")}), resource="*")

NAT_GATEWAYS_THAT_HAVE_IT = Blocker(
    Listing(
        "NAT gateways that have it",
        Call("ec2:DescribeNatGateways", resource="*"),
        "NatGateways[?State!='deleted' && contains(NatGatewayAddresses[].AllocationId || `[]`, '{address}')]",
        "NatGatewayId",
    ),
    ARN + "natgateway/{item}",
)
INSTANCES_THAT_HAVE_IT = Blocker(
    Listing("instances that have it", BINDS, f"{BOUND} && Attachment.InstanceId].Attachment", "InstanceId"),
    ARN + "instance/{item}",
)
NETWORK_INTERFACES = Blocker(
    Listing("network interfaces that have it", BINDS, f"{BOUND} && !Attachment.InstanceId]", "NetworkInterfaceId"),
    ARN + "network-interface/{item}",
)

NAMES_OF_THE_ADDRESS = leading_to(Within(ADDRESSES, "Addresses[].{Host: PublicIp}"))

RELEASE_ADDRESS = ActionType(
    name="ec2.release_address",
    summary="Release an Elastic IP address; AWS gives it to somebody else.",
    params=(ec2_id("address", "eipalloc", "an address's allocation"),),
    target=ARN + "elastic-ip/{address}",
    pin=Pin(ADDRESSES, picked("Addresses[0].PublicIp")),
    recovery=Recovery.NONE,
    probe=ADDRESSES,
    sight=listed("Addresses"),
    facts={"tags": tags_of("address")},
    blockers=(NAT_GATEWAYS_THAT_HAVE_IT, INSTANCES_THAT_HAVE_IT, NETWORK_INTERFACES, NAMES_OF_THE_ADDRESS),
    calls=(Call("ec2:ReleaseAddress", {"AllocationId": P("address")}, effect=Effect.DELETE),),
    undo="ec2:AllocateAddress with this address, only if AWS has not given it to another account yet.",
)

NAT: Args = {"NatGatewayIds": (P("nat_gateway"),)}
NATS = Call("ec2:DescribeNatGateways", NAT, absent=("NatGatewayNotFound", "InvalidNatGatewayID.NotFound"), resource="*")

ROUTE_TABLES_THAT_LEAD_TO_IT = Blocker(
    Listing(
        "route tables that lead to it",
        Call("ec2:DescribeRouteTables", filtered(**{"route.nat-gateway-id": P("nat_gateway")}), resource="*"),
        "RouteTables[?contains(Routes[].NatGatewayId || `[]`, '{nat_gateway}')]",
        "RouteTableId",
    ),
    ARN + "route-table/{item}",
)

DELETE_NAT_GATEWAY = ActionType(
    name="ec2.delete_nat_gateway",
    summary="Delete a NAT gateway that no route leads to; its Elastic IP address stays.",
    params=(ec2_id("nat_gateway", "nat", "a NAT gateway"),),
    target=ARN + "natgateway/{nat_gateway}",
    pin=Pin(NATS, picked("NatGateways[0].CreateTime")),
    recovery=Recovery.REVERT,
    probe=NATS,
    sight=by_state("NatGateways[0].State", gone=("deleted",), leaving=("deleting",), within="NatGateways"),
    facts={"tags": tags_of("nat_gateway")},
    blockers=(ROUTE_TABLES_THAT_LEAD_TO_IT,),
    calls=(Call("ec2:DeleteNatGateway", {"NatGatewayId": P("nat_gateway")}, effect=Effect.DELETE),),
    gone_within=900,
    usually=60,
    undo="ec2:CreateNatGateway in the same subnet with the same address; it has a new id.",
)
