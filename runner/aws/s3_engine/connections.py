"""Requests over connections that botocore opened, without what botocore and urllib3 do around each of them.

botocore opens every connection, with a request on it: CA bundle, client certificate, proxy, timeouts and what may go
wrong meanwhile are all its own. On a connection that is open already, the standard library sends the request and reads
the answer, which takes a third of the time. Behind a proxy everything is left to botocore.
"""

from __future__ import annotations

import queue
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore import exceptions as vendor
from botocore.awsrequest import AWSPreparedRequest


class Headers(Protocol):
    """Hold headers, whose names are the same in upper and lower case."""

    def get(self, name: str, default: str, /) -> str:
        """Return a header."""
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """Return all headers."""
        ...


@dataclass(frozen=True)
class Heard:
    """Hold what came back."""

    status: int
    headers: Headers
    content: bytes


class Connections:
    """Send requests to one host; used by several threads."""

    def __init__(self, session: Any, url: str) -> None:
        """Take the connections of botocore's HTTP session to the host of a URL."""
        self._session = session
        is_proxied = session._proxy_config.proxy_url_for(url)  # noqa: SLF001  # botocore has no other way to them
        # urllib3's places for connections, not all of which were opened yet; who takes one gives it back.
        self._idle: queue.Queue[HTTPConnection | None] = (
            queue.LifoQueue() if is_proxied else session._manager.connection_from_url(url).pool  # noqa: SLF001  # same
        )

    def send(self, request: AWSPreparedRequest) -> Heard:
        """Send a request, once.

        Raises:
            HTTPClientError: as botocore raises it, when no answer or only a part of one comes.
        """
        connection = self._open_one()
        if connection is None:
            response = self._session.send(request)
            return Heard(response.status_code, response.headers, response.content)
        try:
            return _exchange(connection, request)
        except BaseException:
            connection.close()
            raise
        finally:
            self._give_back(connection)

    def _open_one(self) -> HTTPConnection | None:
        """Return a connection that is open and idle, if there is one."""
        try:
            connection = self._idle.get(block=False)
        except queue.Empty:
            return None
        if connection is not None and connection.is_connected:  # type: ignore[attr-defined]  # urllib3's
            return connection
        self._give_back(connection)
        return None

    def _give_back(self, connection: HTTPConnection | None) -> None:
        try:
            self._idle.put(connection, block=False)
        except queue.Full:
            # More requests than places were on their way at once.
            if connection is not None:
                connection.close()


def _exchange(connection: HTTPConnection, request: AWSPreparedRequest) -> Heard:
    url = request.url
    try:
        _send(connection, request.method, url, request.headers, request.body)
        # urllib3 would wrap the answer in one of its own.
        answer = HTTPConnection.getresponse(connection)
        return Heard(answer.status, answer.headers, answer.read())
    except TimeoutError as error:
        raise vendor.ReadTimeoutError(endpoint_url=url, error=error) from error
    except ssl.SSLError as error:
        raise vendor.SSLError(endpoint_url=url, error=error) from error
    except (OSError, HTTPException) as error:
        raise vendor.ConnectionClosedError(endpoint_url=url, error=error) from error


def _send(connection: HTTPConnection, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
