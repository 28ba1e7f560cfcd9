"""The catalogue: one file per AWS service, each action type one value; no IO, no client, no prompt.

``ACTIONS`` is an explicit tuple in a fixed order. A new action is written in its service's file and added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runner.catalog.autoscaling import DELETE_GROUP, SCALE_TO_ZERO
from runner.catalog.backup import DELETE_BACKUP_VAULT, DELETE_RECOVERY_POINT
from runner.catalog.cloudformation import DELETE_STACK
from runner.catalog.cloudwatch import DELETE_ALARM
from runner.catalog.cognito import DELETE_USER_POOL
from runner.catalog.dynamodb import DELETE_BACKUP, DELETE_TABLE
from runner.catalog.ec2 import TERMINATE_INSTANCE
from runner.catalog.ec2_images import DELETE_KEY_PAIR, DELETE_LAUNCH_TEMPLATE, DEREGISTER_IMAGE
from runner.catalog.ec2_network import (
    DELETE_NAT_GATEWAY,
    DELETE_NETWORK_INTERFACE,
    DELETE_SECURITY_GROUP,
    RELEASE_ADDRESS,
)
from runner.catalog.ec2_storage import DELETE_SNAPSHOT, DELETE_VOLUME
from runner.catalog.ec2_vpc import DELETE_SUBNET, DELETE_VPC
from runner.catalog.ecr import DELETE_IMAGES, DELETE_REPOSITORY
from runner.catalog.ecs import DELETE_CLUSTER as DELETE_ECS_CLUSTER
from runner.catalog.ecs import DELETE_SERVICE, SCALE_SERVICE_TO_ZERO
from runner.catalog.efs import DELETE_FILE_SYSTEM, DELETE_MOUNT_TARGET
from runner.catalog.eks import DELETE_CLUSTER as DELETE_EKS_CLUSTER
from runner.catalog.eks import DELETE_NODEGROUP
from runner.catalog.elasticache import DELETE_CACHE_CLUSTER, DELETE_REPLICATION_GROUP, DELETE_SERVERLESS_CACHE
from runner.catalog.elbv2 import DELETE_LOAD_BALANCER
from runner.catalog.iam import DELETE_INSTANCE_PROFILE, DELETE_POLICY, DELETE_ROLE
from runner.catalog.iam_devices import DELETE_VIRTUAL_MFA_DEVICE
from runner.catalog.iam_providers import DELETE_OIDC_PROVIDER, DELETE_SAML_PROVIDER
from runner.catalog.iam_restore import CREATE_ROLE
from runner.catalog.iam_users import (
    ACTIVATE_ACCESS_KEY,
    DEACTIVATE_ACCESS_KEY,
    DELETE_ACCESS_KEY,
    DELETE_LOGIN_PROFILE,
    DELETE_USER,
)
from runner.catalog.kms import CANCEL_KEY_DELETION, DELETE_ALIAS, DISABLE_KEY, ENABLE_KEY, SCHEDULE_KEY_DELETION
from runner.catalog.lambda_ import DELETE_FUNCTION, DELETE_LAYER_VERSION
from runner.catalog.logs import DELETE_LOG_GROUP
from runner.catalog.rds import DELETE_DB_CLUSTER, DELETE_DB_CLUSTER_MEMBER, DELETE_DB_INSTANCE
from runner.catalog.rds_backups import DELETE_AUTOMATED_BACKUP, DELETE_DB_CLUSTER_SNAPSHOT, DELETE_DB_SNAPSHOT
from runner.catalog.route53 import DELETE_HOSTED_ZONE, DELETE_RECORD
from runner.catalog.s3 import DELETE_BUCKET
from runner.catalog.s3_expiry import EXPIRE_BUCKET
from runner.catalog.s3_markers import HIDE_OBJECTS, SHOW_OBJECTS
from runner.catalog.s3_objects import DELETE_OBJECT, DELETE_OBJECTS, EMPTY_BUCKET
from runner.catalog.s3_quarantine import DENY_ALL, OPEN_BUCKET, RESTORE_POLICY
from runner.catalog.s3control import DELETE_ACCESS_POINT
from runner.catalog.secretsmanager import DELETE_SECRET, RESTORE_SECRET
from runner.catalog.sns import DELETE_TOPIC
from runner.catalog.sqs import DELETE_QUEUE, PURGE_QUEUE
from runner.catalog.ssm import DELETE_PARAMETER
from runner.catalog.stepfunctions import DELETE_STATE_MACHINE
from runner.model.action import ActionType

ACTIONS: tuple[ActionType, ...] = (
    DELETE_GROUP,
    SCALE_TO_ZERO,
    DELETE_BACKUP_VAULT,
    DELETE_RECOVERY_POINT,
    DELETE_STACK,
    DELETE_ALARM,
    DELETE_USER_POOL,
    DELETE_BACKUP,
    DELETE_TABLE,
    DELETE_KEY_PAIR,
    DELETE_LAUNCH_TEMPLATE,
    DELETE_NAT_GATEWAY,
    DELETE_NETWORK_INTERFACE,
    DELETE_SECURITY_GROUP,
    DELETE_SNAPSHOT,
    DELETE_SUBNET,
    DELETE_VOLUME,
    DELETE_VPC,
    DEREGISTER_IMAGE,
    RELEASE_ADDRESS,
    TERMINATE_INSTANCE,
    DELETE_IMAGES,
    DELETE_REPOSITORY,
    DELETE_ECS_CLUSTER,
    DELETE_SERVICE,
    SCALE_SERVICE_TO_ZERO,
    DELETE_FILE_SYSTEM,
    DELETE_MOUNT_TARGET,
    DELETE_EKS_CLUSTER,
    DELETE_NODEGROUP,
    DELETE_CACHE_CLUSTER,
    DELETE_REPLICATION_GROUP,
    DELETE_SERVERLESS_CACHE,
    DELETE_LOAD_BALANCER,
    ACTIVATE_ACCESS_KEY,
    CREATE_ROLE,
    DEACTIVATE_ACCESS_KEY,
    DELETE_ACCESS_KEY,
    DELETE_INSTANCE_PROFILE,
    DELETE_LOGIN_PROFILE,
    DELETE_OIDC_PROVIDER,
    DELETE_POLICY,
    DELETE_ROLE,
    DELETE_SAML_PROVIDER,
    DELETE_USER,
    DELETE_VIRTUAL_MFA_DEVICE,
    CANCEL_KEY_DELETION,
    DELETE_ALIAS,
    DISABLE_KEY,
    ENABLE_KEY,
    SCHEDULE_KEY_DELETION,
    DELETE_FUNCTION,
    DELETE_LAYER_VERSION,
    DELETE_LOG_GROUP,
    DELETE_AUTOMATED_BACKUP,
    DELETE_DB_CLUSTER,
    DELETE_DB_CLUSTER_MEMBER,
    DELETE_DB_CLUSTER_SNAPSHOT,
    DELETE_DB_INSTANCE,
    DELETE_DB_SNAPSHOT,
    DELETE_HOSTED_ZONE,
    DELETE_RECORD,
    DELETE_BUCKET,
    DELETE_OBJECT,
    DELETE_OBJECTS,
    DENY_ALL,
    EMPTY_BUCKET,
    EXPIRE_BUCKET,
    HIDE_OBJECTS,
    OPEN_BUCKET,
    RESTORE_POLICY,
    SHOW_OBJECTS,
    DELETE_ACCESS_POINT,
    DELETE_SECRET,
    RESTORE_SECRET,
    DELETE_TOPIC,
    DELETE_QUEUE,
    PURGE_QUEUE,
    DELETE_PARAMETER,
    DELETE_STATE_MACHINE,
)
"""Every action type, sorted by name."""

BY_NAME: Mapping[str, ActionType] = MappingProxyType({action.name: action for action in ACTIONS})
"""The catalogue by action name."""
