"""An SSH agent with a security key in it, for ``ssh-keygen`` itself to ask (draft-miller-ssh-agent)."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.approvals.keys import Keys

_LIST, _LISTED, _SIGN, _SIGNED, _FAILURE = 11, 12, 13, 14, 5


@contextmanager
def fido_agent(keys: Keys, path: Path) -> Iterator[None]:
    """Answer at a socket as an agent does that has one security key; whoever is asked to, touches it."""
    key = base64.b64decode(keys.fido().split()[1])

    class Answering(socketserver.StreamRequestHandler):
        """Answer who connects."""

        def handle(self) -> None:
            """Answer until the other side has asked all it wanted."""
            while head := self.rfile.read(4):
                answer = self._answer(self.rfile.read(int.from_bytes(head, "big")))
                self.wfile.write(_string(answer))

        def _answer(self, asked: bytes) -> bytes:
            if asked[0] == _LIST:
                return bytes([_LISTED]) + (1).to_bytes(4, "big") + _string(key) + _string(b"yellow")
            wanted = bytes([_SIGN]) + _string(key)
            if not asked.startswith(wanted):
                return bytes([_FAILURE])
            size = int.from_bytes(asked[len(wanted) :][:4], "big")
            return bytes([_SIGNED]) + _string(keys.touched(asked[len(wanted) + 4 :][:size]))

    with socketserver.ThreadingUnixStreamServer(str(path), Answering) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield
        server.shutdown()


def _string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part
