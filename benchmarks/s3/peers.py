"""Empty a bucket with boto3: ``python benchmarks/s3/peers.py WAY ENDPOINT BUCKET``; prints wall and CPU seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

THREADS = 16


def resource(endpoint: str, bucket: str) -> None:
    """Do it as the documentation of boto3 shows it."""
    boto3.resource("s3", endpoint_url=endpoint).Bucket(bucket).object_versions.delete()


def threads(endpoint: str, bucket: str) -> None:
    """List with a paginator of boto3 and delete from a pool of threads, quietly."""
    s3: Any = boto3.client("s3", endpoint_url=endpoint, config=Config(max_pool_connections=THREADS))
    with ThreadPoolExecutor(THREADS) as pool:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            pool.submit(s3.delete_objects, Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


WAYS: dict[str, Callable[[str, str], None]] = {"resource": resource, "threads": threads}


def main() -> None:
    """Empty the bucket in one of the ways."""
    way, endpoint, bucket = sys.argv[1:]
    started, cpu = time.perf_counter(), time.process_time()
    WAYS[way](endpoint, bucket)
    sys.stdout.write(f"{time.perf_counter() - started:.3f} {time.process_time() - cpu:.3f}\n")


if __name__ == "__main__":
    main()
