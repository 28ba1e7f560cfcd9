"""The ARNs and actions that AWS evaluates, where ministack takes others: in ECR, ECS, EKS, Auto Scaling and Lambda.

ministack judges a call on a repository, a cluster or a thing with tags that the request names otherwise than most by
``*``, one on a service or a node group by its cluster's ARN, one on an Auto Scaling group by an ARN with a ``*`` in the
place of its id, and takes every look at a version of a layer for ``ListLayers``. It answers with an empty policy where
a function has none.

Source: Service Authorization Reference, the tables of these services.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions
from ministack.services import lambda_svc

from runner.sandbox.insides import AUTOSCALING_GROUPS, EKS_NODEGROUPS, Answer, lambda_error
from runner.sandbox.patching import Replacement
from runner.sandbox.resources import Request
from runner.sandbox.simulator_request import one

OK = 200
LAYERS = {
    ("GET", ""): "GetLayerVersion",
    ("DELETE", ""): "DeleteLayerVersion",
    ("GET", "policy"): "GetLayerVersionPolicy",
}
"""What a request on a version of a layer is, by its method and the end of its path."""


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack tell Lambda's actions apart, and functions without a policy."""
    return (
        Replacement(iam_actions, "_lambda_action", ("method", "path"), _lambda_action),
        Replacement(lambda_svc, "_get_policy", ("func_name", "query_params", "path_qualifier"), _get_policy),
    )


def resource_arn(request: Request) -> str | None:
    """Return the ARN of what a request names, where ministack takes another; None for other requests."""
    start = f"arn:aws:{request.service}:{request.region}:{request.account}:"
    match request.service:
        case "autoscaling":
            group = _stored(AUTOSCALING_GROUPS, request, one(request.params, "AutoScalingGroupName"))
            return None if group is None else str(group["AutoScalingGroupARN"])
        case "ecr":
            body = _json(request.body)
            repositories = body.get("repositoryNames")
            return f"{start}repository/{repositories[0]}" if repositories else body.get("resourceArn")
        case "ecs":
            body = _json(request.body)
            services, clusters = body.get("services") or [body.get("service")], body.get("clusters")
            cluster = f"{start}cluster/{clusters[0]}" if clusters else None
            return f"{start}service/{body.get('cluster')}/{services[0]}" if services[0] else cluster
        case "eks":
            # "clusters", the cluster's name, "node-groups", the group's name
            _, cluster, kind, name, *_ = [*_parts(request.path), *[""] * 4]
            if kind != "node-groups" or not name:
                return None
            group = _stored(EKS_NODEGROUPS, request, f"{cluster}/{name}") or {}
            return str(group.get("nodegroupArn", f"{start}nodegroup/{cluster}/{name}/none"))
        case "lambda":
            name, version, _ = _layer(request.path)
            return f"{start}layer:{name}:{version}" if version else None
        case _:
            return None


def _get_policy(original: Callable[..., Answer]) -> Callable[..., Answer]:
    def get_policy(func_name: str, query_params: Any = None, path_qualifier: str | None = None) -> Answer:
        status, headers, body = original(func_name, query_params, path_qualifier)
        if status == OK and not json.loads(json.loads(body)["Policy"])["Statement"]:
            return lambda_error("ResourceNotFoundException", "The resource you requested does not exist.")
        return status, headers, body

    return get_policy


def _lambda_action(original: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    def lambda_action(method: str, path: str) -> str | None:
        _, version, rest = _layer(path)
        return LAYERS.get((method, rest)) if version else original(method, path)

    return lambda_action


def _layer(path: str) -> tuple[str, str, str]:
    """Return the layer, the version and what is asked of it: ``/…/layers/NAME/versions/3/policy``."""
    parts = _parts(path)
    if "layers" not in parts or "versions" not in parts:
        return "", "", ""
    name, _, version, *rest = [*parts[parts.index("layers") + 1 :], ""]
    return name, version, rest[0] if rest else ""


def _parts(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def _json(body: bytes) -> dict[str, Any]:
    found = json.loads(body or b"{}")
    return found if isinstance(found, dict) else {}


def _stored(store: Any, request: Request, key: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = store.get_scoped(request.account, request.region, key) if key else None
    return found
