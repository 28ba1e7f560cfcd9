"""The engine against S3 servers that nobody here wrote: roto-aws and moto empty to the last version of the oddest key.

Runs where the servers are installed (``make interop-s3`` installs them, into a place of their own).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.config import Config

from runner.aws.s3_engine.engine import S3Engine
from runner.aws.s3_engine.keys import told
from runner.cli.wiring import SystemClock
from runner.model.bound import BoundSweep
from runner.model.bulk import Errand, Swept
from tests.aws.s3_engine.bucket import Memory, OneSession
from tests.aws.s3_engine.sweeps import KEY_TEXTS, versions_of

ACCOUNT = "222222222222"
REGION = "eu-west-1"
KEYS = (
    *(f"one/{char}" for char in KEY_TEXTS),
    "a b+c%20d%2Bé",
    "%2e%2e/%",
    "<Key>&amp;</Key>",
    "]]>",
    "注文/🚀",
    "/leading//double/",
    "trailing/",
    "q?x=1&versions#f",
    "~:=,;@!$'()*",
    "k" * 1024,
    "é" * 512,
)
"""Keys that S3 takes."""
STUMBLES = {
    "roto": frozenset({"one/\\"}),
    "moto": frozenset({"one/\x01", "one/\r", "one/\n", "one/\ufffe"}),
}
"""Keys over which a server itself stumbles, whoever asks: roto cannot delete one in a batch, moto cannot list them."""
SERVERS = {
    "roto": ("roto-server", "--ephemeral", "--account-id", ACCOUNT, "--port", "{port}"),
    "moto": ("moto_server", "-H", "127.0.0.1", "-p", "{port}"),
}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Run a server for the length of a test; hand over where it is, and the keys that it can bear."""
    command, *options = SERVERS[request.param]
    found = shutil.which(command, path=os.environ.get("S3_SERVERS", os.environ["PATH"]))
    if found is None:
        pytest.skip(f"{command} is not installed; `make interop-s3` installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    filled = [option.format(port=port) for option in options]
    environment = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT}
    with subprocess.Popen(
        (found, *filled), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        stumbles = STUMBLES.get(request.param, frozenset())
        yield f"http://127.0.0.1:{port}", tuple(key for key in KEYS if key not in stumbles)
        running.kill()


def client(endpoint: str) -> Any:
    """Return a boto3 client of a server."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def filled(s3: Any, bucket: str, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Make a bucket with two versions of each key, and a delete marker for every other; return what boto3 lists."""
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for number, key in enumerate(keys):
        for _ in range(2):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        if number % 2:
            s3.delete_object(Bucket=bucket, Key=key)
    return listed(s3, bucket)


def listed(s3: Any, bucket: str) -> list[tuple[str, str]]:
    """Return every key with each of its versions and markers."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    found = ((page.get("Versions", []), page.get("DeleteMarkers", [])) for page in pages)
    return sorted((one["Key"], one["VersionId"]) for kinds in found for kind in kinds for one in kind)


def emptied(endpoint: str, sweep: BoundSweep, memory: Memory, count: int) -> Swept:
    """Let the engine pass over a bucket."""
    errand = Errand(OneSession(), memory, count, lambda: False, lambda _: None)
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": endpoint, "AWS_CONFIG_FILE": os.devnull}):
        return S3Engine(SystemClock(), listers=4, deleters=4).delete(sweep, errand)


def test_a_foreign_server_is_emptied_and_nothing_else_on_it(server: tuple[str, tuple[str, ...]]) -> None:
    """The journal names exactly what boto3 listed, nothing is left of it, and the bucket beside it is whole."""
    endpoint, keys = server
    s3 = client(endpoint)
    before, beside = filled(s3, "acme-orders-exports", keys), filled(s3, "acme-orders-exports-2", keys)
    assert {key for key, _ in before} == set(keys)

    memory = Memory()
    swept = emptied(endpoint, versions_of("acme-orders-exports", REGION), memory, len(before))

    named = sorted((told(key), id_.decode()) for batch, _ in memory.intents for key, id_ in batch.children)
    assert (swept.error, swept.why, swept.found) == (None, "", len(before))
    assert named == before
    assert listed(s3, "acme-orders-exports") == []
    assert listed(s3, "acme-orders-exports-2") == beside
