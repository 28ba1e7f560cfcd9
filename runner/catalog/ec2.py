"""EC2: instances, and what all of EC2's actions share.

EC2 gives an id once, so a target is pinned by its id and traits that never change. Nothing is detached, stopped or
terminated to free a target. Every read of snapshots and images names their owner, because those of others can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, by_state, flag_is_off, none_listed, picked
from runner.model.action import ActionType, Check, Param, Pin, ProtectionFlag, Recovery
from runner.model.call import Args, Argument, Call, Effect, Listing, P
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, Sighting, Stuck, Unclear
from runner.model.way_back import Copy

ARN = "arn:{partition}:ec2:{region}:{account}:"
SNAPSHOTS = "arn:{partition}:ec2:{region}::snapshot/*"
"""The snapshots that are made: their ids are not known before."""


def ec2_id(name: str, prefix: str, what: str) -> Param:
    """Return the parameter of an EC2 id."""
    pattern = f"{prefix}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})"
    return Param(name, pattern, f"the id of {what}: {prefix}- and 8 or 17 hexadecimal digits")


def filtered(**values: Argument) -> Args:
    """Return EC2's ``Filters``; an underscore in a name stands for a hyphen."""
    return {
        "Filters": tuple({"Name": name.replace("_", "-"), "Values": (value,)} for name, value in values.items()),
    }


def tags_of(name: str) -> Call:
    """Return the read of the tags of a target whose id is the parameter ``name``."""
    query = "{Tags: Tags[].{Key: Key, Value: Value}}"
    return Call("ec2:DescribeTags", filtered(resource_id=P(name)), resource="*", query=query)


def no_service_manages_it(fact: str, path: str) -> Check:
    """Return the check that no AWS service provides the target, and would miss it."""
    hint = "delete it through the service that made it"
    return flag_is_off("no_service_manages_it", fact, path, "an AWS service manages it", hint)


def final_snapshot(name: str) -> Copy:
    """Return the copy that is kept of the disks of a target: snapshots whose ``Name`` says of what they are."""
    named: Args = {"OwnerIds": (P("account"),), **filtered(**{"tag:Name": P("final_snapshot")})}
    probe = Call("ec2:DescribeSnapshots", named, resource="*")
    return Copy(
        "final_snapshot",
        "the name of the snapshots that are made first, in their tag Name",
        r"[\w.:/=+@-]{1,128}",
        f"{{{name}}}-final",
        probe,
        snapshots_are_complete,
    )


def snapshots_are_complete(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the snapshots of a name are there, every one of them whole."""
    del params
    states = at(data, "Snapshots[].State")
    if not isinstance(states, list | tuple):
        return Unclear("the answer holds no snapshots")
    if not states:
        return NotThere("there is no snapshot of this name")
    if "error" in states:
        return Stuck("a snapshot has failed")
    return InPlace() if set(states) == {"completed"} else Unclear("a snapshot is not complete yet")


NAMED: Argument = ({"ResourceType": "snapshot", "Tags": ({"Key": "Name", "Value": P("final_snapshot")},)},)

INSTANCE: Args = {"InstanceIds": (P("instance"),)}
INSTANCES = Call("ec2:DescribeInstances", INSTANCE, absent=("InvalidInstanceID.NotFound",), resource="*")


def _protection(name: str, field: str, verb: str) -> ProtectionFlag:
    check = flag_is_off(
        f"{field}_is_off",
        field,
        f"{name}.Value",
        f"{verb} protection is on ({name})",
        f"`unprotect: [{name}]` in the step switches it off for this instance alone",
    )
    off: Args = {"InstanceId": P("instance"), name: {"Value": False}}
    return ProtectionFlag(
        name,
        check,
        lift=Call("ec2:ModifyInstanceAttribute", off, effect=Effect.UNPROTECT),
        rearm=Call("ec2:ModifyInstanceAttribute", {**off, name: {"Value": True}}, effect=Effect.REARM),
    )


def _attribute(name: str) -> Call:
    return Call("ec2:DescribeInstanceAttribute", {"InstanceId": P("instance"), "Attribute": name})


OPERATOR = Call(
    "ec2:DescribeInstances",
    INSTANCE,
    resource="*",
    query="{Managed: Reservations[0].Instances[0].Operator.Managed || `false`}",
)
# Source: EC2 user guide, "Enable stop protection": it keeps the API from terminating the instance, too.
DISABLE_API_STOP = _protection("DisableApiStop", "stop_protection", "stop")
VOLUMES = Listing(
    "volumes",
    INSTANCES,
    "Reservations[].Instances[].BlockDeviceMappings[] | [?Ebs.DeleteOnTermination]"
    f".Ebs.{{Arn: join('', ['{ARN}volume/', VolumeId])}}",
    "Arn",
)

it_is_in_no_auto_scaling_group = none_listed(
    "it_is_in_no_auto_scaling_group",
    "group",
    "Names",
    "it belongs to an Auto Scaling group, which would start another one in its place",
    "scale the group down (autoscaling.scale_to_zero), or detach the instance first",
)
AUTO_SCALING_GROUP = Call(
    "autoscaling:DescribeAutoScalingInstances",
    INSTANCE,
    resource="*",
    query="{Names: AutoScalingInstances[].AutoScalingGroupName}",
)

INSTANCE_SIGHT = by_state(
    "Reservations[0].Instances[0].State.Name",
    gone=("terminated",),
    leaving=("shutting-down",),
    within="Reservations",
)

TERMINATE_INSTANCE = ActionType(
    name="ec2.terminate_instance",
    summary="Terminate an instance; snapshots of its volumes are kept, and what is in its instance store is lost.",
    params=(ec2_id("instance", "i", "an instance"),),
    target=ARN + "instance/{instance}",
    pin=Pin(INSTANCES, picked("Reservations[0].Instances[0].InstanceId")),
    recovery=Recovery.BACKUP,
    probe=INSTANCES,
    sight=INSTANCE_SIGHT,
    facts={
        "tags": tags_of("instance"),
        "termination_protection": _attribute("disableApiTermination"),
        "stop_protection": _attribute("disableApiStop"),
        "operator": OPERATOR,
        "group": AUTO_SCALING_GROUP,
    },
    checks=(no_service_manages_it("operator", "Managed"), it_is_in_no_auto_scaling_group),
    flags=(_protection("DisableApiTermination", "termination_protection", "termination"), DISABLE_API_STOP),
    cascade=(VOLUMES,),
    copies=(final_snapshot("instance"),),
    calls=(
        Call(
            "ec2:CreateSnapshots",
            {"InstanceSpecification": {"InstanceId": P("instance")}, "TagSpecifications": NAMED},
            effect=Effect.KEEP,
            keeps="final_snapshot",
            also=(SNAPSHOTS, ARN + "volume/*"),
        ),
        Call("ec2:TerminateInstances", INSTANCE, effect=Effect.DELETE),
    ),
    gone_within=3600,
    usually=40,
    undo="ec2:CreateVolume from the kept snapshots, on a new instance; the instance itself does not come back.",
)
