"""Leave out the records of a stretch that say nothing to the rest of the log. Pure.

1. An intent and the outcome that names it, both of one run. 2. A record that has to stand in an open run and says
nothing else, or that belongs to no run. A kind that is not named here is never left out.

Both hold only where their run is open. Where the stretch does not say that it is, it has to be open before: `runs`
names it. A blob that a record names must be what its name says; otherwise the record is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from runner.audit.blob import BadBlob, BlobReader, blob_path, read_once
from runner.audit.line import number
from runner.audit.record import (
    Anchored,
    CallIntent,
    CallOutcome,
    PlanUsed,
    Proof,
    Recovered,
    Reserved,
    RoleAssumed,
    RunClosed,
    RunOpened,
    UnknownAccepted,
)
from runner.audit.spill import Blob, Lost, may_be_outside, outside
from runner.model.canonical import Json

_SAYS_NOTHING = frozenset({Anchored.type, Recovered.type, Reserved.type})
_STANDS_IN_A_RUN = frozenset({PlanUsed.type, Proof.type, RoleAssumed.type, UnknownAccepted.type})

LEFT_OUT = _SAYS_NOTHING | _STANDS_IN_A_RUN | {CallIntent.type, CallOutcome.type}
"""The kinds of which some are left out; no check but `RunCheck` may wait for one of them."""


class _Intent(NamedTuple):
    at: int
    raw: bytes
    run: str
    digest: str


class Sift:
    """Take the records of a stretch one after the other, and keep those that matter elsewhere."""

    def __init__(self, blob: BlobReader) -> None:
        self._look_into = read_once(blob)
        self._kept: dict[int, bytes] = {}
        self._intents: dict[int, _Intent] = {}
        self._open: set[str] = set()
        self._closed: set[str] = set()
        self._assumed: set[str] = set()

    @property
    def runs(self) -> frozenset[str]:
        """The runs that have to be open before the stretch."""
        return frozenset(self._assumed)

    def kept(self) -> dict[int, bytes]:
        """Return what was kept, by where it stands, when all records were taken."""
        return {**self._kept, **{intent.at: intent.raw for intent in self._intents.values()}}

    def take(self, index: int, raw: bytes, data: Mapping[str, Json], digest: str) -> None:
        """Take a record that stands in its place; ``digest`` is its line's."""
        kind, run = str(data["type"]), str(data["run"])
        if kind == CallIntent.type and self._is_open(run) and self._is_whole(raw, data):
            self._intents[number(data, "seq", -1)] = _Intent(index, raw, run, digest)
        elif kind == CallOutcome.type and self._is_open(run):
            self._answer(index, raw, data, run)
        elif not self._says_nothing(kind, run) or not self._is_whole(raw, data):
            self._kept[index] = raw
            self._follow(kind, run, data)

    def _answer(self, index: int, raw: bytes, data: Mapping[str, Json], run: str) -> None:
        intent = self._intents.pop(number(data, "intent_seq", -1), None)
        if (
            intent is None
            or (intent.run, intent.digest) != (run, data.get("intent_sha256"))
            or not self._is_whole(raw, data)
        ):
            self._kept[index] = raw
            if intent is not None:
                self._kept[intent.at] = intent.raw

    def _says_nothing(self, kind: str, run: str) -> bool:
        return kind in _SAYS_NOTHING or (kind in _STANDS_IN_A_RUN and self._is_open(run))

    def _is_open(self, run: str) -> bool:
        """Return whether a run is open, as far as the stretch says; where it says nothing, it has to be."""
        if run in self._closed:
            return False
        if run not in self._open:
            self._assumed.add(run)
        return True

    def _follow(self, kind: str, run: str, data: Mapping[str, Json]) -> None:
        """Take note that a run begins or ends; one that another run goes on from has ended."""
        if kind == RunOpened.type:
            before = str(data.get("resume_of") or "")
            self._open.discard(before)
            self._closed.add(before)
            self._open.add(run)
            self._closed.discard(run)
        elif kind == RunClosed.type:
            self._open.discard(run)
            self._closed.add(run)

    def _is_whole(self, raw: bytes, data: Mapping[str, Json]) -> bool:
        """Return whether every field that lies outside of a record is there."""
        return not may_be_outside(raw) or all(self._is_there(where) for _, where in outside(data))

    def _is_there(self, where: Blob | Lost) -> bool:
        match where:
            case Lost():
                return False
            case Blob(digest, path):
                try:
                    self._look_into(digest)
                    return path == blob_path(digest)
                except BadBlob:
                    return False
