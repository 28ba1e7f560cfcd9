"""CloudTrail's events as values: from trail files, or from what ``LookupEvents`` answers. Pure.

Only what reconciliation needs is read. An event that is not as AWS documents it is refused as a whole: half an event
proves nothing.

Source: AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element".
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from runner.audit.selection import moment
from runner.errors import UsageError
from runner.model.canonical import Json

_GZIP = b"\x1f\x8b"
_TAG = re.compile(r"runner-intent/(?P<run>[0-9A-Z]{26})\.(?P<seq>[0-9]{1,15})\.(?P<sha256>[0-9a-f]{16})")


class BadTrail(ValueError):
    """Say what is wrong with a trail."""


@dataclass(frozen=True)
class Tag:
    """Hold what a call's User-Agent says of the intent it was sent for."""

    run: str
    seq: int
    sha256: str
    """The first sixteen digits of the digest of the intent's line."""


@dataclass(frozen=True)
class TrailEvent:
    """Hold one event; ``at`` is UTC, as the log writes times. ``mfa`` is None when the event says nothing of it."""

    id: str
    at: str
    service: str
    operation: str
    access_key: str
    request_id: str
    error_code: str
    read_only: bool
    mfa: bool | None
    tag: Tag | None

    @property
    def api(self) -> str:
        """``service:Operation``; the service as CloudTrail names it."""
        return f"{self.service}:{self.operation}"


def read_trail(content: bytes) -> tuple[TrailEvent, ...]:
    """Return the events of a trail file, packed or not.

    Raises:
        BadTrail: when it is no trail file.
    """
    try:
        plain = gzip.decompress(content) if content.startswith(_GZIP) else content
        data = json.loads(plain)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise BadTrail(f"it is not JSON: {error}") from error
    records = data.get("Records") if isinstance(data, dict) else None
    if not isinstance(records, list):
        raise BadTrail("it has no Records")
    return tuple(read_event(record) for record in records)


def read_event(data: Json) -> TrailEvent:
    """Return one event.

    Raises:
        BadTrail: when it is not as AWS documents it.
    """
    if not isinstance(data, Mapping):
        raise BadTrail("an event is not an object")
    identity = _part(data, "userIdentity")
    attributes = _part(_part(identity, "sessionContext"), "attributes")
    said = attributes.get("mfaAuthenticated")
    read_only = data.get("readOnly")
    if not isinstance(read_only, bool | str):
        raise BadTrail("an event does not say whether it only read")
    return TrailEvent(
        id=_text(data, "eventID"),
        at=_time(_text(data, "eventTime")),
        service=_text(data, "eventSource").removesuffix(".amazonaws.com"),
        operation=_text(data, "eventName"),
        access_key=str(identity.get("accessKeyId", "")),
        request_id=str(data.get("requestID") or ""),
        error_code=str(data.get("errorCode") or ""),
        read_only=read_only in {True, "true"},
        # The attribute is a text, "true" or "false".
        mfa=None if said is None else str(said).lower() == "true",
        tag=_tag(str(data.get("userAgent", ""))),
    )


def _tag(agent: str) -> Tag | None:
    found = _TAG.search(agent)
    return None if found is None else Tag(found["run"], int(found["seq"]), found["sha256"])


def _time(text: str) -> str:
    try:
        return moment(text, "eventTime")
    except UsageError as error:
        raise BadTrail(f"{text!r} is no time") from error


def _part(data: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(data: Mapping[str, Json], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str) or not found:
        raise BadTrail(f"an event has no {name}")
    return found
