"""Judge again what people signed: operators how their runs began and ended, peers that a plan may be executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.audit import approval_check, operator_check
from runner.audit.approval_check import ApprovalCheck
from runner.audit.blob import BlobReader
from runner.audit.checkpoint_check import StoredCheckpoint
from runner.audit.flaw import Flaw, Place
from runner.audit.operator_check import OperatorCheck
from runner.audit.signatories import Signatories
from runner.model.canonical import Json

WATCHED = operator_check.WATCHED | approval_check.WATCHED
"""The records that are of interest here."""


class PeopleCheck:
    """Take records one after the other and add what does not hold to ``flaws`` and ``warnings``."""

    def __init__(
        self,
        stored: Iterable[StoredCheckpoint],
        blob: BlobReader,
        people: Signatories,
        flaws: list[Flaw],
        warnings: list[Flaw],
    ) -> None:
        self._operators = OperatorCheck(stored, people, flaws, warnings)
        self._approvals = ApprovalCheck(blob, people, flaws, warnings)

    @property
    def signatures(self) -> int:
        """How many operators' signatures hold."""
        return self._operators.count

    @property
    def approvals(self) -> int:
        """How many approvals hold."""
        return self._approvals.count

    def take(self, data: Mapping[str, Json], place: Place) -> None:
        """Take note of a record that stands in its place."""
        if data["type"] in WATCHED:
            self._operators.take(data, place)
            self._approvals.take(data, place)

    def end(self) -> None:
        """Judge what only the whole log can tell."""
        self._operators.end()
