"""Hold operators' signatures against the runs they are of: who signed how a run began and ended. Pure, but for OpenSSH.

1. A signature is over the checkpoint that a run's first or last record ended, and holds for the run's own operator:
   with a list of whose keys count, the key is listed under the ARN that gave the MFA code, at the time of that record.
2. A beginning that the log calls signed has the very signature that the log names.
3. A run whose beginning is signed and whose end is not was not finished by its operator: a warning, as a key that is
   taken away in the middle leaves it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.audit.checkpoint_check import StoredCheckpoint
from runner.audit.checkpoint_store import checkpoint_name
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.line import number, text
from runner.audit.note import BadNote, text_of
from runner.audit.record import CheckpointSigned, MfaSession, RunClosed, RunOpened
from runner.audit.signatories import BadSignature, NotJudged, Signatories, check_signature, moment
from runner.audit.signing import CHECKPOINTS
from runner.model.canonical import Json

WATCHED = frozenset({RunOpened.type, RunClosed.type, MfaSession.type, CheckpointSigned.type})
"""The records that are of interest here."""


@dataclass(frozen=True)
class _End:
    """Hold the record that a checkpoint ends with: the first or the last one of a run."""

    run: str
    at: str
    is_last: bool
    place: Place


class OperatorCheck:
    """Take records one after the other; at the end, say which signatures do not hold."""

    def __init__(
        self, stored: Iterable[StoredCheckpoint], people: Signatories, flaws: list[Flaw], warnings: list[Flaw]
    ) -> None:
        self.count = 0
        """How many signatures hold."""
        self._stored = {int(one.name): one for one in stored}
        self._people = people
        self._flaws = flaws
        self._warnings = warnings
        self._ends: dict[int, _End] = {}
        self._who: dict[str, str] = {}
        self._named: dict[int, tuple[str, Mapping[str, Json], Place]] = {}

    def take(self, data: Mapping[str, Json], place: Place) -> None:
        """Take note of a record that stands in its place."""
        run, kind = text(data, "run"), text(data, "type")
        if kind in {RunOpened.type, RunClosed.type}:
            last = kind == RunClosed.type
            self._ends[number(data, "seq") + 1] = _End(run, text(data, "ts"), last, place)
        elif kind == MfaSession.type:
            self._who.setdefault(run, text(data, "caller_arn"))
        elif kind == CheckpointSigned.type:
            self._named[number(data, "size")] = (run, data, place)

    def end(self) -> None:
        """Judge the signatures when all records were taken."""
        for size, (_, data, place) in self._named.items():  # 2
            self._check_named(size, data, place)
        for size, stored in self._stored.items():
            if stored.signature is not None:
                self._judge(size, stored.note, stored.signature)
        self._warn()

    def _warn(self) -> None:
        begun = {run for run, _, _ in self._named.values()}
        for size, end in self._ends.items():  # 3
            if not end.is_last or self._signature(size) is not None:
                continue
            if end.run in begun:
                why = f"the operator of run {end.run} signed how it began, and not how it ended"
                self._warnings.append(Flaw(Kind.NOT_SIGNED, end.place, why))
            elif self._people.listed is not None:
                why = f"the operator of run {end.run} did not sign it"
                self._warnings.append(Flaw(Kind.NOT_SIGNED, end.place, why))

    def _check_named(self, size: int, data: Mapping[str, Json], place: Place) -> None:
        signature = self._signature(size)
        if signature is None:
            self._flaw(place, f"the operator's signature over {size} lines is gone")
        elif hashlib.sha256(signature).hexdigest() != data.get("signature_sha256"):
            self._flaw(place, f"the operator's signature over {size} lines is another one")

    def _judge(self, size: int, note: bytes, signature: bytes) -> None:
        place = Place(f"checkpoints/{checkpoint_name(size)}.sig", 0)
        end = self._ends.get(size)
        if end is None:
            self._flaw(place, "no run began or ended with the last line that it is over")
            return
        who, at = self._who.get(end.run, ""), moment(end.at)
        try:
            check_signature(text_of(note).encode(), signature, who, CHECKPOINTS, at, self._people)  # 1
        except (BadNote, BadSignature) as error:
            self._flaw(place, f"the signature of {who or 'the operator'} does not hold: {error}")
        except NotJudged as error:
            self._warnings.append(Flaw(Kind.NOT_JUDGED, place, str(error)))
        else:
            self.count += 1

    def _signature(self, size: int) -> bytes | None:
        stored = self._stored.get(size)
        return None if stored is None else stored.signature

    def _flaw(self, place: Place, message: str) -> None:
        self._flaws.append(Flaw(Kind.BAD_SIGNATURE, place, message))
