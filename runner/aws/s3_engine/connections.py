"""Requests over connections that botocore opened, without what botocore and urllib3 do around each of them.

botocore opens every connection, with a request on it: CA bundle, client certificate, proxy, timeouts and what may go
wrong meanwhile are all its own. On a connection that is open already, `runner.aws.s3_engine.exchange` sends the request
and reads the answer, which takes a fifth of the time. Behind a proxy everything is left to botocore.
"""

from __future__ import annotations

import queue
import ssl
from http.client import HTTPConnection, HTTPException
from typing import Any

from botocore import exceptions as vendor
from botocore.awsrequest import AWSPreparedRequest

from runner.aws.s3_engine.exchange import Heard, Outgoing, exchange


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

    def send(self, request: Outgoing) -> Heard:
        """Send a request, once.

        Raises:
            HTTPClientError: as botocore raises it, when no answer or only a part of one comes.
        """
        connection = self._open_one()
        if connection is None:
            made = AWSPreparedRequest(
                request.method, request.url, request.headers, request.body or None, stream_output=False
            )
            response = self._session.send(made)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Heard(response.status_code, headers, response.content)
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


def _exchange(connection: HTTPConnection, request: Outgoing) -> Heard:
    url = request.url
    try:
        heard = exchange(connection.sock, request)
    except TimeoutError as error:
        raise vendor.ReadTimeoutError(endpoint_url=url, error=error) from error
    except ssl.SSLError as error:
        raise vendor.SSLError(endpoint_url=url, error=error) from error
    except (OSError, HTTPException) as error:
        raise vendor.ConnectionClosedError(endpoint_url=url, error=error) from error
    if heard.is_last:
        connection.close()
    return heard
