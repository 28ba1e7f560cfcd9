"""A wiretap between a command and the sandbox: it keeps what went over the wire, and can be told to misbehave."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

PATIENCE = 30.0
"""Seconds that a held request waits at most."""

HOP_BY_HOP = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


@dataclass(frozen=True)
class Exchange:
    """Hold one request and its answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes

    @property
    def form(self) -> dict[str, str]:
        """The parameters of a request to STS or IAM."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


@dataclass(frozen=True)
class Answer:
    """Hold what the wiretap answers instead of the sandbox; a status of 0 closes the connection without a word."""

    status: int
    body: bytes = b""


LOST = Answer(0)
"""The connection ends and no answer comes."""

Fault: TypeAlias = Callable[[str, str, bytes], Answer | None]
"""Take a request's method, path and body; return what is answered instead, or None to let it through."""


@dataclass
class Hold:
    """Hold batch deletions in the wire until they are released; then answer them with ``answer``, or pass them on.

    The first one goes through. ``reached`` is set once the last one has come, because they come side by side.
    """

    first: int = 2
    last: int = 3
    answer: Answer | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0

    def __call__(self, method: str, path: str, body: bytes) -> Answer | None:
        """Look at a request (a `Fault`)."""
        del body
        if not is_batch(method, path):
            return None
        self._seen += 1
        if self._seen < self.first:
            return None
        if self._seen >= self.last:
            self.reached.set()
        self.released.wait(PATIENCE)
        return self.answer


def is_batch(method: str, path: str) -> bool:
    """Return whether a request is S3's DeleteObjects."""
    return method == "POST" and path.endswith("?delete")


@dataclass
class Wire:
    """Hold a running wiretap; with ``reaches_aws`` a fault replaces the answer only, and the request is passed on.

    ``ahead`` is how many seconds the ``Date`` of the answers is ahead of this machine's clock; None leaves it out.
    """

    endpoint: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    fault: Fault = lambda _method, _path, _body: None
    reaches_aws: bool = False
    ahead: float | None = None

    def calls(self, action: str) -> list[Exchange]:
        """Return the exchanges of one STS or IAM action."""
        return [exchange for exchange in self.exchanges if exchange.form.get("Action") == action]


@contextmanager
def tapped(endpoint: str, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """Run a wiretap in front of an endpoint for the length of a block; with ``tls`` it is reached over HTTPS."""
    wire = Wire()
    server = _Server(wire, urlsplit(endpoint).netloc)
    wire.endpoint = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wire = wire
        self.target = target


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        """Answer what comes over a connection, until a killed command breaks it off."""
        with suppress(ConnectionError):
            super().handle()

    def handle_any(self) -> None:
        # A command that was killed does not wait for its answer.
        with suppress(OSError):
            _relay(self, self.server.wire, self.server.target)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        del format, args


def _relay(handler: _Handler, wire: Wire, target: str) -> None:
    body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
    instead = wire.fault(handler.command, handler.path, body)
    if instead is not None and not wire.reaches_aws:
        _reply(handler, instead, {})
        return
    answer, headers = _ask(handler, target, body)
    sent = dict(handler.headers)
    wire.exchanges.append(Exchange(handler.command, handler.path, sent, body, answer.status, answer.body))
    _reply(handler, instead or answer, headers)


def _ask(handler: BaseHTTPRequestHandler, target: str, body: bytes) -> tuple[Answer, Mapping[str, str]]:
    connection = http.client.HTTPConnection(target, timeout=60)
    try:
        # The Host header is passed on as it came, because it is part of the signature.
        connection.request(handler.command, handler.path, body, dict(handler.headers))
        response = connection.getresponse()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
        return Answer(response.status, response.read()), headers
    except OSError:
        return LOST, {}
    finally:
        connection.close()


def _reply(handler: _Handler, answer: Answer, headers: Mapping[str, str]) -> None:
    if not answer.status:
        handler.close_connection = True
        handler.connection.close()
        return
    handler.send_response_only(answer.status)
    ahead = handler.server.wire.ahead
    if ahead is not None:
        handler.send_header("Date", formatdate(time.time() + ahead, usegmt=True))
    for name, value in headers.items():
        handler.send_header(name, value)
    if handler.command == "HEAD" or answer.status == http.client.NO_CONTENT:
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body)
