"""A time-stamping authority on this machine, made of ``openssl ts -reply``, that can be made to lie."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Answer:
    """Hold what an authority answers."""

    body: bytes
    status: int = 200
    content_type: str = "application/timestamp-reply"
    location: str = ""


@dataclass
class LocalAuthority:
    """Hold an authority's files; ``lie`` makes its answers from requests instead of `stamped`."""

    directory: Path
    url: str = ""
    lie: Callable[[bytes], Answer | None] | None = None
    """Nothing (None) for an answer that never comes."""
    asked: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits any more."""

    @property
    def roots(self) -> Path:
        """The certificate that its chain ends in."""
        return self.directory / "root.pem"

    def make(self) -> None:
        """Make a root and a certificate for time stamps alone, valid for years."""
        there = self.directory
        there.joinpath("tsa.cnf").write_text(_CONFIG)
        there.joinpath("serial").write_text("01")
        there.joinpath("ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        root = ("-x509", "-keyout", "root.key", "-out", "root.pem", "-days", "3650", "-subj", "/CN=Root")
        self._openssl("req", *_NEW_KEY, *root)
        self._openssl("req", *_NEW_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Time")
        by = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650", "-extfile", "ext")
        self._openssl("x509", "-req", "-in", "tsa.csr", *by, "-out", "tsa.pem")

    def stamped(self, request: bytes) -> bytes:
        """Return an honest answer."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            query, reply = Path(place) / "query", Path(place) / "reply"
            query.write_bytes(request)
            self._openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(query), "-out", str(reply))
            return reply.read_bytes()

    def answer(self, request: bytes) -> Answer | None:
        """Answer a request."""
        self.asked.append(request)
        return Answer(self.stamped(request)) if self.lie is None else self.lie(request)

    def _openssl(self, *args: str) -> None:
        subprocess.run(("openssl", *args), cwd=self.directory, check=True, capture_output=True, timeout=60)


def made(directory: Path) -> LocalAuthority:
    """Return an authority of its own root; skip the test where it cannot be had, or cannot be asked."""
    pytest.importorskip("rfc3161_client", reason="the extra that reads time stamps is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, and no time-stamping authority can be had without it")
    directory.mkdir()
    found = LocalAuthority(directory)
    found.make()
    return found


@contextmanager
def serving(authority: LocalAuthority) -> Iterator[LocalAuthority]:
    """Let an authority answer over HTTP for the length of a block."""
    server = _Server(authority)
    authority.url = f"http://127.0.0.1:{server.server_port}/tsr"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield authority
    finally:
        authority.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, authority: LocalAuthority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authority = authority


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:  # named by http.server
        """Answer a request for a time stamp."""
        request = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.authority.answer(request)
        if answer is None:
            # Just enough of an answer, again and again, that nobody's patience with a silent socket runs out.
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not self.server.authority.over.wait(0.02):
                    self.wfile.write(b"X")
            return
        with suppress(OSError):
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        del format, args
