"""Have a time-stamping authority say when a checkpoint was there (port `TimeStamper`), and keep its answer beside it.

1. One POST, as RFC 3161 has it, with a nonce; a proxy of the environment is used and no redirect is followed. 2. Nobody
is waited for longer than `PATIENCE`, and no more is read than an answer has: an authority that hangs, or sends page
after page, is one that gave no answer. 3. What came is believed only when `runner audit verify` will believe it.

What is stamped is the whole file of the checkpoint, so that `openssl ts -verify -data FILE` needs nothing of ours. The
authority learns a digest and a time, nothing else.

Source: RFC 3161, section 3.4.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from runner.audit.checkpoint_store import write_stamp
from runner.audit.directory import open_root
from runner.audit.posting import NotTaken, posted
from runner.audit.time_stamp import EXTRA, BadStamp, NoReader, Roots, check_time, stamped_time
from runner.audit.unwritable import writing
from runner.model.ports import Clock, NotStamped, SignedNote, TimeStamp

PATIENCE = 10.0
"""Seconds until an authority counts as one that does not answer."""
LARGEST = 64 * 1024
"""Bytes of an answer at most; one with its whole chain has less than ten thousand."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True)
class Authority:
    """Ask one authority, and keep what it says in one ledger."""

    url: str
    roots: Roots
    """Its chain has to end in one of them."""
    directory: Path
    """The ledger's."""
    tool: str
    clock: Clock

    def stamp(self, note: SignedNote) -> TimeStamp:
        """Have a checkpoint stamped, and return when it was there by the authority's clock.

        Raises:
            NotStamped: when there is no answer, or one that does not hold.
            LogUnwritable: when it cannot be kept.
        """
        content, began = note.text.encode(), self.clock.now()
        try:
            request, nonce = _request(content)
            token = self._answer(request)
            time = stamped_time(token, content, self.roots, nonce)
            check_time(time, began, self.clock.now())
        except NoReader as error:
            raise NotStamped(str(error)) from error
        except BadStamp as error:
            raise NotStamped(f"the time stamp of {self.url} does not hold: {error}") from error
        with writing(str(self.directory)):
            root = open_root(self.directory)
            try:
                write_stamp(root, note.size, token)
            finally:
                os.close(root)
        named = tuple(one.public_bytes(Encoding.PEM).decode() for one in self.roots)
        return TimeStamp(time, hashlib.sha256(token).hexdigest(), named)

    def _answer(self, request: bytes) -> bytes:
        """Return what came; a thread asks, because there are many ways to keep one waiting."""
        asked = _Asked(self.url, request, {**_HEADERS, "User-Agent": self.tool})
        asking = threading.Thread(target=asked.ask, daemon=True)
        asking.start()
        asking.join(PATIENCE)  # 2
        if asked.failed is not None:
            raise asked.failed
        if asked.token is None:
            raise NotStamped(f"{self.url} does not answer within {PATIENCE:g} seconds", may_pass=True)
        return asked.token


@dataclass
class _Asked:
    """Hold one request, and what became of it; None while nothing did."""

    url: str
    request: bytes
    headers: dict[str, str]
    token: bytes | None = None
    failed: NotStamped | None = None

    def ask(self) -> None:
        """Send it."""
        try:
            token = posted(self.url, self.request, self.headers, PATIENCE, LARGEST + 1)
        except NotTaken as error:
            self.failed = _not_stamped(self.url, error)
        else:
            if len(token) > LARGEST:
                self.failed = NotStamped(f"{self.url} answers more than a time stamp has: over {LARGEST} bytes")
            else:
                self.token = token


def _not_stamped(url: str, error: NotTaken) -> NotStamped:
    if error.status:
        return NotStamped(f"{url} answers {error.status}", may_pass=error.status in _BUSY)
    how = "gave no answer" if error.was_reached else "cannot be reached"
    return NotStamped(f"{url} {how}: {error.kind}", may_pass=True)


def _request(content: bytes) -> tuple[bytes, int]:
    """Return a request for a stamp over a content, and its nonce."""
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise NoReader(f"the package rfc3161-client is not installed; {EXTRA}") from error
    made = TimestampRequestBuilder(content, HashAlgorithm.SHA256).build()
    assert made.nonce is not None, "the builder adds one"  # noqa: S101
    return made.as_bytes(), made.nonce
