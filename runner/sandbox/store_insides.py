"""The insides of ministack's databases, caches, keys and backups, named here and nowhere else; see ``insides``."""
# ruff: noqa: SLF001  # naming them is what this module is for

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core import responses
from ministack.services import backup, cognito, efs, elasticache, kms, rds

from runner.sandbox.insides import Answer, Store

SNAPSHOTS: Store = rds._snapshots
CLUSTER_SNAPSHOTS: Store = rds._db_cluster_snapshots
BACKUP_JOBS: Store = backup._jobs
BACKUP_VAULTS: Store = backup._vaults
REPLICATION_GROUPS: Store = elasticache._replication_groups
USER_POOLS: Store = cognito._user_pools
MOUNT_TARGETS: Store = efs._mount_targets
RETAINED_BACKUPS: Store = responses.AccountRegionScopedDict()
"""Automated backups of RDS by ARN, which ministack has no store for."""
SERVERLESS_SNAPSHOTS: Store = responses.AccountRegionScopedDict()
"""Snapshots of serverless caches by name, which ministack has no store for."""


def rds_answer(operation: str, result: str) -> Answer:
    """Return RDS's answer to an operation; ``result`` is XML."""
    answer: Answer = rds._xml(200, f"{operation}Response", f"<{operation}Result>{result}</{operation}Result>")
    return answer


def rds_error(code: str, message: str, status: int = 400) -> Answer:
    """Return RDS's error answer; ``message`` is XML text."""
    answer: Answer = rds._error(code, message, status)
    return answer


def rds_instance(identifier: str) -> dict[str, Any] | None:
    """Return what is stored of a DB instance."""
    found: dict[str, Any] | None = rds._resolve_instance(identifier)
    return found


def elasticache_answer(operation: str, result: str) -> Answer:
    """Return ElastiCache's answer to an operation; ``result`` is XML."""
    answer: Answer = elasticache._xml(200, f"{operation}Response", f"<{operation}Result>{result}</{operation}Result>")
    return answer


def elasticache_error(code: str, message: str, status: int) -> Answer:
    """Return ElastiCache's error answer; ``message`` is XML text."""
    answer: Answer = elasticache._error(code, message, status)
    return answer


def take_cache_snapshot(params: Mapping[str, Any]) -> Answer:
    """Take a snapshot of a cluster or a replication group."""
    answer: Answer = elasticache._create_snapshot(params)
    return answer


def backup_answer(data: Mapping[str, Any] | None) -> Answer:
    """Return AWS Backup's answer; without data it has no body."""
    answer: Answer = backup._no_content() if data is None else backup._ok(dict(data))
    return answer


def backup_absent(message: str) -> Answer:
    """Return AWS Backup's answer about what is not there."""
    answer: Answer = backup._not_found(message)
    return answer


def kms_key(key_id: str) -> dict[str, Any] | None:
    """Return what is stored of a key."""
    found: dict[str, Any] | None = kms._resolve_key(key_id)
    return found
