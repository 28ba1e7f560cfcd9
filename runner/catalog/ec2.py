"""EC2: instances, images, launch templates and key pairs, and what all of EC2's actions share.

EC2 gives an id once, so a target is pinned by its id and traits that never change. Nothing is detached, stopped or
terminated to free a target. Every read of snapshots and images names their owner, because those of others can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, by_state, flag_is_off, last_use, listed, none_listed, picked
from runner.model.action import ActionType, Blocker, Check, Copy, Param, Pin, ProtectionFlag, Recovery, Usage
from runner.model.call import Args, Argument, Call, Effect, Listing, P
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, Sighting, Stuck, Unclear

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


TERMINATE_INSTANCE = ActionType(
    name="ec2.terminate_instance",
    summary="Terminate an instance; snapshots of its volumes are kept, and what is in its instance store is lost.",
    params=(ec2_id("instance", "i", "an instance"),),
    target=ARN + "instance/{instance}",
    pin=Pin(INSTANCES, picked("Reservations[0].Instances[0].InstanceId")),
    recovery=Recovery.BACKUP,
    probe=INSTANCES,
    sight=by_state(
        "Reservations[0].Instances[0].State.Name",
        gone=("terminated",),
        leaving=("shutting-down",),
        within="Reservations",
    ),
    facts={
        "tags": tags_of("instance"),
        "termination_protection": _attribute("disableApiTermination"),
        "stop_protection": _attribute("disableApiStop"),
        "operator": Call(
            "ec2:DescribeInstances",
            INSTANCE,
            resource="*",
            query="{Managed: Reservations[0].Instances[0].Operator.Managed || `false`}",
        ),
    },
    checks=(no_service_manages_it("operator", "Managed"),),
    flags=(
        _protection("DisableApiTermination", "termination_protection", "termination"),
        # Source: EC2 user guide, "Enable stop protection": it keeps the API from terminating the instance, too.
        _protection("DisableApiStop", "stop_protection", "stop"),
    ),
    cascade=(
        Listing(
            "volumes",
            INSTANCES,
            "Reservations[].Instances[].BlockDeviceMappings[] | [?Ebs.DeleteOnTermination]"
            f".Ebs.{{Arn: join('', ['{ARN}volume/', VolumeId])}}",
            "Arn",
        ),
    ),
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
    undo="ec2:CreateVolume from the kept snapshots, on a new instance; the instance itself does not come back.",
)

IMAGE = Call(
    "ec2:DescribeImages",
    {"ImageIds": (P("image"),), "Owners": (P("account"),)},
    absent=("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
    resource="*",
)
IMAGE_ID: Args = {"ImageId": P("image")}
PROTECTION = "DeregistrationProtection"

DEREGISTER_IMAGE = ActionType(
    name="ec2.deregister_image",
    summary="Deregister an image of this account; the snapshots it is made of stay.",
    params=(ec2_id("image", "ami", "an image"),),
    # Without an account: IAM knows images by region and id (Service Authorization Reference, "Amazon EC2").
    target="arn:{partition}:ec2:{region}::image/{image}",
    pin=Pin(IMAGE, picked("Images[0].ImageId")),
    recovery=Recovery.NONE,
    probe=IMAGE,
    sight=by_state("Images[0].State", gone=("deregistered",), within="Images"),
    facts={
        "tags": tags_of("image"),
        "protection": Call(
            "ec2:DescribeImages", IMAGE.args, resource="*", query=f"{{{PROTECTION}: Images[0].{PROTECTION}}}"
        ),
        "shares": Call("ec2:DescribeImageAttribute", {**IMAGE_ID, "Attribute": "launchPermission"}),
        "launched": Call("ec2:DescribeImages", IMAGE.args, resource="*", query="{Last: Images[0].LastLaunchedTime}"),
    },
    changing=("launched",),
    checks=(
        none_listed(
            "no_other_account_may_launch_it",
            "shares",
            "LaunchPermissions[].[UserId, Group, OrganizationArn, OrganizationalUnitArn][] | [?@]",
            "others may launch it",
            "ask them, and take their launch permission away first",
        ),
    ),
    flags=(
        ProtectionFlag(
            PROTECTION,
            flag_is_off(
                "deregistration_protection_is_off",
                "protection",
                PROTECTION,
                "deregistration protection is on, or its day of cooling down is not over",
                f"`unprotect: [{PROTECTION}]` in the step switches it off for this image alone",
                off="disabled",
            ),
            lift=Call("ec2:DisableImageDeregistrationProtection", IMAGE_ID, effect=Effect.UNPROTECT),
            rearm=Call("ec2:EnableImageDeregistrationProtection", IMAGE_ID, effect=Effect.REARM),
        ),
    ),
    blockers=(
        Blocker(
            Listing(
                "launch templates that launch it",
                Call("ec2:DescribeLaunchTemplateVersions", {"Versions": ("$Latest", "$Default")}, resource="*"),
                "LaunchTemplateVersions[?LaunchTemplateData.ImageId=='{image}']",
                "LaunchTemplateId",
            ),
            ARN + "launch-template/{item}",
        ),
    ),
    usage=(Usage("it last launched an instance", "launched", last_use("Last")),),
    calls=(Call("ec2:DeregisterImage", {**IMAGE_ID, "DeleteAssociatedSnapshots": False}, effect=Effect.DELETE),),
    undo="ec2:RestoreImageFromRecycleBin while a Recycle Bin rule keeps it, else ec2:RegisterImage from its snapshots "
    "under a new id.",
)

TEMPLATE: Args = {"LaunchTemplateIds": (P("launch_template"),)}
TEMPLATES = Call(
    "ec2:DescribeLaunchTemplates",
    TEMPLATE,
    absent=("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException"),
    resource="*",
)

DELETE_LAUNCH_TEMPLATE = ActionType(
    name="ec2.delete_launch_template",
    summary="Delete a launch template with all of its versions.",
    params=(ec2_id("launch_template", "lt", "a launch template"),),
    target=ARN + "launch-template/{launch_template}",
    pin=Pin(TEMPLATES, picked("LaunchTemplates[0].CreateTime")),
    recovery=Recovery.REVERT,
    probe=TEMPLATES,
    sight=listed("LaunchTemplates"),
    facts={
        "tags": tags_of("launch_template"),
        # For whoever has to make it again.
        "versions": Call(
            "ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateId": P("launch_template")}, resource="*"
        ),
    },
    blockers=(
        Blocker(
            Listing(
                "Auto Scaling groups that use it",
                Call("autoscaling:DescribeAutoScalingGroups", resource="*"),
                "AutoScalingGroups[?LaunchTemplate.LaunchTemplateId=='{launch_template}' || MixedInstancesPolicy."
                "LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId=='{launch_template}']",
                "AutoScalingGroupARN",
            ),
        ),
    ),
    calls=(Call("ec2:DeleteLaunchTemplate", {"LaunchTemplateId": P("launch_template")}, effect=Effect.DELETE),),
    undo="ec2:CreateLaunchTemplate with the versions that the plan holds; it has a new id.",
)

KEY: Args = {"KeyNames": (P("key_name"),)}
KEYS = Call("ec2:DescribeKeyPairs", KEY, absent=("InvalidKeyPair.NotFound",), resource="*")

DELETE_KEY_PAIR = ActionType(
    name="ec2.delete_key_pair",
    summary="Delete a key pair's public half; instances that hold it keep it.",
    # IAM knows key pairs by name, not by id (Service Authorization Reference, "Amazon EC2").
    params=(Param("key_name", r"[\w.@+=:-]{1,255}", "the name of a key pair: letters, digits and _.@+=:-"),),
    target=ARN + "key-pair/{key_name}",
    pin=Pin(KEYS, picked("KeyPairs[0].KeyPairId")),
    recovery=Recovery.REVERT,
    probe=KEYS,
    sight=listed("KeyPairs"),
    facts={"tags": Call("ec2:DescribeKeyPairs", KEY, resource="*", query="{Tags: KeyPairs[0].Tags || `[]`}")},
    calls=(Call("ec2:DeleteKeyPair", {"KeyName": P("key_name")}, effect=Effect.DELETE),),
    undo="ec2:ImportKeyPair with the public key, which whoever holds the private key can make again.",
)
