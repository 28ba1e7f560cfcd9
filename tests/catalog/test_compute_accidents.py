"""Accidents that others had with what computes, as rules of the catalogue; what blocks what, on AWS's answers."""

from __future__ import annotations

import re
from typing import Any

import jmespath
import pytest

from runner.catalog import ACTIONS, BY_NAME
from runner.model.action import ActionType
from runner.model.binding import Binding
from runner.model.call import Call, Dropped, Effect, Kept

ARN = "arn:aws:ec2:ap-northeast-1:222222222222:security-group/sg-00000001"
BINDING = Binding(
    {
        "security_group": "sg-00000001",
        "address": "eipalloc-00000001",
        "nat_gateway": "nat-00000001",
        "subnet": "subnet-00000001",
        "image": "ami-00000001",
        "launch_template": "lt-00000001",
    },
    "222222222222",
    "ap-northeast-1",
    "aws",
    ARN,
)


def blocking(action: str, what: str, answer: dict[str, Any]) -> list[str]:
    """Return the ARNs that an answer of AWS puts in an action's way, of one kind."""
    blocker = next(one for one in BY_NAME[action].blockers if one.listing.what == what)
    listing = BINDING.listing(blocker.listing)
    items = jmespath.search(listing.items, answer)
    return [BINDING.template(blocker.arn).replace("{item}", item[listing.name]) for item in items]


def interface(name: str, **more: Any) -> dict[str, Any]:
    """Return a network interface as EC2 describes it."""
    described = {
        "NetworkInterfaceId": name,
        "InterfaceType": "interface",
        "Description": "",
        "SubnetId": "subnet-00000001",
        "Groups": [{"GroupId": "sg-00000001", "GroupName": "orders"}],
    }
    return {**described, **more}


ANSWER = {
    "NetworkInterfaces": [
        interface("eni-1"),
        interface("eni-2", InterfaceType="lambda", Description="AWS Lambda VPC ENI-orders"),
        interface("eni-3", Description="ELB app/orders/0123456789abcdef"),
        interface("eni-4", Description="arn:aws:ecs:ap-northeast-1:222222222222:attachment/0"),
        interface("eni-5", Attachment={"InstanceId": "i-00000001", "DeviceIndex": 0}),
        interface("eni-6", InterfaceType="nat_gateway"),
        interface("eni-7", Groups=[{"GroupId": "sg-00000009", "GroupName": "other"}], SubnetId="subnet-00000009"),
    ]
}


@pytest.mark.parametrize("action", ["ec2.delete_security_group", "ec2.delete_subnet"])
def test_a14_interfaces_that_linger_are_waited_for_and_their_owners_named(action: str) -> None:
    """Accident A14: an interface that goes with its owner blocks no plan; the call waits 45 minutes for it."""
    assert blocking(action, "network interfaces", ANSWER) == [
        "arn:aws:ec2:ap-northeast-1:222222222222:network-interface/eni-1"
    ]
    assert BY_NAME[action].transient == ("DependencyViolation",)
    assert BY_NAME[action].settles_within == 45 * 60


@pytest.mark.parametrize(
    ("action", "what", "answer", "arns"),
    [
        (
            "ec2.delete_security_group",
            "functions",
            {
                "Functions": [
                    {"FunctionArn": "uses it", "VpcConfig": {"SecurityGroupIds": ["sg-00000001"]}},
                    {"FunctionArn": "has none"},
                ]
            },
            ["uses it"],
        ),
        (
            "ec2.delete_security_group",
            "groups whose rules name it",
            {
                "SecurityGroups": [
                    {
                        "GroupId": name,
                        "IpPermissions": [{"UserIdGroupPairs": [{"GroupId": named}]}],
                        "IpPermissionsEgress": [],
                    }
                    for name, named in (("sg-00000001", "sg-00000001"), ("sg-2", "sg-00000001"), ("sg-3", "sg-4"))
                ]
            },
            ["arn:aws:ec2:ap-northeast-1:222222222222:security-group/sg-2"],
        ),
        (
            "ec2.release_address",
            "NAT gateways that have it",
            {
                "NatGateways": [
                    {
                        "NatGatewayId": name,
                        "State": state,
                        "NatGatewayAddresses": [{"AllocationId": "eipalloc-00000001"}],
                    }
                    for name, state in (("nat-1", "available"), ("nat-2", "deleted"))
                ]
            },
            ["arn:aws:ec2:ap-northeast-1:222222222222:natgateway/nat-1"],
        ),
        (
            "ec2.release_address",
            "instances that have it",
            {
                "NetworkInterfaces": [
                    interface(
                        "eni-1",
                        Association={"AllocationId": "eipalloc-00000001"},
                        Attachment={"InstanceId": "i-00000001"},
                    )
                ]
            },
            ["arn:aws:ec2:ap-northeast-1:222222222222:instance/i-00000001"],
        ),
        (
            "ec2.delete_nat_gateway",
            "route tables that lead to it",
            {
                "RouteTables": [
                    {"RouteTableId": "rtb-1", "Routes": [{"NatGatewayId": "nat-00000001"}, {"GatewayId": "local"}]},
                    {"RouteTableId": "rtb-2", "Routes": [{"GatewayId": "local"}]},
                ]
            },
            ["arn:aws:ec2:ap-northeast-1:222222222222:route-table/rtb-1"],
        ),
        (
            "ec2.delete_launch_template",
            "Auto Scaling groups that use it",
            {
                "AutoScalingGroups": [
                    {"AutoScalingGroupARN": "plain", "LaunchTemplate": {"LaunchTemplateId": "lt-00000001"}},
                    {
                        "AutoScalingGroupARN": "mixed",
                        "MixedInstancesPolicy": {
                            "LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-00000001"}}
                        },
                    },
                    {"AutoScalingGroupARN": "other", "LaunchConfigurationName": "old"},
                ]
            },
            ["plain", "mixed"],
        ),
    ],
)
def test_what_uses_a_target_is_in_its_way(action: str, what: str, answer: dict[str, Any], arns: list[str]) -> None:
    """Answers in AWS's form, which the sandbox gives only in part, name exactly what uses the target."""
    assert blocking(action, what, answer) == arns


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a6_a_target_is_one_thing_that_is_named(action: ActionType) -> None:
    """Accident A6: no parameter takes a wildcard, so no playbook can mean everything."""
    assert not any(re.fullmatch(param.pattern, text) for param in action.params for text in ("*", "a*", "?"))


COMPUTE = ("autoscaling", "ec2", "ecr", "ecs", "eks", "elbv2", "lambda")


@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.service in COMPUTE], ids=lambda action: action.name
)
def test_a5_nothing_but_the_target_is_touched(action: ActionType) -> None:
    """Accident A5: no call detaches, disassociates or terminates something else, forces, or takes tags away."""
    writes = [call for call in action.calls if isinstance(call, Call) and call.effect is Effect.DELETE]
    calls = [*writes, *(sweep.each for sweep in action.sweeps)]

    assert len(calls) >= 1
    for call in calls:
        assert not re.search("Detach|Disassociate|DeleteTags|Untag|Stop", call.api)
        assert True not in (call.args.get("force"), call.args.get("ForceDelete"), call.args.get("Force"))


def test_a7_and_a8_the_last_copy_is_kept() -> None:
    """Accidents A7 and A8: disks are snapshotted first, and an image's snapshots stay, unless a playbook says else."""
    for name in ("ec2.terminate_instance", "ec2.delete_volume"):
        first = BY_NAME[name].calls[0]
        assert isinstance(first, Call)
        assert first.effect is Effect.KEEP
        assert first.keeps in {copy.name for copy in BY_NAME[name].copies}
    (image,) = BY_NAME["ec2.deregister_image"].calls
    assert isinstance(image, Call)
    assert image.args["DeleteAssociatedSnapshots"] is False


@pytest.mark.parametrize("name", ["rds.delete_db_instance", "rds.delete_db_cluster"])
def test_a8_databases_leave_a_snapshot_and_their_automated_backups(name: str) -> None:
    """Accident A8: a database went with its automated snapshots. Both stay, and only a playbook drops the final one."""
    (deletion,) = BY_NAME[name].calls
    assert isinstance(deletion, Call)

    assert deletion.args["DeleteAutomatedBackups"] is False
    assert deletion.args["SkipFinalSnapshot"] == Dropped("final_snapshot")
    assert deletion.args["FinalDBSnapshotIdentifier"] == Kept("final_snapshot")
