"""ECS: services are scaled to zero, and then deleted without force; clusters only when nothing is left in them."""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, by_state, picked
from runner.model.action import ActionType, Blocker, GoneWhen, Param, Pin, Recovery
from runner.model.call import TARGET, Args, Call, Effect, Listing, P
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, SetAside, Sighting, Unclear

ARN = "arn:{partition}:ecs:{region}:{account}:"
NAME = r"[A-Za-z0-9_-]{1,255}"
CLUSTER = Param("cluster", NAME, "the name of a cluster: letters, digits, hyphens and underscores")
SERVICE = (CLUSTER, Param("service", NAME, "the name of a service: letters, digits, hyphens and underscores"))

ONE: Args = {"cluster": P("cluster"), "service": P("service")}
MANY: Args = {"cluster": P("cluster"), "services": (P("service"),)}
DESCRIBED = Call("ecs:DescribeServices", MANY, absent=("ClusterNotFoundException",))
GONE = "INACTIVE"


def _service(query: str) -> Call:
    return Call("ecs:DescribeServices", {**MANY, "include": ("TAGS",)}, query=f"services[0].{query}")


def out_of_use(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether a service runs nothing and is to run nothing."""
    del params
    services = data.get("services")
    if not isinstance(services, list | tuple):
        return Unclear("the answer holds no services")
    if not services or at(data, "services[0].status") == GONE:
        return NotThere("AWS lists it no more")
    counts = at(data, "services[0].[desiredCount, runningCount, pendingCount]")
    return SetAside("it is scaled to zero") if counts == [0, 0, 0] else InPlace(f"its counts are {counts}")


SCALE_DOWN: Args = {**ONE, "desiredCount": 0}
TAGS = _service("{Tags: tags[].{Key: key, Value: value}}")
TASKS = Listing(
    "running tasks",
    Call("ecs:ListTasks", {"cluster": P("cluster"), "serviceName": P("service")}, resource="*"),
    "taskArns[].{Arn: @}",
    "Arn",
)

SCALE_SERVICE_TO_ZERO = ActionType(
    name="ecs.scale_service_to_zero",
    summary="Stop every task of a service and start none any more.",
    params=SERVICE,
    target=ARN + "service/{cluster}/{service}",
    pin=Pin(DESCRIBED, picked("services[0].createdAt")),
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=out_of_use,
    # The count is what whoever scales it up again has to know.
    facts={"tags": TAGS, "count": _service("{DesiredCount: desiredCount}")},
    cascade=(TASKS,),
    calls=(Call("ecs:UpdateService", SCALE_DOWN, effect=Effect.DELETE),),
    gone_when=GoneWhen.SET_ASIDE,
    gone_within=900,
    undo="ecs:UpdateService with the desired count that the plan holds.",
)

CONFIGURATION = _service(
    "{TaskDefinition: taskDefinition, LoadBalancers: loadBalancers, Network: networkConfiguration, "
    "Launch: launchType, Registries: serviceRegistries}"
)

DELETE_SERVICE = ActionType(
    name="ecs.delete_service",
    summary="Stop every task of a service and delete it; its task definitions and load balancer stay.",
    params=SERVICE,
    target=ARN + "service/{cluster}/{service}",
    pin=Pin(DESCRIBED, picked("services[0].createdAt")),
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=by_state("services[0].status", gone=(GONE,), leaving=("DRAINING",), within="services"),
    facts={"tags": TAGS, "configuration": CONFIGURATION},
    cascade=(TASKS,),
    calls=(
        Call("ecs:UpdateService", SCALE_DOWN, effect=Effect.PREPARE),
        Call("ecs:DeleteService", {**ONE, "force": False}, effect=Effect.DELETE),
    ),
    gone_within=900,
    undo="ecs:CreateService with the configuration that the plan holds.",
)

CLUSTERS = Call("ecs:DescribeClusters", {"clusters": (P("cluster"),)})


def _in_it(what: str, call: str, items: str, resource: str = TARGET) -> Blocker:
    listed = Call(f"ecs:{call}", {"cluster": P("cluster")}, resource=resource)
    return Blocker(Listing(what, listed, items, "Arn"))


CLUSTER_TAGS = Call(
    "ecs:DescribeClusters",
    {"clusters": (P("cluster"),), "include": ("TAGS",)},
    query="clusters[0].{Tags: tags[].{Key: key, Value: value}}",
)
CLUSTER_CONFIGURATION = Call(
    "ecs:DescribeClusters",
    {"clusters": (P("cluster"),), "include": ("SETTINGS", "CONFIGURATIONS")},
    query="clusters[0].{Settings: settings, Providers: capacityProviders, Configuration: configuration}",
)

CLUSTER_SIGHT = by_state(
    "clusters[0].status", gone=(GONE,), leaving=("DEPROVISIONING",), stuck=("FAILED",), within="clusters"
)
IN_THE_WAY_OF_THE_CLUSTER = (
    _in_it("services", "ListServices", "serviceArns[].{Arn: @}", "*"),
    _in_it("container instances", "ListContainerInstances", "containerInstanceArns[].{Arn: @}"),
)

DELETE_CLUSTER = ActionType(
    name="ecs.delete_cluster",
    summary="Delete a cluster without services, tasks and instances.",
    params=(CLUSTER,),
    target=ARN + "cluster/{cluster}",
    # ECS tells nothing of a cluster that a later one of its name has not, too.
    pin=Pin(CLUSTERS, picked("clusters[0].clusterArn")),
    recovery=Recovery.REVERT,
    probe=CLUSTERS,
    sight=CLUSTER_SIGHT,
    facts={"tags": CLUSTER_TAGS, "configuration": CLUSTER_CONFIGURATION},
    blockers=IN_THE_WAY_OF_THE_CLUSTER,
    population=Listing("clusters", Call("ecs:ListClusters", resource="*"), "clusterArns[].{Arn: @}", "Arn"),
    calls=(Call("ecs:DeleteCluster", {"cluster": P("cluster")}, effect=Effect.DELETE),),
    transient=("ClusterContainsTasksException", "UpdateInProgressException"),
    gone_within=600,
    undo="ecs:CreateCluster with the configuration that the plan holds.",
)
