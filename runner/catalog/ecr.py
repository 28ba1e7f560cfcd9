"""ECR: images, and repositories without any. Every call names the registry, which is the account's."""

from __future__ import annotations

from runner.catalog.answers import none_listed, picked
from runner.model.action import ActionType, GoneWhen, Param, Pin, Recovery
from runner.model.call import Args, Call, Children, Each, Effect, Listing, P, Sweep

REPOSITORY: Args = {"registryId": P("account"), "repositoryName": P("repository")}
REPOSITORIES: Args = {"registryId": P("account"), "repositoryNames": (P("repository"),)}
PROBE = Call("ecr:DescribeRepositories", REPOSITORIES, absent=("RepositoryNotFoundException",))
CREATED = Pin(PROBE, picked("repositories[0].createdAt"))
NAME = Param(
    "repository",
    # Source: ECR API reference, CreateRepository.
    r"(?=.{2,256}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*",
    "the name of a repository, with its path: lower-case letters, digits and ._-/",
)
TARGET = "arn:{partition}:ecr:{region}:{account}:repository/{repository}"
CONFIGURATION = {
    "tags": Call("ecr:ListTagsForResource", {"resourceArn": P("target")}),
    "policy": Call(
        "ecr:GetRepositoryPolicy",
        REPOSITORY,
        absent=("RepositoryPolicyNotFoundException",),
        query="{Policy: policyText}",
    ),
}

IMAGES = Call("ecr:DescribeImages", REPOSITORY)
IMAGE: Args = {"imageDigest": Each("imageDigest")}
INDEX = "contains(imageManifestMediaType || '', 'index') || contains(imageManifestMediaType || '', 'manifest.list')"
"""Whether an image only names others, one for each platform; ECR keeps those until it is gone."""


def _sweep(children: str, condition: str) -> Sweep:
    def delete(images: tuple[Args, ...] | Children) -> Call:
        return Call("ecr:BatchDeleteImage", {**REPOSITORY, "imageIds": images}, effect=Effect.DELETE)

    return Sweep(
        children,
        list=IMAGES,
        items=(f"imageDetails[?{condition}]",),
        each=delete((IMAGE,)),
        child=IMAGE,
        batch=delete(Children()),
        batch_size=100,
        size_field="imageSizeInBytes",
    )


DELETE_IMAGES = ActionType(
    name="ecr.delete_images",
    summary="Delete every image of a repository, whatever tags it has.",
    params=(NAME,),
    target=TARGET,
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts=CONFIGURATION,
    calls=(_sweep("image indexes", INDEX), _sweep("images", f"!({INDEX})")),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    establishes=("repository_is_empty",),
)

repository_is_empty = none_listed(
    "repository_is_empty",
    "images",
    "imageIds[].imageDigest",
    "it holds images",
    "add an ecr.delete_images step that this step needs",
    more="nextToken",
)

DELETE_REPOSITORY = ActionType(
    name="ecr.delete_repository",
    summary="Delete a repository that holds no image, with its policies.",
    params=(NAME,),
    target=TARGET,
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=PROBE,
    facts={**CONFIGURATION, "images": Call("ecr:ListImages", {**REPOSITORY, "maxResults": 1})},
    changing=("images",),
    checks=(repository_is_empty,),
    population=Listing("repositories", Call("ecr:DescribeRepositories", resource="*"), "repositories", "repositoryArn"),
    calls=(Call("ecr:DeleteRepository", {**REPOSITORY, "force": False}, effect=Effect.DELETE),),
    undo="ecr:CreateRepository and ecr:SetRepositoryPolicy with what the plan holds; images have to be pushed again.",
)
