"""Derive the IAM actions of an API call; what can be derived is not written down anywhere else.

The rule: an operation is called the same in IAM, under the service's IAM prefix. ``PREFIXES`` and ``EXCEPTIONS`` hold
everything that breaks the rule, and tests check both against the published list of IAM actions. A call may need
several actions, and which ones may depend on its arguments; not each of them is needed on each of its resources. An
operation that the tests do not know must not be used: the rule would happily invent an action that does not exist.

Source: AWS Service Authorization Reference; Amazon S3 user guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from runner.model.bound import BoundCall
from runner.model.call import Each


@dataclass(frozen=True)
class Needs:
    """Name one IAM action; ``given`` and ``unless`` name the argument whose presence or absence makes it needed.

    ``on`` names the types of the resources that it is needed on, as their ARNs write them; empty means all of them.
    """

    action: str
    given: str = ""
    unless: str = ""
    on: tuple[str, ...] = ()

    def applies(self, call: BoundCall) -> bool:
        """Return whether the call needs the action; an argument that a child may lack counts as both."""
        if self.given:
            value = call.args.get(self.given)
            return value is not None and value is not False
        return self.unless not in call.args or isinstance(call.args[self.unless], Each)

    def reaches(self, resource: str) -> bool:
        """Return whether the action is needed on a resource of the call."""
        return not self.on or resource == "*" or re.split("[:/]", resource.split(":", 5)[-1])[0] in self.on


def _is(*actions: str) -> tuple[Needs, ...]:
    return tuple(Needs(action) for action in actions)


def _versioned(plain: str, version: str) -> tuple[Needs, ...]:
    return (Needs(plain, unless="VersionId"), Needs(version, given="VersionId"))


_TAGS = Needs("ec2:CreateTags", given="TagSpecifications")
_BYPASS = Needs("s3:BypassGovernanceRetention", given="BypassGovernanceRetention")

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "docdb": "rds",
        "efs": "elasticfilesystem",
        "elb": "elasticloadbalancing",
        "elbv2": "elasticloadbalancing",
        "emr": "elasticmapreduce",
        "mwaa": "airflow",
        "neptune": "rds",
        "opensearch": "es",
        "opensearchserverless": "aoss",
        "s3control": "s3",
        "sesv2": "ses",
        "stepfunctions": "states",
        "timestream-write": "timestream",
    }
)
"""The IAM prefix of services that botocore names otherwise."""

EXCEPTIONS: Mapping[str, tuple[Needs, ...]] = MappingProxyType(
    {
        "ec2:CreateSnapshot": (*_is("ec2:CreateSnapshot"), _TAGS),
        "ec2:CreateSnapshots": (*_is("ec2:CreateSnapshots"), _TAGS),
        "efs:DeleteMountTarget": (
            Needs("elasticfilesystem:DeleteMountTarget", on=("file-system",)),
            Needs("ec2:DeleteNetworkInterface", on=("network-interface",)),
        ),
        "elasticache:DeleteCacheCluster": (
            Needs("elasticache:DeleteCacheCluster"),
            Needs("elasticache:CreateSnapshot", given="FinalSnapshotIdentifier"),
        ),
        "elasticache:DeleteReplicationGroup": (
            Needs("elasticache:DeleteReplicationGroup"),
            Needs("elasticache:CreateSnapshot", given="FinalSnapshotIdentifier"),
        ),
        "elasticache:DeleteServerlessCache": (
            Needs("elasticache:DeleteServerlessCache"),
            Needs("elasticache:CreateServerlessCacheSnapshot", given="FinalSnapshotName"),
        ),
        "iam:AddRoleToInstanceProfile": (
            Needs("iam:AddRoleToInstanceProfile", on=("instance-profile",)),
            Needs("iam:PassRole", on=("role",)),
        ),
        "rds:DeleteDBCluster": (
            Needs("rds:DeleteDBCluster"),
            Needs("rds:CreateDBClusterSnapshot", given="FinalDBSnapshotIdentifier"),
            Needs("rds:AddTagsToResource", given="FinalDBSnapshotIdentifier", on=("cluster-snapshot",)),
        ),
        "rds:DeleteDBInstance": (
            Needs("rds:DeleteDBInstance", on=("db",)),
            Needs("rds:CreateDBSnapshot", given="FinalDBSnapshotIdentifier"),
            Needs("rds:AddTagsToResource", given="FinalDBSnapshotIdentifier", on=("snapshot",)),
        ),
        "s3:DeleteBucketAnalyticsConfiguration": _is("s3:PutAnalyticsConfiguration"),
        "s3:DeleteBucketCors": _is("s3:PutBucketCORS"),
        "s3:DeleteBucketEncryption": _is("s3:PutEncryptionConfiguration"),
        "s3:DeleteBucketIntelligentTieringConfiguration": _is("s3:PutIntelligentTieringConfiguration"),
        "s3:DeleteBucketInventoryConfiguration": _is("s3:PutInventoryConfiguration"),
        "s3:DeleteBucketLifecycle": _is("s3:PutLifecycleConfiguration"),
        "s3:DeleteBucketMetricsConfiguration": _is("s3:PutMetricsConfiguration"),
        "s3:DeleteBucketOwnershipControls": _is("s3:PutBucketOwnershipControls"),
        "s3:DeleteBucketReplication": _is("s3:PutReplicationConfiguration"),
        "s3:DeleteBucketTagging": _is("s3:PutBucketTagging"),
        "s3:DeleteObject": (*_versioned("s3:DeleteObject", "s3:DeleteObjectVersion"), _BYPASS),
        "s3:DeleteObjectTagging": _versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
        "s3:DeleteObjects": (*_is("s3:DeleteObject", "s3:DeleteObjectVersion"), _BYPASS),
        "s3:DeletePublicAccessBlock": _is("s3:PutBucketPublicAccessBlock"),
        "s3:GetBucketAccelerateConfiguration": _is("s3:GetAccelerateConfiguration"),
        "s3:GetBucketAnalyticsConfiguration": _is("s3:GetAnalyticsConfiguration"),
        "s3:GetBucketEncryption": _is("s3:GetEncryptionConfiguration"),
        "s3:GetBucketIntelligentTieringConfiguration": _is("s3:GetIntelligentTieringConfiguration"),
        "s3:GetBucketInventoryConfiguration": _is("s3:GetInventoryConfiguration"),
        "s3:GetBucketLifecycle": _is("s3:GetLifecycleConfiguration"),
        "s3:GetBucketLifecycleConfiguration": _is("s3:GetLifecycleConfiguration"),
        "s3:GetBucketMetricsConfiguration": _is("s3:GetMetricsConfiguration"),
        "s3:GetBucketNotificationConfiguration": _is("s3:GetBucketNotification"),
        "s3:GetBucketReplication": _is("s3:GetReplicationConfiguration"),
        "s3:GetObject": _versioned("s3:GetObject", "s3:GetObjectVersion"),
        "s3:GetObjectAcl": _versioned("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
        "s3:GetObjectAttributes": (
            *_versioned("s3:GetObject", "s3:GetObjectVersion"),
            *_versioned("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
        ),
        "s3:GetObjectLockConfiguration": _is("s3:GetBucketObjectLockConfiguration"),
        "s3:GetObjectTagging": _versioned("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
        "s3:GetPublicAccessBlock": _is("s3:GetBucketPublicAccessBlock"),
        "s3:HeadBucket": _is("s3:ListBucket"),
        "s3:HeadObject": _versioned("s3:GetObject", "s3:GetObjectVersion"),
        "s3:ListBucketAnalyticsConfigurations": _is("s3:GetAnalyticsConfiguration"),
        "s3:ListBucketIntelligentTieringConfigurations": _is("s3:GetIntelligentTieringConfiguration"),
        "s3:ListBucketInventoryConfigurations": _is("s3:GetInventoryConfiguration"),
        "s3:ListBucketMetricsConfigurations": _is("s3:GetMetricsConfiguration"),
        "s3:ListBuckets": _is("s3:ListAllMyBuckets"),
        "s3:ListMultipartUploads": _is("s3:ListBucketMultipartUploads"),
        "s3:ListObjectVersions": _is("s3:ListBucketVersions"),
        "s3:ListObjects": _is("s3:ListBucket"),
        "s3:ListObjectsV2": _is("s3:ListBucket"),
        "s3:PutBucketLifecycleConfiguration": _is("s3:PutLifecycleConfiguration"),
        "s3:PutObject": (*_is("s3:PutObject"), Needs("s3:PutObjectRetention", given="ObjectLockMode")),
        "s3:ListParts": _is("s3:ListMultipartUploadParts"),
    }
)
"""What calls need whose IAM action is not called like the operation, by ``service:Operation``."""


def iam_actions(call: BoundCall) -> tuple[str, ...]:
    """Return every IAM action that AWS checks for the call, in a fixed order."""
    return tuple(need.action for need in _needed(call))


def iam_grants(call: BoundCall) -> tuple[tuple[str, str], ...]:
    """Return every pair of action and resource that AWS checks for the call, in a fixed order."""
    return tuple((need.action, arn) for need in _needed(call) for arn in call.resources if need.reaches(arn))


def _needed(call: BoundCall) -> tuple[Needs, ...]:
    if call.iam:
        return _is(*call.iam)
    needed = EXCEPTIONS.get(call.api)
    if needed is None:
        return _is(f"{PREFIXES.get(call.service, call.service)}:{call.operation}")
    return tuple(need for need in needed if need.applies(call))
