"""The actions of Auto Scaling, Elastic Load Balancing and Lambda end to end."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step
from tests.e2e.driving import here

ROLE = "arn:aws:iam::222222222222:role/Teardown"


def code() -> bytes:
    """Return a function's code."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("orders.py", "def handle(event, context):\n    return event\n")
    return written.getvalue()


def function(lab: Lab, name: str, **more: Any) -> None:
    """Make a function."""
    lab.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="orders.handle", Code={"ZipFile": code()}, **more
    )


def group(lab: Lab, name: str, **more: Any) -> dict[str, str]:
    """Make an Auto Scaling group, and return what a playbook calls it."""
    scaling = lab.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName=name, ImageId="ami-0abcdef1234567890")
    sizes = {"MinSize": 0, "MaxSize": 2, "DesiredCapacity": 0, **more}
    protection = {key: sizes.pop(key) for key in ("DeletionProtection",) if key in sizes}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name, LaunchConfigurationName=name, AvailabilityZones=["ap-northeast-1a"], **sizes
    )
    scaling.update_auto_scaling_group(AutoScalingGroupName=name, **protection)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return {"group": name, "group_id": found["AutoScalingGroupARN"].split(":")[6]}


def load_balancer(lab: Lab, name: str) -> str:
    """Make a load balancer with a listener and deletion protection, and return the end of its ARN."""
    elb = lab.client("elbv2")
    arn = elb.create_load_balancer(Name=name, Subnets=[])["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[answer])
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])
    return str(arn).partition("loadbalancer/")[2]


def test_what_runs_code_is_deleted_with_mfa_only(lab: Lab) -> None:
    """Each is refused without MFA, deleted with it, seen gone or out of use, and nothing is left to do afterwards."""
    grown = group(lab, "orders", DesiredCapacity=2)
    protected = group(lab, "old", DeletionProtection="prevent-all-deletion")
    balancer = load_balancer(lab, "orders")
    function(lab, "orders")
    layer = lab.client("lambda").publish_layer_version(LayerName="orders-libs", Content={"ZipFile": code()})
    version = {"layer": "orders-libs", "version": str(layer["Version"])}
    tried = Trial(
        lab,
        (
            step("zero", "autoscaling.scale_to_zero", grown),
            step("group", "autoscaling.delete_group", protected, unprotect=["DeletionProtection"]),
            step(
                "balancer", "elbv2.delete_load_balancer", {"load_balancer": balancer}, unprotect=["DeletionProtection"]
            ),
            step("function", "lambda.delete_function", {"function": "orders"}),
            step("layer", "lambda.delete_layer_version", version, needs=["function"]),
        ),
        limits={"cascade": 2},
    ).run()

    assert tried.states == {
        "zero": "quarantined",
        "group": "gone",
        "balancer": "gone",
        "function": "gone",
        "layer": "gone",
    }
    assert set(tried.states_again.values()) == {"already gone"}


def test_a16_a_function_that_a_stack_still_needs_is_left_to_the_stack(lab: Lab) -> None:
    """Accident A16: a function of a CloudFormation stack, on which its deletion would hang, is refused by its tags."""
    function(lab, "custom-resource", Tags={"aws:cloudformation:stack-name": "orders"})
    path = Trial(lab, (step("one", "lambda.delete_function", {"function": "custom-resource"}),)).write()
    ended = here(lab, "plan", path, code=lab.sandbox.code())

    assert ended.code == 3
    assert "the CloudFormation stack orders owns it" in " ".join((ended.out + ended.err).split())
