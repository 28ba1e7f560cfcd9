"""ElastiCache: replication groups, clusters and serverless caches. A final snapshot is kept where the engine takes one.

Memcached takes none: a step for it says ``keep: {final_snapshot: false}``, and AWS refuses one that does not.
"""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, picked, whole
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Kept, Listing, P
from runner.model.way_back import Copy

IDENTIFIER = r"[a-z](?!.*--)(?:[a-z0-9-]{0,48}[a-z0-9])?"
RULE = "at most 50 lower-case letters, digits and hyphens, a letter first"
ARN = "arn:{partition}:elasticache:{region}:{account}:"

GROUP: Args = {"ReplicationGroupId": P("group")}
CLUSTER: Args = {"CacheClusterId": P("cluster")}
SERVERLESS: Args = {"ServerlessCacheName": P("cache")}

# It is being changed or backed up, and soon is not.
NOT_YET = ("InvalidCacheClusterState", "InvalidReplicationGroupState", "InvalidServerlessCacheStateFault")
TAGS = Call("elasticache:ListTagsForResource", {"ResourceName": P("target")})
UNDO = "Make a new one of the final snapshot, with the same name and settings: "

it_is_in_no_global_datastore = flag_is_off(
    "it_is_in_no_global_datastore",
    "group",
    "Global",
    "it belongs to a global datastore",
    "take it out of that with `elasticache:DisassociateGlobalReplicationGroup` first",
    off=None,
)
it_is_in_no_replication_group = flag_is_off(
    "it_is_in_no_replication_group",
    "cluster",
    "Group",
    "it is a member of a replication group",
    "use `elasticache.delete_replication_group` for the whole group",
    off=None,
)


def _snapshot(default: str) -> Copy:
    return Copy(
        "final_snapshot",
        "the name of its final snapshot: lower-case letters, digits and hyphens",
        r"[a-z](?!.*--)[a-z0-9-]{0,253}[a-z0-9]",
        default,
        Call(
            "elasticache:DescribeSnapshots",
            {"SnapshotName": P("final_snapshot")},
            absent=("SnapshotNotFoundFault",),
            resource=ARN + "snapshot:{final_snapshot}",
        ),
        whole("Snapshots[0].SnapshotStatus", within="Snapshots"),
    )


GROUP_SEEN = Call("elasticache:DescribeReplicationGroups", GROUP, absent=("ReplicationGroupNotFoundFault",))

REPLICATION_GROUP_FACTS = Call(
    "elasticache:DescribeReplicationGroups",
    GROUP,
    query="ReplicationGroups[0].{Global: GlobalReplicationGroupInfo.GlobalReplicationGroupId || `null`}",
)
CACHE_CLUSTERS = Listing(
    "cache clusters",
    Call("elasticache:DescribeReplicationGroups", GROUP),
    f"ReplicationGroups[].MemberClusters[].{{Arn: join('', ['{ARN}cluster:', @])}}",
    "Arn",
)
ALL_REPLICATION_GROUPS = Listing(
    "replication groups", Call("elasticache:DescribeReplicationGroups", resource="*"), "ReplicationGroups", "ARN"
)

DELETE_REPLICATION_GROUP = ActionType(
    name="elasticache.delete_replication_group",
    summary="Delete a replication group with all its clusters; a final snapshot is kept.",
    params=(Param("group", IDENTIFIER, f"the id of a replication group: {RULE}"),),
    target=ARN + "replicationgroup:{group}",
    pin=Pin(GROUP_SEEN, picked("ReplicationGroups[0].ReplicationGroupCreateTime")),
    recovery=Recovery.BACKUP,
    probe=GROUP_SEEN,
    sight=by_state("ReplicationGroups[0].Status", leaving=("deleting",), within="ReplicationGroups"),
    facts={"tags": TAGS, "group": REPLICATION_GROUP_FACTS},
    checks=(it_is_in_no_global_datastore,),
    copies=(_snapshot("{group}-final"),),
    calls=(
        Call(
            "elasticache:DeleteReplicationGroup",
            {**GROUP, "RetainPrimaryCluster": False, "FinalSnapshotIdentifier": Kept("final_snapshot")},
            effect=Effect.DELETE,
            also=(ARN + "snapshot:{final_snapshot}",),
        ),
    ),
    cascade=(CACHE_CLUSTERS,),
    population=ALL_REPLICATION_GROUPS,
    transient=NOT_YET,
    gone_within=3600,
    undo=UNDO + "`elasticache:CreateReplicationGroup`.",
)

CLUSTER_SEEN = Call("elasticache:DescribeCacheClusters", CLUSTER, absent=("CacheClusterNotFound",))

CACHE_CLUSTER_FACTS = Call(
    "elasticache:DescribeCacheClusters", CLUSTER, query="CacheClusters[0].{Group: ReplicationGroupId || `null`}"
)
ALL_CACHE_CLUSTERS = Listing(
    "cache clusters", Call("elasticache:DescribeCacheClusters", resource="*"), "CacheClusters", "ARN"
)

DELETE_CACHE_CLUSTER = ActionType(
    name="elasticache.delete_cache_cluster",
    summary="Delete a cache cluster that is in no replication group; a final snapshot is kept.",
    params=(Param("cluster", IDENTIFIER, f"the id of a cache cluster: {RULE}"),),
    target=ARN + "cluster:{cluster}",
    pin=Pin(CLUSTER_SEEN, picked("CacheClusters[0].CacheClusterCreateTime")),
    recovery=Recovery.BACKUP,
    probe=CLUSTER_SEEN,
    sight=by_state("CacheClusters[0].CacheClusterStatus", leaving=("deleting",), within="CacheClusters"),
    facts={"tags": TAGS, "cluster": CACHE_CLUSTER_FACTS},
    checks=(it_is_in_no_replication_group,),
    copies=(_snapshot("{cluster}-final"),),
    calls=(
        Call(
            "elasticache:DeleteCacheCluster",
            {**CLUSTER, "FinalSnapshotIdentifier": Kept("final_snapshot")},
            effect=Effect.DELETE,
            also=(ARN + "snapshot:{final_snapshot}",),
        ),
    ),
    population=ALL_CACHE_CLUSTERS,
    transient=NOT_YET,
    gone_within=3600,
    usually=300,
    undo=UNDO + "`elasticache:CreateCacheCluster`.",
)

SERVERLESS_SEEN = Call("elasticache:DescribeServerlessCaches", SERVERLESS, absent=("ServerlessCacheNotFoundFault",))

FINAL_SNAPSHOT = Copy(
    "final_snapshot",
    "the name of its final snapshot: lower-case letters, digits and hyphens",
    IDENTIFIER,
    "{cache}-final",
    Call(
        "elasticache:DescribeServerlessCacheSnapshots",
        {"ServerlessCacheSnapshotName": P("final_snapshot")},
        absent=("ServerlessCacheSnapshotNotFoundFault",),
        resource=ARN + "serverlesscachesnapshot:{final_snapshot}",
    ),
    whole("ServerlessCacheSnapshots[0].Status", within="ServerlessCacheSnapshots"),
)
ALL_SERVERLESS_CACHES = Listing(
    "serverless caches", Call("elasticache:DescribeServerlessCaches", resource="*"), "ServerlessCaches", "ARN"
)

DELETE_SERVERLESS_CACHE = ActionType(
    name="elasticache.delete_serverless_cache",
    summary="Delete a serverless cache; a final snapshot is kept.",
    params=(Param("cache", IDENTIFIER, f"the name of a serverless cache: {RULE}"),),
    target=ARN + "serverlesscache:{cache}",
    pin=Pin(SERVERLESS_SEEN, picked("ServerlessCaches[0].CreateTime")),
    recovery=Recovery.BACKUP,
    probe=SERVERLESS_SEEN,
    sight=by_state("ServerlessCaches[0].Status", leaving=("deleting",), within="ServerlessCaches"),
    facts={"tags": TAGS},
    copies=(FINAL_SNAPSHOT,),
    calls=(
        Call(
            "elasticache:DeleteServerlessCache",
            {**SERVERLESS, "FinalSnapshotName": Kept("final_snapshot")},
            effect=Effect.DELETE,
            also=(ARN + "serverlesscachesnapshot:{final_snapshot}",),
        ),
    ),
    population=ALL_SERVERLESS_CACHES,
    transient=NOT_YET,
    gone_within=1800,
    undo=UNDO + "`elasticache:CreateServerlessCache`.",
)
