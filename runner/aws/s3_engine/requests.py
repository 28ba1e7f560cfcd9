"""Requests to S3, put together by hand. Pure.

What stands in a request comes from the sweep's calls, in the order in which S3 documents it; the write gate reads it
back out of the finished request (``runner.aws.s3_engine.gate``).
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from runner.aws.s3_engine.keys import decoded, in_path, in_query
from runner.aws.s3_engine.pages import Cursor, Layout
from runner.model.bound import BoundCall
from runner.model.bulk import Batch
from runner.model.call import Args

HEADERS: Final = MappingProxyType(
    {"ExpectedBucketOwner": "x-amz-expected-bucket-owner", "RequestPayer": "x-amz-request-payer"}
)
"""Arguments that travel as headers."""
PAGE: Final = 1000
"""The most that S3 lists at once."""


@dataclass(frozen=True)
class Place:
    """Say where a bucket is reached, as botocore resolves it, and what a signature for it names."""

    base: str
    """The bucket's URL without a slash at the end."""
    region: str
    service: str


@dataclass(frozen=True)
class Request:
    """Hold one request before it is signed."""

    call: BoundCall
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""


def list_request(
    place: Place, call: BoundCall, layout: Layout, cursor: Cursor, most: int = PAGE, within: bytes = b""
) -> Request:
    """Return the request for the page of a listing after a cursor; ``within`` is a longer prefix than the plan's."""
    limit = "max-uploads" if layout.query == "uploads" else "max-keys"
    query = f"{layout.query}&encoding-type=url&{limit}={most}"
    prefix = call.args.get("Prefix")
    if isinstance(prefix, str):
        query += f"&prefix={in_query(within or prefix.encode('utf-8'))}"
    if cursor.key:
        query += f"&key-marker={in_query(cursor.key)}"
        if cursor.id:
            query += f"&{layout.id_marker}={quote(cursor.id, safe='')}"
    return Request(call, "GET", f"{place.base}?{query}", _headers(call.args))


def delete_request(place: Place, batch: Batch, *, with_md5: bool = False) -> Request:
    """Return the request that deletes a batch; S3 itself needs one digest of its body, and some older servers MD5."""
    if batch.body:
        # base64 of the big-endian CRC-32 (Amazon S3 user guide, "Checking object integrity").
        crc = base64.b64encode(zlib.crc32(batch.body).to_bytes(4, "big")).decode("ascii")
        headers = {
            **_headers(batch.call.args),
            "Content-Type": "application/xml",
            "x-amz-sdk-checksum-algorithm": "CRC32",
            "x-amz-checksum-crc32": crc,
        }
        if with_md5:
            digest = hashlib.md5(batch.body, usedforsecurity=False).digest()
            headers["Content-MD5"] = base64.b64encode(digest).decode("ascii")
        return Request(batch.call, "POST", f"{place.base}?delete", headers, batch.body)
    key, id_ = batch.children[0]
    url = f"{place.base}/{in_path(decoded(key))}"
    name = "uploadId" if "UploadId" in batch.call.args else "versionId"
    if id_:
        url += f"?{name}={quote(id_, safe='')}"
    return Request(batch.call, "DELETE", url, _headers(batch.call.args))


def _headers(args: Args) -> dict[str, str]:
    return {header: str(args[name]) for name, header in HEADERS.items() if name in args}
