"""Hold time stamps against the checkpoints they are over, and against what the log says of them. Pure.

1. A time stamp holds by the auditor's roots; without them, by those that the log says the guardrails named. 2. One that
the log speaks of is there, is the very same, and tells the time that the log says. 3. That time lies between the record
that ended what is stamped and the one that speaks of the stamp. A stamp that the log does not speak of is what a killed
run left; it holds as well as any, and says as much.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from runner.audit.blob import BadBlob, BlobReader
from runner.audit.checkpoint_check import StoredCheckpoint
from runner.audit.checkpoint_store import STAMP, checkpoint_name
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.line import number, text
from runner.audit.record import RunClosed, RunOpened, Stamped
from runner.audit.record.fields import stamp as spelled
from runner.audit.signatories import moment
from runner.audit.time_stamp import BadStamp, NoReader, StampTrust, check_time, read_roots, stamped_time
from runner.model.canonical import Json

WATCHED = frozenset({RunOpened.type, RunClosed.type, Stamped.type})
"""The records that are of interest here."""


@dataclass(frozen=True)
class _Told:
    """Hold what the log says of one time stamp."""

    data: Mapping[str, Json]
    place: Place
    after: datetime
    """When the record was written that ended what is stamped."""


class StampCheck:
    """Take records one after the other; at the end, say which time stamps do not hold."""

    def __init__(
        self,
        stored: Iterable[StoredCheckpoint],
        blob: BlobReader,
        trust: StampTrust,
        flaws: list[Flaw],
        warnings: list[Flaw],
    ) -> None:
        self.count = 0
        """How many time stamps hold."""
        self.last: tuple[int, datetime] | None = None
        """Over how many lines the last of them is, and when that was."""
        self._stored = {int(one.name): one for one in stored if one.stamp is not None}
        self._blob = blob
        self._roots = trust.roots
        self._flaws = flaws
        self._warnings = warnings
        self._after: dict[str, datetime] = {}
        self._told: dict[int, _Told] = {}

    def take(self, data: Mapping[str, Json], place: Place) -> None:
        """Take note of a record that stands in its place."""
        run = text(data, "run")
        if text(data, "type") != Stamped.type:
            self._after[run] = moment(text(data, "ts"))
        elif not text(data, "why"):
            self._told[number(data, "size")] = _Told(data, place, self._after.get(run, moment("")))

    def end(self) -> None:
        """Judge the time stamps when all records were taken."""
        for size, told in self._told.items():
            if size not in self._stored:  # 2
                self._flaw(told.place, f"the time stamp over {size} lines is gone")
        for size, stored in self._stored.items():
            place = Place(f"checkpoints/{checkpoint_name(size)}{STAMP}", 0)
            try:
                time = self._judged(stored, self._told.get(size))
            except BadStamp as error:
                self._flaw(place, f"the time stamp does not hold: {error}")
            except NoReader as error:
                self._warnings.append(Flaw(Kind.NOT_JUDGED, place, str(error)))
            else:
                if time is None:
                    why = "nothing says whose time stamp this should be: give the roots, --timestamp-roots"
                    self._warnings.append(Flaw(Kind.NOT_JUDGED, place, why))
                    continue
                self.count += 1
                self.last = (size, time)

    def _judged(self, stored: StoredCheckpoint, told: _Told | None) -> datetime | None:
        """Return when a stamp was made; None when there are no roots to hold it against."""
        token = stored.stamp or b""
        if told is not None and hashlib.sha256(token).hexdigest() != told.data.get("token_sha256"):
            raise BadStamp("it is another one than the log says")
        roots = self._roots if self._roots is not None or told is None else read_roots(self._named(told.data))
        if roots is None:
            return None
        time = stamped_time(token, stored.note, roots)  # 1
        if told is not None:
            if spelled(time) != told.data.get("time"):
                raise BadStamp(f"it is of {spelled(time)}, and the log says {text(told.data, 'time')}")
            check_time(time, told.after, moment(text(told.data, "ts")))  # 3
        return time

    def _named(self, data: Mapping[str, Json]) -> bytes:
        digest, inline = text(data, "roots_sha256"), data.get("roots")
        try:
            named = json.loads(self._blob(digest)) if digest else inline
        except (BadBlob, ValueError) as error:
            raise BadStamp("the roots that the log names cannot be read") from error
        return "".join(str(one) for one in named).encode() if isinstance(named, list) else b""

    def _flaw(self, place: Place, message: str) -> None:
        self._flaws.append(Flaw(Kind.BAD_STAMP, place, message))
