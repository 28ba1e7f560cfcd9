"""The actions of ECR, ECS and EKS end to end."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def push(ecr: Any, repository: str, tag: str, media: str = MANIFEST) -> str:
    """Put an image into a repository and return its digest."""
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media, "config": {"tag": tag}})
    image = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=media, imageTag=tag)
    digest: str = image["image"]["imageId"]["imageDigest"]
    return digest


def service(lab: Lab, cluster: str, name: str, **more: Any) -> None:
    """Make a service that runs nothing."""
    ecs = lab.client("ecs")
    ecs.create_cluster(clusterName=cluster)
    container = {"name": "web", "image": "busybox", "memory": 64}
    ecs.register_task_definition(family=name, containerDefinitions=[container])
    ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=name, desiredCount=0, **more)


def test_containers_are_deleted_with_mfa_only(lab: Lab) -> None:
    """Each is refused without MFA, deleted with it, seen gone or out of use, and nothing is left to do afterwards."""
    ecr, eks = lab.client("ecr"), lab.client("eks")
    ecr.create_repository(repositoryName="acme/orders")
    push(ecr, "acme/orders", "v1")
    push(ecr, "acme/orders", "all", INDEX)
    service(lab, "staging", "orders")
    lab.client("ecs").create_service(cluster="staging", serviceName="idle", taskDefinition="orders", desiredCount=0)
    eks.create_cluster(name="staging", roleArn="arn:aws:iam::222222222222:role/Teardown", resourcesVpcConfig={})
    eks.create_nodegroup(
        clusterName="staging", nodegroupName="old", subnets=[], nodeRole="arn:aws:iam::222222222222:role/x"
    )
    eks.update_cluster_config(name="staging", deletionProtection=True)
    tried = Trial(
        lab,
        (
            step("images", "ecr.delete_images", {"repository": "acme/orders"}),
            step("repository", "ecr.delete_repository", {"repository": "acme/orders"}, needs=["images"]),
            step("service", "ecs.delete_service", {"cluster": "staging", "service": "orders"}),
            step("idle", "ecs.delete_service", {"cluster": "staging", "service": "idle"}),
            step("cluster", "ecs.delete_cluster", {"cluster": "staging"}, needs=["service", "idle"]),
            step("nodes", "eks.delete_nodegroup", {"cluster": "staging", "nodegroup": "old"}),
            step(
                "kubernetes",
                "eks.delete_cluster",
                {"cluster": "staging"},
                needs=["nodes"],
                unprotect=["DeletionProtection"],
            ),
        ),
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
