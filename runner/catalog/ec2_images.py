"""EC2: what instances are launched with, which is images, launch templates and key pairs."""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, last_use, listed, none_listed, picked
from runner.catalog.ec2 import ARN, ec2_id, tags_of
from runner.model.action import ActionType, Blocker, Param, Pin, ProtectionFlag, Recovery, Usage
from runner.model.call import Args, Call, Effect, Listing, P

IMAGE = Call(
    "ec2:DescribeImages",
    {"ImageIds": (P("image"),), "Owners": (P("account"),)},
    absent=("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
    resource="*",
)
IMAGE_ID: Args = {"ImageId": P("image")}
PROTECTION = "DeregistrationProtection"

IMAGE_PROTECTION = Call(
    "ec2:DescribeImages", IMAGE.args, resource="*", query=f"{{{PROTECTION}: Images[0].{PROTECTION}}}"
)
no_other_account_may_launch_it = none_listed(
    "no_other_account_may_launch_it",
    "shares",
    "LaunchPermissions[].[UserId, Group, OrganizationArn, OrganizationalUnitArn][] | [?@]",
    "others may launch it",
    "ask them, and take their launch permission away first",
)
DEREGISTRATION_PROTECTION = ProtectionFlag(
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
)
LAUNCH_TEMPLATES = Blocker(
    Listing(
        "launch templates that launch it",
        Call("ec2:DescribeLaunchTemplateVersions", {"Versions": ("$Latest", "$Default")}, resource="*"),
        "LaunchTemplateVersions[?LaunchTemplateData.ImageId=='{image}']",
        "LaunchTemplateId",
    ),
    ARN + "launch-template/{item}",
)

LAUNCH_CONFIGURATIONS = Blocker(
    Listing(
        "launch configurations that launch it",
        Call("autoscaling:DescribeLaunchConfigurations", resource="*"),
        "LaunchConfigurations[?ImageId=='{image}']",
        "LaunchConfigurationARN",
    ),
)

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
        "protection": IMAGE_PROTECTION,
        "shares": Call("ec2:DescribeImageAttribute", {**IMAGE_ID, "Attribute": "launchPermission"}),
        "launched": Call("ec2:DescribeImages", IMAGE.args, resource="*", query="{Last: Images[0].LastLaunchedTime}"),
    },
    checks=(no_other_account_may_launch_it,),
    flags=(DEREGISTRATION_PROTECTION,),
    blockers=(LAUNCH_TEMPLATES, LAUNCH_CONFIGURATIONS),
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

# For whoever has to make it again.
VERSIONS = Call("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateId": P("launch_template")}, resource="*")
AUTO_SCALING_GROUPS = Blocker(
    Listing(
        "Auto Scaling groups that use it",
        Call("autoscaling:DescribeAutoScalingGroups", resource="*"),
        "AutoScalingGroups[?LaunchTemplate.LaunchTemplateId=='{launch_template}' || MixedInstancesPolicy."
        "LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId=='{launch_template}']",
        "AutoScalingGroupARN",
    ),
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
    facts={"tags": tags_of("launch_template"), "versions": VERSIONS},
    blockers=(AUTO_SCALING_GROUPS,),
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
