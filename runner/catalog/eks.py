"""EKS: node groups, and clusters when no node group and Fargate profile is left. Nothing inside Kubernetes is known.

IAM adds an id to a node group's ARN, which no listing tells; the pin holds it, and calls end in any id.
"""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, picked
from runner.catalog.ec2 import filtered
from runner.model.action import ActionType, Blocker, Param, Pin, ProtectionFlag, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

ARN = "arn:{partition}:eks:{region}:{account}:"
MISSING = ("ResourceNotFoundException",)
NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
CLUSTER = Param("cluster", NAME, "the name of a cluster: letters, digits, hyphens and underscores")

NODEGROUP: Args = {"clusterName": P("cluster"), "nodegroupName": P("nodegroup")}
GROUP_ARN = ARN + "nodegroup/{cluster}/{nodegroup}"
ANY_ID = GROUP_ARN + "/*"
GROUP = Call("eks:DescribeNodegroup", NODEGROUP, absent=MISSING, resource=ANY_ID)
STATES = ("DELETING", "DELETE_FAILED")

CONFIGURATION = Call(
    "eks:DescribeNodegroup",
    NODEGROUP,
    resource=ANY_ID,
    query="nodegroup.{Types: instanceTypes, Subnets: subnets, Role: nodeRole, Ami: amiType, "
    "Template: launchTemplate, Labels: labels, Taints: taints}",
)
INSTANCES = Listing(
    "instances",
    Call(
        "ec2:DescribeInstances",
        filtered(**{"tag:eks:cluster-name": P("cluster"), "tag:eks:nodegroup-name": P("nodegroup")}),
        resource="*",
    ),
    "Reservations[].Instances[] | [?State.Name!='terminated']"
    ".{Arn: join('', ['arn:{partition}:ec2:{region}:{account}:instance/', InstanceId])}",
    "Arn",
)

DELETE_NODEGROUP = ActionType(
    name="eks.delete_nodegroup",
    summary="Delete a node group with its instances; what runs on them moves or ends.",
    params=(CLUSTER, Param("nodegroup", NAME, "the name of a node group: letters, digits, hyphens and underscores")),
    target=GROUP_ARN,
    pin=Pin(GROUP, picked("nodegroup.nodegroupArn")),
    recovery=Recovery.REVERT,
    probe=GROUP,
    sight=by_state("nodegroup.status", leaving=STATES[:1], stuck=STATES[1:], why="nodegroup.health.issues[0].message"),
    facts={
        "tags": Call("eks:DescribeNodegroup", NODEGROUP, resource=ANY_ID, query="nodegroup.{Tags: tags || `{}`}"),
        "configuration": CONFIGURATION,
    },
    cascade=(INSTANCES,),
    calls=(Call("eks:DeleteNodegroup", NODEGROUP, effect=Effect.DELETE, resource=ANY_ID),),
    transient=("ResourceInUseException",),
    gone_within=2400,
    usually=240,
    undo="eks:CreateNodegroup with the configuration that the plan holds; its instances are new ones.",
)

ONE: Args = {"name": P("cluster")}
DESCRIBED = Call("eks:DescribeCluster", ONE, absent=MISSING)


def _in_it(what: str, operation: str, field: str, kind: str) -> Blocker:
    call = Call(f"eks:{operation}", {"clusterName": P("cluster")})
    return Blocker(Listing(what, call, f"{field}[].{{Name: @}}", "Name"), f"{ARN}{kind}/{{cluster}}/{{item}}")


def _protect(effect: Effect, *, on: bool) -> Call:
    return Call("eks:UpdateClusterConfig", {**ONE, "deletionProtection": on}, effect=effect)


DELETION_PROTECTION = ProtectionFlag(
    "DeletionProtection",
    flag_is_off(
        "deletion_protection_is_off",
        "protection",
        "On",
        "deletion protection is on",
        "`unprotect: [DeletionProtection]` in the step switches it off for this cluster alone",
    ),
    lift=_protect(Effect.UNPROTECT, on=False),
    rearm=_protect(Effect.REARM, on=True),
)

IN_THE_WAY_OF_THE_CLUSTER = (
    _in_it("node groups", "ListNodegroups", "nodegroups", "nodegroup"),
    _in_it("Fargate profiles", "ListFargateProfiles", "fargateProfileNames", "fargateprofile"),
    _in_it("add-ons", "ListAddons", "addons", "addon"),
)

DELETE_CLUSTER = ActionType(
    name="eks.delete_cluster",
    summary="Delete a cluster and all that Kubernetes knows; load balancers and volumes that it made stay behind.",
    params=(CLUSTER,),
    target=ARN + "cluster/{cluster}",
    pin=Pin(DESCRIBED, picked("cluster.createdAt")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    sight=by_state("cluster.status", leaving=STATES[:1], stuck=("FAILED",), why="cluster.health.issues[0].message"),
    facts={
        "tags": Call("eks:DescribeCluster", ONE, query="cluster.{Tags: tags || `{}`}"),
        "protection": Call("eks:DescribeCluster", ONE, query="cluster.{On: deletionProtection}"),
    },
    flags=(DELETION_PROTECTION,),
    blockers=IN_THE_WAY_OF_THE_CLUSTER,
    population=Listing("clusters", Call("eks:ListClusters", resource="*"), "clusters[].{Name: @}", "Name"),
    calls=(Call("eks:DeleteCluster", ONE, effect=Effect.DELETE),),
    transient=("ResourceInUseException",),
    gone_within=1800,
    usually=240,
)
