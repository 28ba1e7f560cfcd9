"""What the log says is used up: sealed plans, and approvals. An index beside the log spares reading all of it.

``used.note`` holds what the lines before some place say, and where that is: a segment, a byte, and the digest of the
last line before it, which stands for all lines before. It is believed as far as the log is, and no further:

1. The log's own key signed it, as it signs checkpoints. Who can sign an index of his own can write a log of his own.
2. The line before that place has that digest: the index is about this log, as it is now.
3. The lines behind that place are read.

Otherwise, and when there is none, all lines are read. It may be deleted at any time; an older one only means more to
read. Nothing is lost when it cannot be written.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.audit.directory import open_root, open_to_read, write_new
from runner.audit.format import read_origin
from runner.audit.line import MAX_LINE, Unparsable, parse, sha256, text
from runner.audit.log_key import LogKey, read_key, verify_ed25519
from runner.audit.note import BadNote, opened, signed
from runner.audit.reading import read_lines, segment_paths
from runner.audit.record import ApprovalAccepted, PlanUsed
from runner.model.canonical import Json, NotCanonical, encode

NAME = "used.note"
FORMAT = "guarded-runner-used/1"
WORTH = 1024 * 1024
"""Bytes that were read beyond the index, before a new one is written."""
_LARGEST = 16 * 1024 * 1024

_PLAN, _APPROVAL = PlanUsed.type, ApprovalAccepted.type
_MARKS = (_PLAN.encode(), _APPROVAL.encode())


@dataclass(frozen=True)
class Place:
    """Name the byte of a segment where a line begins, and the line before it, which the same segment holds."""

    segment: int = 0
    offset: int = 0
    digest: str = ""


@dataclass
class Used:
    """Hold what the lines before a place say is used up."""

    plans: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By its nonce, the run that used a plan and when, as the log writes times."""
    approvals: set[str] = field(default_factory=set)
    """The digests of the statements."""
    place: Place = Place()

    def take(self, line: bytes) -> None:
        """Take note of a line; one that is no record says nothing: a killed writer leaves such lines."""
        if not any(mark in line for mark in _MARKS):
            return
        try:
            data = parse(line)
        except (Unparsable, NotCanonical):
            return
        if data.get("type") == _PLAN:
            self.plans.setdefault(text(data, "nonce"), (text(data, "run"), text(data, "ts")))
        elif data.get("type") == _APPROVAL:
            self.approvals.add(text(data, "statement_sha256"))


def used_in(directory: Path) -> Used:
    """Return what the log in a ledger's directory says is used up.

    Raises:
        UsageError: when the log cannot be read.
    """
    paths = segment_paths(directory)
    key = read_key(directory, read_origin(directory))
    used = (None if key is None else _kept(directory, key, dict(paths))) or Used()
    read = _read_on(used, paths)
    if key is not None and read >= WORTH:
        with contextlib.suppress(OSError):
            _keep(directory, key, used)
    return used


def _read_on(used: Used, paths: Iterable[tuple[int, Path]]) -> int:
    """Read the lines behind the place, go on to where the last one ended, and return how many bytes that were."""
    read, start = 0, used.place
    for segment, path in paths:
        if segment < start.segment:
            continue
        offset = begun = start.offset if segment == start.segment else 0
        ended, last = 0, b""
        for raw in read_lines(path, begun):
            offset += len(raw)
            line = raw.removesuffix(b"\n")
            used.take(line)
            if len(line) < len(raw):
                ended, last = offset, line
        read += offset - begun
        if ended:
            used.place = Place(segment, ended, sha256(last))
    return read


def _kept(directory: Path, key: LogKey, paths: Mapping[int, Path]) -> Used | None:
    """Return what the index says; None when it is not to be believed."""
    try:
        with os.fdopen(open_to_read(directory / NAME), "rb") as file:
            data = json.loads(opened(file.read(_LARGEST), key.public, verify_ed25519))  # 1
        place = Place(data["segment"], data["offset"], data["digest"])
        plans = {nonce: (run, when) for nonce, (run, when) in data["plans"].items()}
        is_ours = data["format"] == FORMAT and _line_before(paths[place.segment], place.offset) == place.digest  # 2
        return Used(plans, set(data["approvals"]), place) if is_ours else None
    except (OSError, BadNote, ValueError, KeyError, TypeError, AttributeError):
        return None


def _line_before(path: Path, offset: int) -> str | None:
    """Return the digest of the line that ends at a byte; None when no line ends there."""
    start = max(offset - MAX_LINE - 2, 0)
    with os.fdopen(open_to_read(path), "rb") as file:
        file.seek(start)
        *before, line, rest = (b"\n" + file.read(offset - start)).split(b"\n")
    return sha256(line) if not rest and (len(before) > 1 or not start) else None


def _keep(directory: Path, key: LogKey, used: Used) -> None:
    place = used.place
    data: dict[str, Json] = {
        "format": FORMAT,
        "segment": place.segment,
        "offset": place.offset,
        "digest": place.digest,
        "plans": {**used.plans},
        "approvals": tuple(sorted(used.approvals)),
    }
    note = signed(encode(data).decode() + "\n", key.public, key.sign)
    root = open_root(directory)
    try:
        write_new(NAME, root, note.encode())
    finally:
        os.close(root)
