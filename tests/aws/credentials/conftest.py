"""Fixtures of the credentials' tests: an AWS configuration of their own, scripted clients, and a loopback endpoint."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader, create_loader
from botocore.stub import Stubber

from runner.aws import clients
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret, UserSession

NOW = datetime(2026, 11, 23, 12, 0, 18, tzinfo=UTC)
CALLER = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDAEXAMPLE")
KEY = Credentials("AKIAEXAMPLE", Secret("long-term-secret"))
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
LOADER: Loader = create_loader()
"""Service models are read once for all tests; everything else of a botocore session is new for each."""


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Keep every test away from the developer's configuration, from the network, and from other tests' clients."""
    for name in tuple(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("botocore.session.create_loader", lambda _: LOADER)
    monkeypatch.setattr(clients, "_sessions", {})
    monkeypatch.setattr(clients, "_chosen", [None])
    yield
    for name in tuple(logging.root.manager.loggerDict):
        if name.startswith("botocore"):
            logging.getLogger(name).removeFilter(clients._above_debug)


@pytest.fixture
def identity() -> LongTermIdentity:
    """Return an operator with a TOTP device."""
    return LongTermIdentity(KEY, CALLER, "profile 'alice'", SERIAL)


@pytest.fixture
def user_session() -> UserSession:
    """Return a user session with MFA."""
    credentials = Credentials("ASIAUSER", Secret("user-secret"), Secret("user-token"), NOW)
    return UserSession(credentials, CALLER, SERIAL, NOW, NOW, "r-0")


class StoppedClock:
    """Tell one time, always (port `Clock`)."""

    def now(self) -> datetime:
        """Return 18 seconds after a full minute: the next code comes in 12 seconds."""
        return NOW

    def sleep(self, seconds: float) -> None:
        """Let no time pass."""


@pytest.fixture
def clock() -> StoppedClock:
    """Return a clock that stands still."""
    return StoppedClock()


@dataclass
class Script:
    """Hand out real clients whose answers are scripted per service, and note how each was asked for."""

    _steps: dict[str, list[Callable[[Stubber], None]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Credentials | None, int]] = field(default_factory=list)
    stubbers: list[Stubber] = field(default_factory=list)

    def answers(self, service: str, method: str, answer: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Let a method answer, once, when it is called with exactly the expected parameters."""
        self._add(service, lambda stub: stub.add_response(method, dict(answer), dict(expected)))

    def refuses(self, service: str, method: str, code: str, message: str, status: int = 403) -> None:
        """Let a method be refused, once, as AWS refuses."""
        metadata = {"RequestId": "r-1", "HTTPHeaders": {}}
        self._add(service, lambda stub: stub.add_client_error(method, code, message, status, response_meta=metadata))

    def connect(self, service: str, region: str, credentials: Credentials | None, *, attempts: int) -> Any:
        """Return a client with all answers scripted for its service (`Connect`)."""
        self.asked.append((service, region, credentials, attempts))
        made = clients.client(service, region, credentials, attempts=attempts)
        stubber = Stubber(made)
        for step in self._steps.pop(service, []):
            step(stubber)
        stubber.activate()
        self.stubbers.append(stubber)
        return made

    def check_used_up(self) -> None:
        """Fail when a scripted answer was never asked for."""
        assert self._steps == {}
        for stubber in self.stubbers:
            stubber.assert_no_pending_responses()

    def _add(self, service: str, step: Callable[[Stubber], None]) -> None:
        self._steps.setdefault(service, []).append(step)


@pytest.fixture
def script() -> Iterator[Script]:
    """Return a script that must be used up when the test ends."""
    made = Script()
    yield made
    made.check_used_up()


@dataclass
class Endpoint:
    """Be an AWS endpoint on the loopback interface that gives scripted answers and keeps the requests."""

    url: str = ""
    replies: list[tuple[int, Mapping[str, str], bytes] | None] = field(default_factory=list)
    requests: list[tuple[str, str, Message, bytes]] = field(default_factory=list)

    def reply(self, status: int, body: str = "", **headers: str) -> None:
        """Answer the next request; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append((status, named, body.encode()))

    def hang_up(self) -> None:
        """Close the connection of the next request without an answer."""
        self.replies.append(None)


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.endpoint.requests.append((self.command, self.path, self.headers, self.rfile.read(length)))
        reply = self.endpoint.replies.pop(0)
        if reply is None:
            self.close_connection = True
            return
        status, headers, body = reply
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  # names of http.server

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """Return an endpoint that every client made in the test talks to."""
    made = Endpoint()
    handler = type("Handler", (_Handler,), {"endpoint": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
