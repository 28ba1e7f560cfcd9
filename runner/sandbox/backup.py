"""What ministack's AWS Backup lacks: the recovery points that its backup jobs make, and their tags.

A point is deleted by the role that made the backup. When there is no such role, DeleteRecoveryPoint answers 200 all the
same, and the point is ``EXPIRED``. Source: AWS Backup API reference, DeleteRecoveryPoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote

from ministack.services import backup

from runner.sandbox.insides import ROLES, Answer
from runner.sandbox.patching import Replacement
from runner.sandbox.store_insides import BACKUP_JOBS, BACKUP_VAULTS, backup_absent, backup_answer

Service: TypeAlias = Callable[..., Awaitable[Answer]]
Job: TypeAlias = dict[str, Any]

STATUS = "_runner_status"
"""The field of a job in which the status of its recovery point stands when it is not ``COMPLETED``."""


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's AWS Backup know of recovery points."""
    return (
        Replacement(backup, "_list_recovery_points_by_vault", ("vault_name", "query"), _in_vault),
        Replacement(backup, "_describe_recovery_point", ("vault_name", "recovery_point_arn"), _described),
        Replacement(
            backup, "handle_request", ("method", "path", "headers", "body_bytes", "query_params"), _with_deletion
        ),
    )


def _in_vault(original: Callable[..., Answer]) -> Callable[..., Answer]:
    def list_recovery_points(vault: str, query: Any) -> Answer:
        if vault not in BACKUP_VAULTS:
            return original(vault, query)
        return backup_answer({"RecoveryPoints": [_point(job) for job in _jobs() if job["BackupVaultName"] == vault]})

    return list_recovery_points


def _described(original: Callable[..., Answer]) -> Callable[..., Answer]:
    def describe_recovery_point(vault: str, point: str) -> Answer:
        job = _job(vault, unquote(point))
        return original(vault, point) if job is None else backup_answer(_point(job))

    return describe_recovery_point


def _with_deletion(original: Service) -> Service:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]) -> Answer:
        match [method, *unquote(path).strip("/").split("/", 3)]:
            case ["DELETE", "backup-vaults", vault, "recovery-points", point]:
                return _delete(vault, point)
            case ["GET", "tags", *_] if (job := _by_arn(unquote(path).strip("/").removeprefix("tags/"))) is not None:
                return backup_answer({"Tags": job["RecoveryPointTags"]})
            case ["GET", "resources", *rest] if rest[-1].endswith("recovery-points"):
                resource = unquote(path).strip("/").removeprefix("resources/").removesuffix("/recovery-points")
                of_it = [_point(job) for job in _jobs() if job["ResourceArn"] == resource]
                return backup_answer({"RecoveryPoints": of_it})
            case _:
                return await original(method, path, headers, body, query)

    return handle_request


def _delete(vault: str, point: str) -> Answer:
    job = _job(vault, point)
    if job is None:
        return backup_absent(f"Recovery point '{point}' not found.")
    account, name = job["IamRoleArn"].split(":")[4], job["IamRoleArn"].rsplit("/", 1)[-1]
    if ROLES.get_scoped(account, None, name) is None:
        job[STATUS] = "EXPIRED"
        return backup_answer(None)
    job["RecoveryPointArn"] = ""
    BACKUP_VAULTS[vault]["NumberOfRecoveryPoints"] -= 1
    return backup_answer(None)


def _jobs() -> tuple[Job, ...]:
    return tuple(job for job in BACKUP_JOBS.values() if job["RecoveryPointArn"])


def _job(vault: str, point: str) -> Job | None:
    job = _by_arn(point)
    return job if job is not None and job["BackupVaultName"] == vault else None


def _by_arn(point: str) -> Job | None:
    return next((job for job in _jobs() if job["RecoveryPointArn"] == point), None)


def _point(job: Job) -> Job:
    status = job.get(STATUS, "COMPLETED")
    message = {"StatusMessage": "The role that made it cannot delete it."} if status == "EXPIRED" else {}
    names = ("RecoveryPointArn", "BackupVaultName", "BackupVaultArn", "ResourceArn", "IamRoleArn", "CreationDate")
    return {**{name: job[name] for name in names}, "Status": status, **message}
