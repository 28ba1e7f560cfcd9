"""IAM action names against the published list and against botocore's service models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from botocore.session import get_session

from runner.catalog import ACTIONS
from runner.model.binding import Binding
from runner.model.bound import BoundCall, calls_of, reads_of, writes_of
from runner.model.call import Args, Call, Each, Effect, Repeat, Sweep
from runner.model.key_span import KeySpan
from runner.policy.grants import grants_of
from runner.policy.names import EXCEPTIONS, PREFIXES, iam_actions, iam_grants

TEARDOWN_VERBS = ("Abort", "Delete", "Get", "Head", "List")

NOT_S3_OF_BUCKETS_AND_OBJECTS = frozenset(
    {
        # Operations younger than the published list, or of directory buckets and metadata tables.
        "DeleteBucketMetadataConfiguration",
        "DeleteObjectAnnotation",
        "GetBucketMetadataConfiguration",
        "GetObjectAnnotation",
        "ListDirectoryBuckets",
        "ListObjectAnnotations",
        "ListObjectAnnotationsV2",
    }
)


YOUNGER_THAN_THE_LIST = frozenset({"kms:GetKeyLastUsage"})


@cache
def _operations(service: str) -> tuple[str, ...]:
    return tuple(get_session().get_service_model(service).operation_names)


def _catalogue_calls() -> Iterator[BoundCall]:
    for action in ACTIONS:
        names = (*(param.name for param in action.params), *(copy.name for copy in action.copies))
        params = dict.fromkeys(names, "1")
        binding = Binding(params, "222222222222", "ap-northeast-1", "aws", "arn:aws:s3:::example")
        listings = (*action.cascade, *(blocker.listing for blocker in action.blockers))
        switches = (call for flag in action.flags for call in (flag.lift, flag.rearm))
        templates: tuple[Call | Repeat | Sweep, ...] = (
            *(action.probe, action.pin.call, *action.calls),
            *(*(listing.call for listing in listings), *(copy.probe for copy in action.copies), *switches),
        )
        planned = tuple(call for template in templates for call in binding.planned(template))
        facts = (call for fact in action.facts.values() for call in calls_of(binding.fact(fact)))
        yield from (*reads_of(planned), *writes_of(planned), *facts)


def test_every_call_of_the_catalogue_has_published_actions(published: frozenset[str]) -> None:
    """Whatever an action type reads or writes derives to actions that IAM knows."""
    derived = {action for call in _catalogue_calls() for action in iam_actions(call)}

    assert derived
    assert {action for action in derived if action.lower() not in published} <= YOUNGER_THAN_THE_LIST


def test_every_s3_call_a_teardown_can_need_has_published_actions(
    published: frozenset[str], call: Callable[..., BoundCall]
) -> None:
    """No S3 read or deletion falls through the table to an action that does not exist."""
    operations = [name for name in _operations("s3") if name.startswith(TEARDOWN_VERBS)]
    unknown = {
        operation
        for operation in operations
        for action in iam_actions(call(f"s3:{operation}"))
        if action.lower() not in published
    }

    assert len(operations) > 50
    assert unknown <= NOT_S3_OF_BUCKETS_AND_OBJECTS


def test_every_exception_is_a_real_operation_and_a_real_action(published: frozenset[str]) -> None:
    """A row of the table names an operation of botocore and actions of the published list."""
    for api, needs in EXCEPTIONS.items():
        service, operation = api.split(":")

        assert operation in _operations(service), api
        assert all(need.action.lower() in published for need in needs), api


def test_no_exception_repeats_the_rule() -> None:
    """A row that says what the rule says anyway would only hide the rows that matter."""
    redundant = [
        api for api, needs in EXCEPTIONS.items() if len(needs) == 1 and needs[0].action == api and not needs[0].given
    ]

    assert redundant == []


def test_every_prefix_exception_is_real(published: frozenset[str]) -> None:
    """A service with another prefix has deletions that exist under that prefix and not under its own name."""
    for service, prefix in PREFIXES.items():
        deletions = [name for name in _operations(service) if name.startswith(("Delete", "Terminate"))]

        assert any(f"{prefix}:{name}".lower() in published for name in deletions), service
        assert not any(f"{service}:{name}".lower() in published for name in deletions), service


@pytest.mark.parametrize(
    ("api", "action"),
    [
        ("docdb:DeleteDBCluster", "rds:DeleteDBCluster"),
        ("efs:DeleteFileSystem", "elasticfilesystem:DeleteFileSystem"),
        ("elb:DeleteLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer"),
        ("emr:TerminateJobFlows", "elasticmapreduce:TerminateJobFlows"),
        ("mwaa:DeleteEnvironment", "airflow:DeleteEnvironment"),
        ("neptune:DeleteDBCluster", "rds:DeleteDBCluster"),
        ("opensearch:DeleteDomain", "es:DeleteDomain"),
        ("opensearchserverless:DeleteCollection", "aoss:DeleteCollection"),
        ("s3control:DeleteAccessPoint", "s3:DeleteAccessPoint"),
        ("sesv2:DeleteEmailIdentity", "ses:DeleteEmailIdentity"),
        ("stepfunctions:DeleteStateMachine", "states:DeleteStateMachine"),
        ("timestream-write:DeleteTable", "timestream:DeleteTable"),
    ],
)
def test_a_service_goes_by_its_iam_prefix(
    api: str, action: str, published: frozenset[str], call: Callable[..., BoundCall]
) -> None:
    """A call of such a service derives to the action that IAM knows."""
    assert iam_actions(call(api)) == (action,)
    assert action.lower() in published


@pytest.mark.parametrize("service", ["cloudformation", "dynamodb", "ec2", "iam", "kms", "lambda", "logs", "sns", "sts"])
def test_the_rule_holds_for_common_services(
    service: str, published: frozenset[str], call: Callable[..., BoundCall]
) -> None:
    """Deletions of common services are called in IAM as botocore calls them."""
    deletions = [name for name in _operations(service) if name.startswith("Delete")]
    known = [name for name in deletions if iam_actions(call(f"{service}:{name}"))[0].lower() in published]

    assert len(known) >= 0.9 * len(deletions)


@pytest.mark.parametrize(
    ("api", "args", "actions"),
    [
        ("s3:DeleteBucket", {}, ("s3:DeleteBucket",)),
        ("s3:HeadBucket", {}, ("s3:ListBucket",)),
        ("s3:ListBuckets", {}, ("s3:ListAllMyBuckets",)),
        ("s3:ListObjectVersions", {}, ("s3:ListBucketVersions",)),
        ("s3:ListMultipartUploads", {}, ("s3:ListBucketMultipartUploads",)),
        ("s3:GetObjectLockConfiguration", {}, ("s3:GetBucketObjectLockConfiguration",)),
        ("s3:DeleteObject", {"Key": "a"}, ("s3:DeleteObject",)),
        ("s3:DeleteObject", {"Key": "a", "VersionId": "1"}, ("s3:DeleteObjectVersion",)),
        ("s3:DeleteObject", {"VersionId": Each("VersionId")}, ("s3:DeleteObject", "s3:DeleteObjectVersion")),
        ("s3:DeleteObjects", {}, ("s3:DeleteObject", "s3:DeleteObjectVersion")),
        (
            "s3:DeleteObjects",
            {"BypassGovernanceRetention": True},
            ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"),
        ),
        ("s3:DeleteObject", {"Key": "a", "BypassGovernanceRetention": False}, ("s3:DeleteObject",)),
        ("elbv2:DeleteLoadBalancer", {}, ("elasticloadbalancing:DeleteLoadBalancer",)),
        ("iam:SimulatePrincipalPolicy", {}, ("iam:SimulatePrincipalPolicy",)),
    ],
)
def test_a_call_needs_these_actions(
    api: str, args: Args, actions: tuple[str, ...], call: Callable[..., BoundCall]
) -> None:
    """The actions follow from operation and arguments; an argument that a child may lack counts both ways."""
    assert iam_actions(call(api, args=args)) == actions


S3_ACTIONS = {
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutObject": "PutObject",
}
"""Source: Amazon S3 user guide, "Required permissions for Amazon S3 API operations"; so are the versions below."""


@pytest.mark.parametrize(("operation", "action"), S3_ACTIONS.items())
def test_s3_calls_its_actions_otherwise(operation: str, action: str, call: Callable[..., BoundCall]) -> None:
    """A bucket's configuration is deleted with the permission to put it, and listed with the one to read it."""
    assert iam_actions(call(f"s3:{operation}")) == (f"s3:{action}",)


@pytest.mark.parametrize(
    ("operation", "plain", "of_a_version"),
    [
        ("DeleteObject", "DeleteObject", "DeleteObjectVersion"),
        ("DeleteObjectTagging", "DeleteObjectTagging", "DeleteObjectVersionTagging"),
        ("GetObject", "GetObject", "GetObjectVersion"),
        ("GetObjectAcl", "GetObjectAcl", "GetObjectVersionAcl"),
        ("GetObjectAttributes", "GetObject GetObjectAttributes", "GetObjectVersion GetObjectVersionAttributes"),
        ("GetObjectTagging", "GetObjectTagging", "GetObjectVersionTagging"),
        ("HeadObject", "GetObject", "GetObjectVersion"),
    ],
)
def test_a_version_has_actions_of_its_own(
    operation: str, plain: str, of_a_version: str, call: Callable[..., BoundCall]
) -> None:
    """Whoever may read or delete an object may not therefore do so with its versions, and the other way round."""
    versions = call(f"s3:{operation}", args={"Key": "a", "VersionId": "1"})

    assert [f"s3:{name}" for name in plain.split()] == list(iam_actions(call(f"s3:{operation}", args={"Key": "a"})))
    assert [f"s3:{name}" for name in of_a_version.split()] == list(iam_actions(versions))


@pytest.mark.parametrize(
    ("api", "given", "more"),
    [
        ("ec2:CreateSnapshot", "TagSpecifications", "ec2:CreateTags"),
        ("ec2:CreateSnapshots", "TagSpecifications", "ec2:CreateTags"),
        ("elasticache:DeleteCacheCluster", "FinalSnapshotIdentifier", "elasticache:CreateSnapshot"),
        ("elasticache:DeleteReplicationGroup", "FinalSnapshotIdentifier", "elasticache:CreateSnapshot"),
        ("elasticache:DeleteServerlessCache", "FinalSnapshotName", "elasticache:CreateServerlessCacheSnapshot"),
        ("rds:DeleteDBCluster", "FinalDBSnapshotIdentifier", "rds:CreateDBClusterSnapshot rds:AddTagsToResource"),
        ("rds:DeleteDBInstance", "FinalDBSnapshotIdentifier", "rds:CreateDBSnapshot rds:AddTagsToResource"),
        ("s3:DeleteObject", "BypassGovernanceRetention", "s3:BypassGovernanceRetention"),
        ("s3:PutObject", "ObjectLockMode", "s3:PutObjectRetention"),
    ],
)
def test_an_argument_takes_a_right_of_its_own(api: str, given: str, more: str, call: Callable[..., BoundCall]) -> None:
    """Tags, final snapshots and a retention are granted only where the call asks for them."""
    assert iam_actions(call(api)) == (api,)
    assert iam_actions(call(api, args={given: "x"})) == (api, *more.split())


def test_a_call_may_say_itself_what_it_needs() -> None:
    """Where the reviewers have named the actions, nothing is derived."""
    said = BoundCall("s3", "HeadBucket", {}, "eu-west-1", ("arn:aws:s3:::b",), Effect.READ, iam=("s3:Own", "s3:Other"))

    assert iam_actions(said) == ("s3:Own", "s3:Other")


def test_an_action_of_one_type_of_resource_is_needed_on_a_resource_that_is_not_known() -> None:
    """The star may be anything, so every action of the call is needed on it."""
    anywhere = BoundCall("efs", "DeleteMountTarget", {}, "eu-west-1", ("*",), Effect.DELETE)

    assert iam_grants(anywhere) == (
        ("elasticfilesystem:DeleteMountTarget", "*"),
        ("ec2:DeleteNetworkInterface", "*"),
    )


@pytest.mark.parametrize(
    ("api", "grants"),
    [
        (
            "efs:DeleteMountTarget",
            {
                ("elasticfilesystem:DeleteMountTarget", "elasticfilesystem::1:file-system/fs-1"),
                ("ec2:DeleteNetworkInterface", "ec2::1:network-interface/eni-1"),
            },
        ),
        (
            "iam:AddRoleToInstanceProfile",
            {
                ("iam:AddRoleToInstanceProfile", "iam::1:instance-profile/p"),
                ("iam:PassRole", "iam::1:role/R"),
            },
        ),
        (
            "rds:DeleteDBCluster",
            {
                *(("rds:DeleteDBCluster", name) for name in ("rds::1:cluster:c", "rds::1:cluster-snapshot:s")),
                *(("rds:CreateDBClusterSnapshot", name) for name in ("rds::1:cluster:c", "rds::1:cluster-snapshot:s")),
                ("rds:AddTagsToResource", "rds::1:cluster-snapshot:s"),
            },
        ),
    ],
)
def test_each_resource_of_a_call_has_its_own_actions(api: str, grants: set[tuple[str, str]]) -> None:
    """A right that one of them takes is not asked for, nor granted, on the others."""
    service, operation = api.split(":")
    arns = tuple(dict.fromkeys(f"arn:aws:{name}" for _, name in sorted(grants)))
    args = {"FinalDBSnapshotIdentifier": "s"}
    bound = BoundCall(service, operation, args, "eu-west-1", arns, Effect.DELETE)

    assert {(action, arn.removeprefix("arn:aws:")) for action, arn in iam_grants(bound)} == grants


@pytest.mark.parametrize(
    ("args", "grants"),
    [
        ({}, {("rds:DeleteDBInstance", "db:orders")}),
        (
            {"FinalDBSnapshotIdentifier": "last"},
            {
                ("rds:DeleteDBInstance", "db:orders"),
                ("rds:CreateDBSnapshot", "db:orders"),
                ("rds:CreateDBSnapshot", "snapshot:last"),
                ("rds:AddTagsToResource", "snapshot:last"),
            },
        ),
    ],
)
def test_an_action_is_needed_on_the_resources_it_is_about(args: Args, grants: set[tuple[str, str]]) -> None:
    """A final snapshot takes rights of its own, and nobody needs the right to delete it."""
    prefix = "arn:aws:rds:ap-northeast-1:222222222222:"
    snapshot = (f"{prefix}snapshot:last",) if args else ()
    bound = BoundCall(
        "rds", "DeleteDBInstance", args, "ap-northeast-1", (f"{prefix}db:orders", *snapshot), Effect.DELETE
    )

    assert {(action, arn.removeprefix(prefix)) for action, arn in iam_grants(bound)} == grants


def test_a_key_that_looks_like_a_variable_is_escaped() -> None:
    """A key is text and never a policy variable, in what a role needs as in what a session may do."""
    arn = "arn:aws:s3:::acme/a${b"
    call = BoundCall("s3", "DeleteObject", {"Bucket": "acme", "Key": "a${b"}, "eu-west-1", (arn,), Effect.DELETE)

    grants = grants_of((replace(call, keys=KeySpan("a${b", (("a${b", ""),))),))

    assert {resource for _, resource in grants} == {"arn:aws:s3:::acme/a${$}{b"}
