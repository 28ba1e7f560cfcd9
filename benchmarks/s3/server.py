"""A part of S3 in memory, faster than the clients that are measured with it: ``python -m benchmarks.s3.server``.

It knows ListObjectsV2, ListObjectVersions, ListMultipartUploads, DeleteObjects and DeleteObject, answers pages with
encoded keys in chunks as S3 does, and checks no signature. ``/_fill?bucket=b&count=1000&versions=1`` makes a bucket,
``/_set?rtt=0.03&page=0.05&batch=0.25&rate=3500`` delays answers (seconds) and asks to slow down above so many deleted
keys a second, ``/_stats?bucket=b`` says how many requests came, how much CPU they took here, and what is left.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit
from xml.sax.saxutils import unescape

from benchmarks.s3.bucket import Bucket

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
CHUNK = 16 * 1024
NO_UPLOADS = b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_NAMED = re.compile(rb"<Key>([^<]*)</Key>(?:<VersionId>([^<]*)</VersionId>)?")
_QUIET = b"<Quiet>true</Quiet>"


@dataclass
class World:
    """Hold all buckets, and how answers are delayed."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    rtt: float = 0.0
    page: float = 0.0
    batch: float = 0.0
    rate: float = 0.0
    requests: dict[str, int] = field(default_factory=dict)
    credit: float = 0.0
    at: float = 0.0
    began: float = 0.0
    """The server's own seconds of CPU when the last bucket was filled."""

    def fill(self, bucket: str, count: int, versions: int) -> None:
        """Make a bucket in the place of the one before."""
        self.buckets.pop(bucket, None)
        self.buckets[bucket] = Bucket(count, versions)
        self.requests.clear()
        # The collector would walk over all keys in the middle of somebody's run.
        gc.freeze()
        self.began = time.process_time()

    def may_delete(self, count: int) -> bool:
        """Return whether the rate allows so many deletions now; a second's worth may come at once."""
        now = time.monotonic()
        self.credit = min(self.rate, self.credit + (now - self.at) * self.rate)
        self.at = now
        if self.rate and self.credit < count:
            return False
        self.credit -= count
        return True

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, float]:
        """Return status, content and delay of an answer."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith("/_"):
            return 200, self._administrate(parts.path, query), 0.0
        name, _, key = parts.path.lstrip("/").partition("/")
        bucket = self.buckets.get(name)
        kind = _kind(method, key, query)
        self.requests[kind] = self.requests.get(kind, 0) + 1
        if bucket is None:
            return 404, b"<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>", self.rtt
        match kind:
            case "list" | "versions":
                return 200, _listing(bucket, query, versions=kind == "versions"), self.rtt + self.page
            case "uploads":
                empty = (
                    f"<ListMultipartUploadsResult {NS}><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
                )
                return 200, empty.encode(), self.rtt
            case "delete":
                return self._delete(bucket, body)
            case "single":
                bucket.delete([(unquote_to_bytes(key), query.get("versionId", "").encode())])
                return 204, b"", self.rtt
            case "location":
                return 200, f"<LocationConstraint {NS}>eu-west-1</LocationConstraint>".encode(), self.rtt
            case _:
                return 200, b"", self.rtt

    def _delete(self, bucket: Bucket, body: bytes) -> tuple[int, bytes, float]:
        objects = _NAMED.findall(body)
        if not self.may_delete(len(objects)):
            return 503, SLOW_DOWN, self.rtt
        if b"&" in body:
            objects = [(unescape(key.decode()).encode(), version) for key, version in objects]
        bucket.delete(objects)
        told = () if _QUIET in body else (b"<Deleted>" + key + b"</Deleted>" for key, _ in objects)
        answer = b"".join((f"<DeleteResult {NS}>".encode(), *told, b"</DeleteResult>"))
        return 200, answer, self.rtt + self.batch

    def _administrate(self, path: str, query: dict[str, str]) -> bytes:
        match path:
            case "/_fill":
                self.fill(query["bucket"], int(query["count"]), int(query.get("versions", "1")))
            case "/_set":
                self.rtt, self.page = float(query.get("rtt", 0)), float(query.get("page", 0))
                self.batch, self.rate = float(query.get("batch", 0)), float(query.get("rate", 0))
            case _:
                pass
        left = self.buckets.get(query.get("bucket", ""), Bucket()).left
        cpu = time.process_time() - self.began
        return json.dumps({"left": left, "requests": self.requests, "cpu": cpu}).encode()


def _kind(method: str, key: str, query: dict[str, str]) -> str:
    if method == "GET" and not key:
        return next((kind for kind in ("versions", "uploads", "location") if kind in query), "list")
    if method == "POST" and "delete" in query:
        return "delete"
    return "single" if method == "DELETE" and key else method.lower()


def _listing(bucket: Bucket, query: dict[str, str], *, versions: bool) -> bytes:
    after = query.get("key-marker", query.get("continuation-token", query.get("start-after", ""))).encode()
    most, is_url = int(query.get("max-keys") or 1000), query.get("encoding-type") == "url"
    items, last = bucket.page(after, query.get("prefix", "").encode(), most, versions=versions, is_url=is_url)
    root = "ListVersionsResult" if versions else "ListBucketResult"
    cursor = f"<NextContinuationToken>{last.decode()}</NextContinuationToken>"
    if versions:
        shown = quote(last, safe="/") if is_url else last.decode()
        cursor = f"<NextKeyMarker>{shown}</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>"
    encoding = "<EncodingType>url</EncodingType>" if is_url else ""
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NS}><Name>b</Name><Prefix></Prefix>'
        f"<MaxKeys>{most}</MaxKeys>{encoding}<IsTruncated>{'true' if last else 'false'}</IsTruncated>"
    )
    return b"".join((f"{head}{cursor if last else ''}".encode(), items, f"</{root}>".encode()))


class Connection(asyncio.Protocol):
    """Answer the requests of one connection, one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._received = bytearray()
        self._is_new = True
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_server gives
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete; nobody sends a second request before the first is answered."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end]).decode("latin-1")
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if headers.get("expect", "") == "100-continue" and len(self._received) == end + 4 and length:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        method, target, _ = lines[0].split(" ", 2)
        status, content, delay = self._world.answer(method, target, body)
        delay += self._world.rtt if self._is_new else 0.0  # a connection costs a round trip of its own
        self._is_new = False
        packed = _packed(status, content, chunked=method == "GET")
        if delay:
            asyncio.get_running_loop().call_later(delay, self._write, packed)
        else:
            self._write(packed)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _packed(status: int, content: bytes, *, chunked: bool) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nx-amz-request-id: R\r\nContent-Type: application/xml\r\n"
    if not chunked:
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    parts = [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()]
    for at in range(0, len(content), CHUNK):
        part = content[at : at + CHUNK]
        parts += (b"%x\r\n" % len(part), part, b"\r\n")
    return b"".join((*parts, b"0\r\n\r\n"))


async def serve(world: World, port: int) -> asyncio.Server:
    """Listen on a port of this machine, a free one when it is 0."""
    return await asyncio.get_running_loop().create_server(lambda: Connection(world), "127.0.0.1", port)


async def main() -> None:
    """Serve until killed; the port is the first line on stdout."""
    server = await serve(World(), int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
