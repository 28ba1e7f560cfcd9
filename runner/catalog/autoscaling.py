"""Auto Scaling groups: scaled to zero first, then deleted without force.

IAM knows a group by its name and an id, so a playbook names both; the id also tells it from a later group of its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, by_state, flag_is_off, none_listed, unread
from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Facts,
    GoneWhen,
    Ok,
    Param,
    Pin,
    Present,
    ProtectionFlag,
    Recovery,
    Unknown,
)
from runner.model.call import Args, Call, Effect, Listing, P
from runner.model.canonical import Json
from runner.model.sighting import InPlace, Leaving, NotThere, SetAside, Sighting, Unclear

PROTECTION = "DeletionProtection"
ALL, FORCE, NONE = "prevent-all-deletion", "prevent-force-deletion", "none"


def nothing_keeps_it_from_being_deleted(facts: Facts) -> Answer:
    """Refuse a group that is protected from every deletion; one that is protected from force is not forced."""
    match facts["protection"]:
        case Present(data):
            found = data.get(PROTECTION)
            if found == ALL:
                return Blocked(
                    f"deletion protection is on ({found})",
                    hint=f"`unprotect: [{PROTECTION}]` in the step switches it off for this group alone",
                )
            return Ok() if found in {FORCE, NONE} else Unknown("the answer does not say whether it is protected")
        case other:
            return unread("it is protected", other)


def _arn(data: Mapping[str, Json], params: Mapping[str, str]) -> str | None:
    """Return the group's ARN, when it is the one with the id that the playbook names."""
    found = at(data, "AutoScalingGroups[0].AutoScalingGroupARN")
    return found if isinstance(found, str) and f":autoScalingGroup:{params['group_id']}:" in found else None


def out_of_use(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether a group has no instances and can make none."""
    del params
    groups = data.get("AutoScalingGroups")
    if not isinstance(groups, list | tuple):
        return Unclear("the answer holds no groups")
    if not groups:
        return NotThere("AWS lists it no more")
    if at(data, "AutoScalingGroups[0].Status") is not None:
        return Leaving("its deletion is under way")
    sizes = at(data, "AutoScalingGroups[0].[MinSize, MaxSize, DesiredCapacity, length(Instances || `[]`)]")
    return SetAside("it is scaled to zero") if sizes == [0, 0, 0, 0] else InPlace(f"its sizes are {sizes}")


def _change(effect: Effect, **values: str | int) -> Call:
    return Call("autoscaling:UpdateAutoScalingGroup", {"AutoScalingGroupName": P("group"), **values}, effect=effect)


def _group(query: str) -> Call:
    return Call("autoscaling:DescribeAutoScalingGroups", GROUP, resource="*", query=f"AutoScalingGroups[0].{query}")


GROUP: Args = {"AutoScalingGroupNames": (P("group"),)}
GROUPS = Call("autoscaling:DescribeAutoScalingGroups", GROUP, resource="*")
PARAMS = (
    Param("group", r"[\w .@/+=-]{1,255}", "the name of an Auto Scaling group"),
    Param("group_id", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "the id in the group's ARN"),
)
ARN = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:{group_id}:autoScalingGroupName/{group}"
INSTANCES = (
    "AutoScalingGroups[].Instances[].{Arn: join('', ['arn:{partition}:ec2:{region}:{account}:instance/', InstanceId])}"
)
TAGS = _group("{Tags: Tags[].{Key: Key, Value: Value}}")
SIZES = _group("{MinSize: MinSize, MaxSize: MaxSize, DesiredCapacity: DesiredCapacity}")

SCALE_TO_ZERO = ActionType(
    name="autoscaling.scale_to_zero",
    summary="Scale a group to zero, and keep it there; its instances are terminated.",
    params=PARAMS,
    target=ARN,
    pin=Pin(GROUPS, _arn),
    recovery=Recovery.REVERT,
    probe=GROUPS,
    sight=out_of_use,
    # The sizes are what whoever scales it up again has to know.
    facts={"tags": TAGS, "sizes": SIZES},
    cascade=(Listing("instances", GROUPS, INSTANCES, "Arn"),),
    calls=(_change(Effect.DELETE, MinSize=0, MaxSize=0, DesiredCapacity=0),),
    gone_when=GoneWhen.SET_ASIDE,
    gone_within=1800,
    establishes=("desired_capacity_is_zero", "it_has_no_instances"),
    undo="autoscaling:UpdateAutoScalingGroup with the sizes that the plan holds; its instances are new ones.",
)

CONFIGURATION = _group(
    "{Template: LaunchTemplate, Mixed: MixedInstancesPolicy, Launch: LaunchConfigurationName, "
    "Subnets: VPCZoneIdentifier, TargetGroups: TargetGroupARNs}"
)
desired_capacity_is_zero = flag_is_off(
    "desired_capacity_is_zero",
    "sizes",
    "DesiredCapacity",
    "it is scaled above zero",
    "add an autoscaling.scale_to_zero step that this step needs",
    off=0,
)
GROUP_PROTECTION = ProtectionFlag(
    PROTECTION,
    nothing_keeps_it_from_being_deleted,
    lift=_change(Effect.UNPROTECT, DeletionProtection=NONE),
    rearm=_change(Effect.REARM, DeletionProtection=ALL),
)

GROUP_SIGHT = by_state(
    "AutoScalingGroups[0].Status || 'in place'", leaving=("Delete in progress",), within="AutoScalingGroups"
)

DELETE_GROUP = ActionType(
    name="autoscaling.delete_group",
    summary="Delete an Auto Scaling group that has no instances, with its policies, hooks and schedule.",
    params=PARAMS,
    target=ARN,
    pin=Pin(GROUPS, _arn),
    recovery=Recovery.REVERT,
    probe=GROUPS,
    sight=GROUP_SIGHT,
    facts={
        "tags": TAGS,
        "sizes": SIZES,
        "instances": _group("{Ids: Instances[].InstanceId}"),
        "protection": _group(f"{{{PROTECTION}: {PROTECTION}}}"),
        "configuration": CONFIGURATION,
    },
    changing=("sizes", "instances"),
    checks=(
        desired_capacity_is_zero,
        none_listed("it_has_no_instances", "instances", "Ids", "it has instances", "wait until they are terminated"),
    ),
    flags=(GROUP_PROTECTION,),
    calls=(
        Call(
            "autoscaling:DeleteAutoScalingGroup",
            {"AutoScalingGroupName": P("group"), "ForceDelete": False},
            effect=Effect.DELETE,
        ),
    ),
    transient=("ScalingActivityInProgress", "ScalingActivityInProgressFault", "ResourceInUse", "ResourceInUseFault"),
    gone_within=900,
    undo="autoscaling:CreateAutoScalingGroup with the configuration that the plan holds; its id is a new one.",
)
