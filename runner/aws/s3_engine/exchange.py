"""One request and its answer in HTTP/1.1, over a socket that is open.

The standard library builds a message object out of every answer's headers and reads a chunked page in some hundred
steps. Here an answer is read as it arrives, into one buffer; anything that is not as RFC 9112 has it is an error, never
a shorter answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from typing import Final, Protocol
from urllib.parse import urlsplit

PART: Final = 64 * 1024
"""Bytes that are asked for at once."""
LONGEST_LINE: Final = 64 * 1024
MOST_HEADERS: Final = 100
"""The limits of `http.client`."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_EMPTY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
"""What is answered without content, whatever the headers say."""


class Socket(Protocol):
    """Send and receive bytes."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of them."""
        ...

    def recv(self, most: int, /) -> bytes:
        """Return what has arrived, at least one byte unless the other side has ended."""
        ...


class Outgoing(Protocol):
    """Hold a request that is signed."""

    method: str
    url: str
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, the host among them."""
        ...


@dataclass(frozen=True)
class Heard:
    """Hold what came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_last(self) -> bool:
        """Whether the other side takes no further request on this connection."""
        said = self.headers.get("connection", "").lower()
        return "close" in said or not ("content-length" in self.headers or self._is_chunked or self.status in _EMPTY)

    @property
    def _is_chunked(self) -> bool:
        return "transfer-encoding" in self.headers


def exchange(socket: Socket, request: Outgoing) -> Heard:
    """Send a request and return what is answered.

    Raises:
        HTTPException: when the answer is none, or ends early.
        OSError: when the connection fails.
        ValueError: when a header or the URL would end its line.
    """
    socket.sendall(_head(request) + request.body)
    return _Reader(socket).answer()


def _head(request: Outgoing) -> bytes:
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    headers = dict(request.headers)
    if request.body:
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds the end of a line")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Reader:
    """Read one answer."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._buffer = bytearray()
        self._at = 0

    def answer(self) -> Heard:
        """Read it; what only says that it goes on (1xx) is passed over."""
        status, headers = self._status(), self._headers()
        while status < HTTPStatus.OK:
            status, headers = self._status(), self._headers()
        return Heard(status, headers, self._content(status, headers))

    def _status(self) -> int:
        found = _STATUS.fullmatch(self._line())
        if found is None:
            raise HTTPException("the answer is no HTTP")
        return int(found[1])

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(MOST_HEADERS):
            line = self._line()
            if not line:
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not name or name != name.strip():
                raise HTTPException("a header of the answer is none")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        raise HTTPException(f"the answer has more than {MOST_HEADERS} headers")

    def _content(self, status: int, headers: Mapping[str, str]) -> bytes:
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if status in _EMPTY:
            return b""
        if coding is not None:
            if coding.lower() != "chunked":
                raise HTTPException(f"the answer is encoded as {coding!r}")
            return b"".join(iter(self._chunk, b""))
        if length is None:
            return self._rest()
        if not (length.isascii() and length.isdigit()):
            raise HTTPException(f"the answer has {length!r} bytes")
        return self._take(int(length))

    def _chunk(self) -> bytes:
        """Return the next chunk; empty after the last one, which only headers follow."""
        found = _CHUNK.fullmatch(self._line())
        if found is None:
            raise HTTPException("a part of the answer does not say how long it is")
        size = int(found[1], 16)
        if not size:
            self._headers()
            return b""
        chunk = self._take(size)
        if self._line():
            raise HTTPException("a part of the answer is longer than it says")
        return chunk

    def _line(self) -> bytes:
        begin = self._at
        while (end := self._buffer.find(b"\r\n", begin, begin + LONGEST_LINE)) < 0:
            if len(self._buffer) - begin > LONGEST_LINE:
                raise HTTPException("a line of the answer has no end")
            self._receive()
        self._at = end + 2
        return bytes(self._buffer[begin:end])

    def _take(self, size: int) -> bytes:
        end = self._at + size
        while len(self._buffer) < end:
            self._receive()
        with memoryview(self._buffer) as view:
            taken = bytes(view[self._at : end])
        self._at = end
        return taken

    def _rest(self) -> bytes:
        while part := self._socket.recv(PART):
            self._buffer += part
        return bytes(self._buffer[self._at :])

    def _receive(self) -> None:
        part = self._socket.recv(PART)
        if not part:
            raise IncompleteRead(bytes(self._buffer[self._at :]))
        self._buffer += part
