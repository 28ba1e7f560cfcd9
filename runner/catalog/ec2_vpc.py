"""VPCs and their subnets: only leaves, with nothing left in them. What is in them is listed and named."""

from __future__ import annotations

from runner.catalog.answers import flag_is_off, listed, picked
from runner.catalog.ec2 import ARN, ec2_id, filtered, tags_of
from runner.catalog.ec2_network import LINGERING, functions, interfaces, load_balancers
from runner.model.action import ActionType, Blocker, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

SUBNET: Args = {"SubnetIds": (P("subnet"),)}
SUBNETS = Call("ec2:DescribeSubnets", SUBNET, absent=("InvalidSubnetID.NotFound",), resource="*")

DELETE_SUBNET = ActionType(
    name="ec2.delete_subnet",
    summary="Delete a subnet that nothing is in.",
    params=(ec2_id("subnet", "subnet", "a subnet"),),
    target=ARN + "subnet/{subnet}",
    pin=Pin(SUBNETS, picked("Subnets[0].SubnetId")),
    recovery=Recovery.REVERT,
    probe=SUBNETS,
    sight=listed("Subnets"),
    facts={
        "tags": tags_of("subnet"),
        "subnet": Call(
            "ec2:DescribeSubnets",
            SUBNET,
            resource="*",
            query="Subnets[0].{Default: DefaultForAz, Cidr: CidrBlock, Vpc: VpcId, Zone: AvailabilityZone}",
        ),
    },
    checks=(flag_is_off("it_is_no_default_subnet", "subnet", "Default", "it is a default subnet of its zone"),),
    blockers=(
        interfaces("SubnetId=='{subnet}'", subnet_id=P("subnet")),
        Blocker(
            Listing(
                "instances",
                Call("ec2:DescribeInstances", filtered(subnet_id=P("subnet")), resource="*"),
                "Reservations[].Instances[] | [?SubnetId=='{subnet}' && State.Name!='terminated']",
                "InstanceId",
            ),
            ARN + "instance/{item}",
        ),
        Blocker(
            Listing(
                "NAT gateways",
                Call("ec2:DescribeNatGateways", resource="*"),
                "NatGateways[?SubnetId=='{subnet}' && State!='deleted']",
                "NatGatewayId",
            ),
            ARN + "natgateway/{item}",
        ),
        functions("SubnetIds", "subnet"),
        load_balancers("contains(AvailabilityZones[].SubnetId || `[]`, '{subnet}')"),
    ),
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
    blockers=(
        _left("subnets", "DescribeSubnets", "Subnets[?VpcId=='{vpc}']", "SubnetId", "subnet"),
        _left(
            "security groups",
            "DescribeSecurityGroups",
            "SecurityGroups[?VpcId=='{vpc}' && GroupName!='default']",
            "GroupId",
            "security-group",
        ),
        _left(
            "route tables",
            "DescribeRouteTables",
            "RouteTables[?VpcId=='{vpc}' && !(Associations[?Main])]",
            "RouteTableId",
            "route-table",
        ),
        _left(
            "access lists",
            "DescribeNetworkAcls",
            "NetworkAcls[?VpcId=='{vpc}' && !IsDefault]",
            "NetworkAclId",
            "network-acl",
        ),
        _left(
            "endpoints",
            "DescribeVpcEndpoints",
            "VpcEndpoints[?VpcId=='{vpc}' && State!='deleted']",
            "VpcEndpointId",
            "vpc-endpoint",
        ),
        Blocker(
            Listing(
                "internet gateways",
                Call("ec2:DescribeInternetGateways", filtered(**{"attachment.vpc-id": P("vpc")}), resource="*"),
                "InternetGateways",
                "InternetGatewayId",
            ),
            ARN + "internet-gateway/{item}",
        ),
    ),
    calls=(Call("ec2:DeleteVpc", {"VpcId": P("vpc")}, effect=Effect.DELETE),),
    transient=("DependencyViolation",),
    undo="ec2:CreateVpc with the same block; it has a new id.",
)
