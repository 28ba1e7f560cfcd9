"""What goes over connections that botocore opened, and what becomes of them when an answer does not come."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from botocore import exceptions as vendor
from botocore.httpsession import URLLib3Session

from runner.aws.s3_engine.connections import Connections
from runner.aws.s3_engine.signing import Headers, Signed

OK = b"HTTP/1.1 200 OK\r\nx-amz-request-id: R\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"
CUT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\no"
NOISE = b"no HTTP at all\r\n\r\n"
SILENCE = b""


class Host:
    """Answer what comes over each connection from a script of its own, and then close it; silence keeps it open."""

    def __init__(self, *scripts: tuple[bytes, ...]) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.received: list[list[bytes]] = []

    @contextmanager
    def serving(self) -> Iterator[Connections]:
        """Serve for the length of a block, which gets connections to it."""
        server = threading.Thread(target=self._serve)
        server.start()
        session = URLLib3Session(timeout=(5, 0.2))
        self.opened = mock.Mock(wraps=session.send)
        with mock.patch.object(session, "send", self.opened):
            yield Connections(session, self.url)
        self._over.set()
        session.close()
        server.join()
        self._listener.close()

    def _serve(self) -> None:
        for script in self._scripts:
            with self._listener.accept()[0] as connection:
                self.received.append([])
                for answer in script:
                    self.received[-1].append(connection.recv(65536))
                    if answer is SILENCE:
                        self._over.wait(10)
                    connection.sendall(answer)

    def request(self, method: str = "GET", target: str = "/b?versions", body: bytes = b"") -> Signed:
        """Return a request to it."""
        headers = Headers({"Host": self.url.partition("//")[2], "X-Name": "value", "User-Agent": "a"})
        return Signed(method, f"{self.url}{target}", headers, body)


def test_botocore_opens_a_connection_and_requests_follow_on_it() -> None:
    """The first request is botocore's; others go over the same connection and say the same."""
    host = Host((OK, CHUNKED, OK))
    with host.serving() as connections:
        heard = [connections.send(host.request()) for _ in range(2)]
        heard.append(connections.send(host.request("POST", "/b?delete", b"<Delete/>")))

    assert [one.content for one in heard] == [b"ok", b"ok", b"ok"]
    assert [one.headers.get("x-amz-request-id", "") for one in heard] == ["R", "", "R"]
    assert host.opened.call_count == 1
    first, second, third = ({*one.split(b"\r\n")} for one in host.received[0])
    assert first - {b"Accept-Encoding: identity"} == second
    assert third >= {b"POST /b?delete HTTP/1.1", b"Content-Length: 9", b"X-Name: value", b"<Delete/>"}


def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    """Where the host ended the connection, or said that it would, botocore opens another one."""
    host = Host((OK,), (OK, LAST), (OK,))
    with host.serving() as connections:
        for _ in range(4):
            assert connections.send(host.request()).content == b"ok"
            wait_for_end(connections)

    assert host.opened.call_count == 3


def wait_for_end(connections: Connections) -> None:
    """Give the end of a connection the moment that it takes to arrive, if it is on its way."""
    for connection in tuple(connections._idle.queue):
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(0.05)
            try:
                connection.sock.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                connection.sock.settimeout(0.2)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (CUT, vendor.ConnectionClosedError),
        (CUT_CHUNK, vendor.ConnectionClosedError),
        (NOISE, vendor.ConnectionClosedError),
        (SILENCE, vendor.ReadTimeoutError),
    ],
)
def test_an_answer_that_does_not_come_whole_is_an_error(answer: bytes, kind: type[Exception]) -> None:
    """Half an answer is none, and what follows goes over a new connection."""
    host = Host((OK, answer), (OK,))
    with host.serving() as connections:
        connections.send(host.request())
        with pytest.raises(kind):
            connections.send(host.request())
        host._over.set()
        assert connections.send(host.request()).content == b"ok"

    assert host.opened.call_count == 2


def test_behind_a_proxy_everything_is_botocores() -> None:
    """A proxy has rules of its own for each request."""
    session = URLLib3Session(proxies={"http": "http://127.0.0.1:1"})
    answer = mock.Mock(status_code=200, headers={}, content=b"ok")
    with mock.patch.object(session, "send", return_value=answer) as sent:
        connections = Connections(session, "http://bucket.example")
        request = Signed("GET", "http://bucket.example/", Headers())
        assert [connections.send(request).content for _ in range(2)] == [b"ok", b"ok"]

    assert sent.call_count == 2
