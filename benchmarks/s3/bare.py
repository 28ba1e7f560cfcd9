"""Empty a bucket with the least that can be done: ``python benchmarks/s3/bare.py ENDPOINT BUCKET``.

Sockets, one expression for the keys, no signature, no check of any answer, no log: what it needs is what the server can
do, with one listing after the other. Like its peers it prints the seconds that it took, and those of CPU.
"""

from __future__ import annotations

import queue
import re
import socket
import sys
import threading
import time
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

THREADS: Final = 16
READ: Final = 1 << 20
"""Bytes that are read at once."""
_NAMED: Final = re.compile(rb"<Key>([^<]*)</Key><VersionId>([^<]*)</VersionId>")
_NEXT: Final = re.compile(rb"<NextKeyMarker>([^<]*)</NextKeyMarker>")
_ESCAPED: Final = re.compile(rb"%[0-9A-F]{2}")
_LENGTH: Final = re.compile(rb"Content-Length: (\d+)")
_CHUNK: Final = re.compile(rb"\r\n[0-9a-f]+\r\n")
_ID: Final = b"</Key><VersionId>"


class Socket:
    """Hold a connection that is kept alive."""

    def __init__(self, endpoint: str) -> None:
        at = urlsplit(endpoint)
        self._host = at.netloc
        self._socket = socket.create_connection((at.hostname or "", at.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, target: str, body: bytes = b"") -> bytes:
        """Send a request and return what is answered."""
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        answer = self._socket.recv(READ)
        begin = answer.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(answer, 0, begin)
        if length is not None:
            while len(answer) < begin + int(length[1]):
                answer += self._socket.recv(READ)
            return answer[begin:]
        parts = [answer]
        while not parts[-1].endswith(b"0\r\n\r\n"):
            parts.append(self._socket.recv(READ))
        return _CHUNK.sub(b"", b"".join(parts))


def deletion(page: bytes) -> bytes:
    """Return the body that deletes what is on a page."""
    named = b"</VersionId></Object><Object><Key>".join(map(_ID.join, _NAMED.findall(page)))
    for escaped in set(_ESCAPED.findall(named)):
        named = named.replace(escaped, unquote_to_bytes(escaped))
    return b"<Delete><Object><Key>%b</VersionId></Object><Quiet>true</Quiet></Delete>" % named


def empty(endpoint: str, bucket: str) -> None:
    """Delete everything."""
    pages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def delete() -> None:
        connection = Socket(endpoint)
        while (page := pages.get()) is not None:
            connection.ask("POST", f"/{bucket}?delete", deletion(page))

    workers = [threading.Thread(target=delete) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    connection = Socket(endpoint)
    marker: str | None = ""
    while marker is not None:
        page = connection.ask("GET", f"/{bucket}?versions&encoding-type=url{marker}")
        pages.put(page)
        more = _NEXT.search(page)
        marker = f"&key-marker={more[1].decode()}" if more else None
    for _ in workers:
        pages.put(None)
    for worker in workers:
        worker.join()


def main() -> None:
    """Empty the bucket."""
    started, cpu = time.perf_counter(), time.process_time()
    empty(*sys.argv[1:])
    sys.stdout.write(f"{time.perf_counter() - started:.3f} {time.process_time() - cpu:.3f}\n")


if __name__ == "__main__":
    main()
