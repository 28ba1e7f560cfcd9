"""VPCs and their subnets: only leaves, with nothing left in them. What is in them is listed and named."""

from __future__ import annotations

from runner.catalog.answers import flag_is_off, listed, picked
from runner.catalog.ec2 import ARN, ec2_id, filtered, tags_of
from runner.catalog.ec2_network import LINGERING, functions, interfaces, load_balancers
from runner.model.action import ActionType, Blocker, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

SUBNET: Args = {"SubnetIds": (P("subnet"),)}
SUBNETS = Call("ec2:DescribeSubnets", SUBNET, absent=("InvalidSubnetID.NotFound",), resource="*")

SUBNET_FACTS = Call(
    "ec2:DescribeSubnets",
    SUBNET,
    resource="*",
    query="Subnets[0].{Default: DefaultForAz, Cidr: CidrBlock, Vpc: VpcId, Zone: AvailabilityZone}",
)
INSTANCES = Blocker(
    Listing(
        "instances",
        Call("ec2:DescribeInstances", filtered(subnet_id=P("subnet")), resource="*"),
        "Reservations[].Instances[] | [?SubnetId=='{subnet}' && State.Name!='terminated']",
        "InstanceId",
    ),
    ARN + "instance/{item}",
)
NAT_GATEWAYS = Blocker(
    Listing(
        "NAT gateways",
        Call("ec2:DescribeNatGateways", resource="*"),
        "NatGateways[?SubnetId=='{subnet}' && State!='deleted']",
        "NatGatewayId",
    ),
    ARN + "natgateway/{item}",
)

IN_THE_WAY_OF_THE_SUBNET = (
    interfaces("SubnetId=='{subnet}'", subnet_id=P("subnet")),
    INSTANCES,
    NAT_GATEWAYS,
    functions("SubnetIds", "subnet"),
    load_balancers("contains(AvailabilityZones[].SubnetId || `[]`, '{subnet}')"),
)

DELETE_SUBNET = ActionType(
    name="ec2.delete_subnet",
    summary="Delete a subnet that nothing is in.",
    params=(ec2_id("subnet", "subnet", "a subnet"),),
    target=ARN + "subnet/{subnet}",
    pin=Pin(SUBNETS, picked("Subnets[0].SubnetId")),
    recovery=Recovery.REVERT,
    probe=SUBNETS,
    sight=listed("Subnets"),
    facts={"tags": tags_of("subnet"), "subnet": SUBNET_FACTS},
    checks=(flag_is_off("it_is_no_default_subnet", "subnet", "Default", "it is a default subnet of its zone"),),
    blockers=IN_THE_WAY_OF_THE_SUBNET,
    calls=(Call("ec2:DeleteSubnet", {"SubnetId": P("subnet")}, effect=Effect.DELETE),),
    transient=("DependencyViolation",),
    settles_within=LINGERING,
    undo="ec2:CreateSubnet with the same block; it has a new id.",
)

VPC: Args = {"VpcIds": (P("vpc"),)}
VPCS = Call("ec2:DescribeVpcs", VPC, absent=("InvalidVpcID.NotFound",), resource="*")
IN_IT = filtered(vpc_id=P("vpc"))


def _left(what: str, operation: str, items: str, name: str, kind: str) -> Blocker:
    listing = Listing(what, Call(f"ec2:{operation}", IN_IT, resource="*"), items, name)
    return Blocker(listing, f"{ARN}{kind}/{{item}}")


SECURITY_GROUPS = _left(
    "security groups",
    "DescribeSecurityGroups",
    "SecurityGroups[?VpcId=='{vpc}' && GroupName!='default']",
    "GroupId",
    "security-group",
)
ROUTE_TABLES = _left(
    "route tables",
    "DescribeRouteTables",
    "RouteTables[?VpcId=='{vpc}' && !(Associations[?Main])]",
    "RouteTableId",
    "route-table",
)
ACCESS_LISTS = _left(
    "access lists",
    "DescribeNetworkAcls",
    "NetworkAcls[?VpcId=='{vpc}' && !IsDefault]",
    "NetworkAclId",
    "network-acl",
)
ENDPOINTS = _left(
    "endpoints",
    "DescribeVpcEndpoints",
    "VpcEndpoints[?VpcId=='{vpc}' && State!='deleted']",
    "VpcEndpointId",
    "vpc-endpoint",
)
INTERNET_GATEWAYS = Blocker(
    Listing(
        "internet gateways",
        Call("ec2:DescribeInternetGateways", filtered(**{"attachment.vpc-id": P("vpc")}), resource="*"),
        "InternetGateways",
        "InternetGatewayId",
    ),
    ARN + "internet-gateway/{item}",
)

PEERINGS = Blocker(
    Listing(
        "peering connections",
        Call("ec2:DescribeVpcPeeringConnections", resource="*"),
        "VpcPeeringConnections[?(RequesterVpcInfo.VpcId=='{vpc}' || AccepterVpcInfo.VpcId=='{vpc}') && "
        "(Status.Code=='active' || Status.Code=='pending-acceptance' || Status.Code=='provisioning')]",
        "VpcPeeringConnectionId",
    ),
    ARN + "vpc-peering-connection/{item}",
)
EGRESS_ONLY_GATEWAYS = Blocker(
    Listing(
        "egress-only internet gateways",
        Call("ec2:DescribeEgressOnlyInternetGateways", resource="*"),
        "EgressOnlyInternetGateways[?contains(Attachments[].VpcId || `[]`, '{vpc}')]",
        "EgressOnlyInternetGatewayId",
    ),
    ARN + "egress-only-internet-gateway/{item}",
)

IN_THE_WAY_OF_THE_VPC = (
    _left("subnets", "DescribeSubnets", "Subnets[?VpcId=='{vpc}']", "SubnetId", "subnet"),
    SECURITY_GROUPS,
    ROUTE_TABLES,
    ACCESS_LISTS,
    ENDPOINTS,
    INTERNET_GATEWAYS,
    EGRESS_ONLY_GATEWAYS,
    PEERINGS,
)

DELETE_VPC = ActionType(
    name="ec2.delete_vpc",
    summary="Delete a VPC that nothing is in; its default group, route table and access list go with it.",
    params=(ec2_id("vpc", "vpc", "a VPC"),),
    target=ARN + "vpc/{vpc}",
    pin=Pin(VPCS, picked("Vpcs[0].VpcId")),
    recovery=Recovery.REVERT,
    probe=VPCS,
    sight=listed("Vpcs"),
    facts={
        "tags": tags_of("vpc"),
        "vpc": Call("ec2:DescribeVpcs", VPC, resource="*", query="Vpcs[0].{Default: IsDefault, Cidr: CidrBlock}"),
    },
    checks=(flag_is_off("it_is_no_default_vpc", "vpc", "Default", "it is the default VPC of its region"),),
    blockers=IN_THE_WAY_OF_THE_VPC,
    calls=(Call("ec2:DeleteVpc", {"VpcId": P("vpc")}, effect=Effect.DELETE),),
    transient=("DependencyViolation",),
    undo="ec2:CreateVpc with the same block; it has a new id.",
)
