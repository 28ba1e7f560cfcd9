"""The sandbox's own endpoints, beside AWS on the same port, for whoever holds the token.

==========================  ==========================================================================
``GET /_runner/health``     answers when the server is ready
``POST /_runner/reset``     empties everything and builds the world again; another one from the body
``GET /_runner/code``       hands out an MFA code for ``?serial=`` (default: the world's first device)
``POST /_runner/clock``     lets ``{"advance": seconds}`` pass
==========================  ==========================================================================

ministack's own administration (``/_ministack``, ``/_localstack``) is closed: it would let anybody on this machine, a
web page included, change what the sandbox enforces.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from ministack import app

from runner.errors import UsageError
from runner.model.session import Secret
from runner.sandbox.host import Host

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/_runner/"
CLOSED = ("/_ministack", "/_localstack")


class Refused(Exception):
    """Say why an endpoint does not do what was asked; ``status`` is the HTTP status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Application:
    """Answer HTTP: our endpoints here, everything else by ministack."""

    def __init__(self, host: Host, token: Secret) -> None:
        self._host = host
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as ASGI defines it; the server is told to speak plain HTTP only."""
        path: str = scope["path"]
        if path.startswith(PREFIX):
            await self._administer(scope, receive, send)
        elif path.startswith(CLOSED):
            await _send(send, 404, {"error": "closed in the sandbox"})
        elif any(name == b"upgrade" for name, _ in scope["headers"]):
            await _send(send, 403, {"error": "the sandbox speaks plain HTTP only"})
        else:
            await app.app(scope, receive, send)

    async def _administer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_token(scope)
            answer = await self._answer(scope, await _body(receive))
        except Refused as error:
            await _send(send, error.status, {"error": str(error)})
        except UsageError as error:
            await _send(send, 400, {"error": f"{error.what}: {error.hint}"})
        else:
            await _send(send, 200, answer)

    def _check_token(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {self._token.reveal()}".encode()):
            raise Refused(403, "the token is missing or wrong")

    async def _answer(self, scope: Scope, body: bytes) -> Mapping[str, object]:
        match scope["method"], scope["path"].removeprefix(PREFIX):
            case "GET", "health":
                return {"ready": True}
            case "POST", "reset":
                await self._host.reset(body.decode("utf-8"))
                return {"reset": True}
            case "GET", "code":
                return {"code": await self._code(scope["query_string"])}
            case "POST", "clock":
                self._host.clock.advance(_seconds(body))
                return {"time": self._host.clock.now().isoformat()}
            case _:
                raise Refused(404, "there is no such endpoint")

    async def _code(self, query: bytes) -> str:
        serial = parse_qs(query.decode("ascii")).get("serial", [""])[0]
        code = await self._host.code(serial)
        if code is None:
            raise Refused(404, f"there is no MFA device {serial or 'in this world'}")
        return code


def _seconds(body: bytes) -> float:
    try:
        return float(json.loads(body)["advance"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(400, 'the body must be {"advance": seconds}') from error


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _send(send: Send, status: int, answer: Mapping[str, object]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
