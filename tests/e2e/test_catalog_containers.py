"""The actions of ECR, ECS and EKS end to end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, grant, step
from tests.e2e.driving import apply, here
from tests.e2e.wire import Answer, tapped

PLAYBOOKS = Path(__file__).parent.parent.parent / "playbooks"
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
    lab.client("ecs").create_service(cluster="staging", serviceName="idle", taskDefinition="orders", desiredCount=1)
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
            step("zero", "ecs.scale_service_to_zero", {"cluster": "staging", "service": "idle"}),
            step("idle", "ecs.delete_service", {"cluster": "staging", "service": "idle"}, needs=["zero"]),
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
        limits={"cascade": 2},
    ).run()

    assert tried.states["zero"] == "quarantined"
    assert {state for name, state in tried.states.items() if name != "zero"} == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}


def test_images_that_ecr_keeps_are_told_although_it_answers_200(lab: Lab) -> None:
    """An image that ECR names in ``failures`` is not deleted: the step says so, and the repository stays."""
    ecr = lab.client("ecr")
    ecr.create_repository(repositoryName="acme/orders")
    digest = push(ecr, "acme/orders", "v1")
    failure = {"imageId": {"imageDigest": digest}, "failureCode": "KmsError", "failureReason": "the key is disabled"}
    path = example(lab, "retire-an-image-repository.yaml")
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _, __, body: kept(failure) if b"imageIds" in body else None
        ended = apply(lab, path, "--output", "json", env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code != 0
    assert [one["state"] for one in ended.data["steps"]] == ["still there", "not attempted"]
    assert "KmsError" in ended.data["steps"][0]["why"]
    assert len(ecr.describe_repositories()["repositories"]) == 1


def kept(failure: Mapping[str, Any]) -> Answer:
    """Return an answer 200 about an image that was not deleted."""
    return Answer(200, json.dumps({"imageIds": [], "failures": [failure]}).encode())


def test_a4_a_service_that_a_tag_protects_is_not_deleted(lab: Lab) -> None:
    """Accident A4: the tag is read of the service itself, and refuses the playbook that everything else allows."""
    service(lab, "orders-staging", "orders", tags=[{"key": "Environment", "value": "production"}])
    path = example(lab, "retire-a-staging-service.yaml")
    ended = here(lab, "plan", str(path), code=lab.sandbox.code())

    assert ended.code == 3
    assert "Environment" in ended.out + ended.err
    found = lab.client("ecs").describe_services(cluster="orders-staging", services=["orders"])["services"]
    assert found[0]["status"] == "ACTIVE"


def test_the_playbooks_for_a_repository_and_a_staging_stack_work(lab: Lab) -> None:
    """Both example playbooks are done as they stand, but for the ids that AWS gives."""
    ecr, elb, ec2 = lab.client("ecr"), lab.client("elbv2"), lab.client("ec2")
    ecr.create_repository(repositoryName="acme/orders")
    push(ecr, "acme/orders", "v1")
    service(lab, "orders-staging", "orders")
    balancer = elb.create_load_balancer(Name="orders-staging", Subnets=[])["LoadBalancers"][0]["LoadBalancerArn"]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="orders", Description="orders", VpcId=vpc)["GroupId"]
    ids = {
        "app/orders-staging/0123456789abcdef": balancer.partition("loadbalancer/")[2],
        "sg-0123456789abcdef0": group,
    }
    for name in ("retire-an-image-repository.yaml", "retire-a-staging-service.yaml"):
        ended = apply(lab, example(lab, name, ids))
        assert ended.code == 0, ended.out + ended.err
        lab.sandbox.advance(60)

    assert ecr.describe_repositories()["repositories"] == []
    assert elb.describe_load_balancers()["LoadBalancers"] == []


def example(lab: Lab, name: str, ids: Mapping[str, str] | None = None) -> Path:
    """Write an example playbook with other ids, let the role have what it needs, and return its path."""
    text = (PLAYBOOKS / name).read_text(encoding="utf-8")
    for old, new in (ids or {}).items():
        text = text.replace(old, new)
    path = lab.directory / name
    path.write_text(text, encoding="utf-8")
    grant(lab, str(path))
    return path
