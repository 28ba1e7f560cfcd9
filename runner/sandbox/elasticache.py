"""What ministack's ElastiCache lacks: final snapshots, serverless ones too, and when a replication group was made.

Source: ElastiCache API reference, DeleteReplicationGroup, DeleteCacheCluster, DeleteServerlessCache.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.services import elasticache

from runner.sandbox.insides import Answer
from runner.sandbox.patching import Replacement
from runner.sandbox.simulator_request import one
from runner.sandbox.store_insides import (
    REPLICATION_GROUPS,
    SERVERLESS_SNAPSHOTS,
    elasticache_answer,
    elasticache_error,
    take_cache_snapshot,
)

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]
Service: TypeAlias = Callable[..., Awaitable[Answer]]

OK = 200
MADE = "_runner_made"
"""The field of a replication group in which it stands when it was made."""


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's ElastiCache keep snapshots."""
    return (
        Replacement(elasticache, "_delete_cache_cluster", ("p",), partial(_keeping, "CacheClusterId")),
        Replacement(elasticache, "_delete_replication_group", ("p",), partial(_keeping, "ReplicationGroupId")),
        Replacement(elasticache, "_delete_serverless_cache", ("p",), _keeping_serverless),
        Replacement(elasticache, "_create_replication_group", ("p",), _dated),
        Replacement(elasticache, "_rg_xml", ("rg",), _with_date),
        Replacement(elasticache, "reset", (), _forgetting),
        Replacement(
            elasticache, "handle_request", ("method", "path", "headers", "body", "query_params"), _with_serverless
        ),
    )


def _keeping(source: str, original: Handler) -> Handler:
    def delete(params: Mapping[str, Any]) -> Answer:
        name = one(params, "FinalSnapshotIdentifier")
        taken = take_cache_snapshot({"SnapshotName": [name], source: params[source]}) if name else (OK, {}, b"")
        return original(params) if taken[0] == OK else taken

    return delete


def _keeping_serverless(original: Handler) -> Handler:
    def delete(params: Mapping[str, Any]) -> Answer:
        name = one(params, "FinalSnapshotName")
        answer = original({key: value for key, value in params.items() if key != "FinalSnapshotName"})
        if name and answer[0] == OK:
            SERVERLESS_SNAPSHOTS[name] = one(params, "ServerlessCacheName")
        return answer

    return delete


def _dated(original: Handler) -> Handler:
    def create_replication_group(params: Mapping[str, Any]) -> Answer:
        answer = original(params)
        group = REPLICATION_GROUPS.get(one(params, "ReplicationGroupId"))
        if group is not None:
            group.setdefault(MADE, datetime.now(UTC).isoformat())
        return answer

    return create_replication_group


def _with_date(original: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any]], str]:
    def xml(group: Mapping[str, Any]) -> str:
        made = group.get(MADE)
        date = f"<ReplicationGroupCreateTime>{made}</ReplicationGroupCreateTime>" if made else ""
        return original(group) + date

    return xml


def _forgetting(original: Callable[[], None]) -> Callable[[], None]:
    def reset() -> None:
        original()
        SERVERLESS_SNAPSHOTS.clear()

    return reset


def _with_serverless(original: Service) -> Service:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]) -> Answer:
        params = {**query, **parse_qs(body.decode("utf-8", "replace"))}
        if one(params, "Action") == "DescribeServerlessCacheSnapshots":
            return _describe(one(params, "ServerlessCacheSnapshotName"))
        return await original(method, path, headers, body, query)

    return handle_request


def _describe(named: str) -> Answer:
    if named and named not in SERVERLESS_SNAPSHOTS:
        return elasticache_error("ServerlessCacheSnapshotNotFoundFault", f"{escape(named)} not found.", 404)
    listed = "".join(
        f"<ServerlessCacheSnapshot><ServerlessCacheSnapshotName>{escape(name)}</ServerlessCacheSnapshotName>"
        f"<Status>available</Status></ServerlessCacheSnapshot>"
        for name in SERVERLESS_SNAPSHOTS
        if named in ("", name)
    )
    return elasticache_answer(
        "DescribeServerlessCacheSnapshots", f"<ServerlessCacheSnapshots>{listed}</ServerlessCacheSnapshots>"
    )
