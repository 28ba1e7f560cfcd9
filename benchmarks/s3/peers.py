"""Empty a bucket in other ways: ``python benchmarks/s3/peers.py WAY ENDPOINT BUCKET``; prints the seconds it took."""

from __future__ import annotations

import http.client
import queue
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

THREADS = 16
_NAMED = re.compile(rb"<Key>([^<]*)</Key><VersionId>([^<]*)</VersionId>")
_NEXT = re.compile(rb"<NextKeyMarker>([^<]*)</NextKeyMarker>")


def resource(endpoint: str, bucket: str) -> None:
    """Do it as the documentation of boto3 shows it."""
    import boto3  # noqa: PLC0415  # the bare client is not to pay for it

    boto3.resource("s3", endpoint_url=endpoint).Bucket(bucket).object_versions.delete()


def threads(endpoint: str, bucket: str) -> None:
    """List with a paginator of boto3 and delete from a pool of threads, quietly."""
    import boto3  # noqa: PLC0415  # same
    from botocore.config import Config  # noqa: PLC0415  # same

    s3: Any = boto3.client("s3", endpoint_url=endpoint, config=Config(max_pool_connections=THREADS))
    with ThreadPoolExecutor(THREADS) as pool:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            pool.submit(s3.delete_objects, Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def bare(endpoint: str, bucket: str) -> None:
    """Do the least that can be done: sockets, one expression, no signature, no checks; the limit on this server."""
    host = urlsplit(endpoint).netloc
    pages: queue.Queue[list[tuple[bytes, bytes]] | None] = queue.Queue()

    def delete() -> None:
        connection = http.client.HTTPConnection(host)
        while (found := pages.get()) is not None:
            named = (
                f"<Object><Key>{escape(unquote(key.decode()))}</Key><VersionId>{id_.decode()}</VersionId></Object>"
                for key, id_ in found
            )
            connection.request("POST", f"/{bucket}?delete", f"<Delete>{''.join(named)}<Quiet>true</Quiet></Delete>")
            connection.getresponse().read()

    workers = [threading.Thread(target=delete) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    connection, marker = http.client.HTTPConnection(host), ""
    while True:
        connection.request("GET", f"/{bucket}?versions&encoding-type=url{marker}")
        page = connection.getresponse().read()
        pages.put(_NAMED.findall(page))
        more = _NEXT.search(page)
        if more is None:
            break
        marker = f"&key-marker={more[1].decode()}"
    for _ in workers:
        pages.put(None)
    for worker in workers:
        worker.join()


WAYS: dict[str, Callable[[str, str], None]] = {"resource": resource, "threads": threads, "bare": bare}


def main() -> None:
    """Empty the bucket in one of the ways."""
    way, endpoint, bucket = sys.argv[1:]
    if way != "bare":
        import boto3  # noqa: F401, PLC0415  # start-up is not what is measured
    started = time.perf_counter()
    WAYS[way](endpoint, bucket)
    sys.stdout.write(f"{time.perf_counter() - started:.3f}\n")


if __name__ == "__main__":
    main()
