"""Deletion protection that ministack lacks: of Auto Scaling groups, load balancers and EKS clusters.

It can be switched, is told, and keeps the thing from being deleted. An Auto Scaling group with instances is not deleted
without force either, and an EKS cluster tells that it has no Fargate profiles.

Source: the API references of these services; Auto Scaling user guide, "Deletion protection".
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import alb, autoscaling, eks

from runner.sandbox.insides import (
    AUTOSCALING_GROUPS,
    EKS_CLUSTERS,
    LOAD_BALANCER_ATTRIBUTES,
    Answer,
    autoscaling_error,
    eks_answer,
    elb_error,
)
from runner.sandbox.patching import Replacement

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]
Handlers: TypeAlias = Mapping[str, Handler]
EKS = ("method", "path", "headers", "body", "query_params")
NAME, PROTECTION, UNPROTECTED = "AutoScalingGroupName", "DeletionProtection", "none"


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack know deletion protection."""
    return (
        Replacement(autoscaling, "_ACTION_MAP", None, lambda theirs: {**theirs, **_groups(theirs)}),
        Replacement(alb, "_ACTION_MAP", None, lambda theirs: {**theirs, **_load_balancers(theirs)}),
        Replacement(eks, "handle_request", EKS, _clusters),
    )


def _groups(theirs: Handlers) -> Handlers:
    def update(params: Mapping[str, Any]) -> Answer:
        group = AUTOSCALING_GROUPS.get(params.get(NAME))
        if group is not None and PROTECTION in params:
            group[PROTECTION] = params[PROTECTION]
        return theirs["UpdateAutoScalingGroup"](params)

    def describe(params: Mapping[str, Any]) -> Answer:
        status, headers, body = theirs["DescribeAutoScalingGroups"](params)
        text = bytes(body).decode()
        for group in AUTOSCALING_GROUPS.values():
            arn = f"<AutoScalingGroupARN>{group['AutoScalingGroupARN']}</AutoScalingGroupARN>"
            told = f"<{PROTECTION}>{group.get(PROTECTION, UNPROTECTED)}</{PROTECTION}>"
            text = text.replace(arn, arn + told)
        return status, headers, text.encode()

    def delete(params: Mapping[str, Any]) -> Answer:
        group = AUTOSCALING_GROUPS.get(params.get(NAME)) or {}
        if group.get(PROTECTION) == "prevent-all-deletion":
            return autoscaling_error("ValidationError", "The group has deletion protection.")
        if group.get("Instances") and params.get("ForceDelete") != "true":
            return autoscaling_error("ResourceInUse", "You cannot delete a group while there are instances in it.")
        return theirs["DeleteAutoScalingGroup"](params)

    return {"UpdateAutoScalingGroup": update, "DescribeAutoScalingGroups": describe, "DeleteAutoScalingGroup": delete}


def _load_balancers(theirs: Handlers) -> Handlers:
    def delete(params: Mapping[str, Any]) -> Answer:
        arn = params.get("LoadBalancerArn")
        attributes = LOAD_BALANCER_ATTRIBUTES.get(arn[0] if isinstance(arn, list) else arn) or []
        if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
            return elb_error("OperationNotPermitted", "Load balancer cannot be deleted: deletion protection is enabled")
        return theirs["DeleteLoadBalancer"](params)

    return {"DeleteLoadBalancer": delete}


def _clusters(original: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Answer:
        # "", "clusters", the cluster's name, and what is asked of it
        _, _, name, asked, *_ = [*path.split("/"), "", "", ""]
        for cluster in EKS_CLUSTERS.values():
            cluster.setdefault("deletionProtection", False)
        cluster = EKS_CLUSTERS.get(name)
        switched = (
            json.loads(body or b"{}").get("deletionProtection")
            if (method, asked) == ("POST", "update-config")
            else None
        )
        if cluster is not None and switched is not None:
            cluster["deletionProtection"] = switched
            return eks_answer(200, {"update": {"id": "switched", "status": "Successful"}})
        if cluster is not None and (method, asked) == ("GET", "fargate-profiles"):
            return eks_answer(200, {"fargateProfileNames": []})
        if cluster is not None and (method, asked) == ("DELETE", "") and cluster["deletionProtection"]:
            return eks_answer(
                400, {"__type": "InvalidRequestException", "message": "The cluster has deletion protection."}
            )
        return await original(method, path, headers, body, query_params)

    return handle_request
