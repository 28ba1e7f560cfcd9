"""ElastiCache's actions end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step


def test_caches_go_and_their_snapshots_stay(lab: Lab) -> None:
    """Of each kind of cache a final snapshot is left, unless the step keeps none: Memcached has none to keep."""
    caches = lab.client("elasticache")
    small = {"CacheNodeType": "cache.t3.micro"}
    caches.create_replication_group(
        ReplicationGroupId="carts", ReplicationGroupDescription="-", Engine="redis", NumCacheClusters=1, **small
    )
    caches.create_cache_cluster(CacheClusterId="single", Engine="redis", NumCacheNodes=1, **small)
    caches.create_cache_cluster(CacheClusterId="pages", Engine="memcached", NumCacheNodes=1, **small)
    caches.create_serverless_cache(ServerlessCacheName="burst", Engine="redis")
    tried = Trial(
        lab,
        (
            step("group", "elasticache.delete_replication_group", {"group": "carts"}),
            step("cluster", "elasticache.delete_cache_cluster", {"cluster": "single"}),
            step("memcached", "elasticache.delete_cache_cluster", {"cluster": "pages"}, keep={"final_snapshot": False}),
            step("serverless", "elasticache.delete_serverless_cache", {"cache": "burst"}),
        ),
        limits={"cascade": 1},
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    kept = {one["SnapshotName"] for one in caches.describe_snapshots()["Snapshots"]}
    assert kept == {"carts-final", "single-final"}
    serverless = caches.describe_serverless_cache_snapshots()["ServerlessCacheSnapshots"]
    assert [one["ServerlessCacheSnapshotName"] for one in serverless] == ["burst-final"]
