"""The ARNs that IAM evaluates, for requests in which ministack does not see what they are about.

A row says which parameter of a service's requests names the thing, and how the ARN is made from it. The services that
speak REST name it in the path.

Source: Service Authorization Reference, the services' tables of actions and resource types.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from runner.sandbox.simulator_request import one
from runner.sandbox.store_insides import MOUNT_TARGETS

Rows = Mapping[str, str]

ROWS: Mapping[str, Rows] = MappingProxyType(
    {
        "dynamodb": {"BackupArn": "{value}", "ResourceArn": "{value}"},
        "elasticache": {
            "ResourceName": "{value}",
            "ServerlessCacheName": "arn:aws:elasticache:{region}:{account}:serverlesscache:{value}",
            "ServerlessCacheSnapshotName": "arn:aws:elasticache:{region}:{account}:serverlesscachesnapshot:{value}",
            "SnapshotName": "arn:aws:elasticache:{region}:{account}:snapshot:{value}",
        },
        "kms": {"AliasName": "arn:aws:kms:{region}:{account}:{value}"},
        "monitoring": {"ResourceARN": "{value}"},
        "rds": {
            "DBClusterSnapshotIdentifier": "arn:aws:rds:{region}:{account}:cluster-snapshot:{value}",
            "DBInstanceAutomatedBackupsArn": "{value}",
            "DBParameterGroupName": "arn:aws:rds:{region}:{account}:pg:{value}",
            "DBSnapshotIdentifier": "arn:aws:rds:{region}:{account}:snapshot:{value}",
            "ResourceName": "{value}",
        },
        "sns": {"ResourceArn": "{value}"},
        "states": {"resourceArn": "{value}"},
    }
)
"""How a parameter becomes an ARN, by service and parameter."""


@dataclass(frozen=True)
class Request:
    """Hold what of a request tells which resource it is about."""

    service: str
    path: str
    body: bytes
    params: Mapping[str, Any]
    region: str
    account: str


def resource_arn(request: Request) -> str | None:
    """Return the ARN that IAM evaluates; None when ministack knows it."""
    match request.service:
        case "backup":
            return _of_backup(request)
        case "elasticfilesystem":
            return _of_efs(request)
        case service:
            rows = ROWS.get(service, {})
            values = ((template, _value(request, name)) for name, template in rows.items())
            found = (
                template.format(value=value, region=request.region, account=request.account)
                for template, value in values
                if value
            )
            return next(found, None)


def _of_backup(request: Request) -> str | None:
    match unquote(request.path).strip("/").split("/", 3):
        case ["backup-vaults", _, "recovery-points", point]:
            return point
        case ["backup-vaults", vault, *_]:
            return f"arn:aws:backup:{request.region}:{request.account}:backup-vault:{vault}"
        case ["tags", *arn]:
            return "/".join(arn)
        case _:
            return None


def _of_efs(request: Request) -> str | None:
    """Return a file system's ARN; IAM knows mount targets and tags by their file system only."""
    named = _value(request, "FileSystemId")
    match unquote(request.path).strip("/").split("/"):
        case [_, "mount-targets", target]:
            named = _file_system(target)
        case [_, "resource-tags", thing]:
            named = thing
        case _:
            pass
    return f"arn:aws:elasticfilesystem:{request.region}:{request.account}:file-system/{named}" if named else None


def _file_system(mount_target: str) -> str:
    return str((MOUNT_TARGETS.get(mount_target) or {}).get("FileSystemId", ""))


def _value(request: Request, name: str) -> str:
    """Return a parameter out of the form or the query, or out of a body in JSON."""
    if in_form := one(request.params, name):
        return in_form
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return ""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
