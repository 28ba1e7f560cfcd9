"""What can be done to a log, one test for each attack: what the local files show, and what only lies outside of reach.

``attacks/honest`` is a log of two runs, every other directory the same log after one attack by somebody who knows the
format, and in some cases holds the log's key. ``attacks/outside`` is what the honest log left where the attacker does
not reach: anchors, CloudTrail's events, an authority's root. ``make_attacks.py`` made them.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.audit.anchor_check import verify_anchored
from runner.audit.call_events import call_events, sessions
from runner.audit.flaw import Kind
from runner.audit.format import read_origin
from runner.audit.reconcile import Kind as Finding
from runner.audit.reconcile import Reconciliation, reconcile
from runner.audit.selection import Selection
from runner.audit.signatories import moment
from runner.audit.time_stamp import read_roots
from runner.audit.trail import read_trail
from runner.audit.verify import CANNOT_SEE, Broken, Verified, verify_ledger
from runner.model.anchor import Anchor
from runner.model.ports import SignedNote
from runner.workflow.anchor import anchor
from tests.audit.make_attacks import ATTACKS
from tests.audit.test_reconcile import recorded
from tests.workflow.conftest import IDENTITY, World
from tests.workflow.test_anchor import AGE, RULES, Archive

OUTSIDE = ATTACKS / "outside"
SOUND: frozenset[Kind] = frozenset()
LATER = timedelta(days=1)


@dataclass(frozen=True)
class Seen:
    """Hold what three looks at an attacked log find."""

    local: frozenset[Kind]
    """`runner audit verify`: nothing but the directory itself."""
    anchored: frozenset[Kind]
    """`runner audit anchors`: the directory against the anchors."""
    reconciled: Reconciliation
    """`runner audit reconcile`: the directory against CloudTrail."""

    @property
    def findings(self) -> set[Finding]:
        """What does not fit with CloudTrail."""
        return {finding.kind for finding in self.reconciled.findings}


def flaws(found: Verified | Broken) -> frozenset[Kind]:
    """Return which kinds of flaws were found."""
    return frozenset(flaw.kind for flaw in found.flaws) if isinstance(found, Broken) else SOUND


@functools.cache
def anchors() -> list[dict[str, Any]]:
    """Return what lies in the bucket."""
    found: list[dict[str, Any]] = json.loads((OUTSIDE / "anchors.json").read_bytes())
    return found


def seen(attack: str, *more: dict[str, Any]) -> Seen:
    """Look at a log in all three ways; ``more`` are further events of CloudTrail."""
    ledger = ATTACKS / attack
    origin = read_origin(ledger)
    held = [Anchor(origin, one["size"], "v1", one["note"].encode()) for one in anchors()]
    trail = json.loads((OUTSIDE / "trail.json").read_bytes())["Records"]
    events = read_trail(json.dumps({"Records": [*trail, *more]}).encode())
    calls = tuple(call_events(ledger, Selection()))
    now = max(moment(event.at) for event in events) + LATER
    roots = read_roots((OUTSIDE / "roots.pem").read_bytes())
    return Seen(
        flaws(verify_ledger(ledger, roots=roots)),
        flaws(verify_anchored(ledger, held).result),
        reconcile(calls, events, now, sessions(ledger)),
    )


def test_the_honest_log() -> None:
    """What every attack begins with holds against all that lies outside."""
    found = seen("honest")

    assert (found.local, found.anchored, found.findings) == (SOUND, SOUND, set())
    assert (found.reconciled.matched, found.reconciled.unknown_runs) == (2, {})


@pytest.mark.parametrize(
    ("attack", "kinds"),
    [
        ("changed-line", {Kind.CHANGED, Kind.NOT_AS_SIGNED, Kind.BAD_STAMP}),
        ("inserted-line", {Kind.INSERTED, Kind.NOT_AS_SIGNED}),
        ("removed-line", {Kind.MISSING, Kind.NOT_AS_SIGNED}),
    ],
)
def test_change_insert_or_remove_a_line(attack: str, kinds: set[Kind]) -> None:
    """The chain says where, offline; the signed root says so too, and it alone where the chain was made anew."""
    assert {Kind.NOT_AS_SIGNED} < seen(attack).local
    assert seen(attack).local <= kinds | {Kind.CHANGED}
    chained = seen(f"{attack}-and-chained-anew").local
    assert Kind.NOT_AS_SIGNED in chained
    assert not chained & {Kind.CHANGED, Kind.INSERTED, Kind.MISSING}


def test_cut_the_tail_and_keep_the_checkpoint() -> None:
    """A checkpoint is over more lines than there are."""
    assert seen("cut-tail-with-checkpoint-kept").local == {Kind.CUT}


def test_cut_the_tail_and_the_checkpoints() -> None:
    """The directory alone verifies, as it says of itself; the anchors and CloudTrail know that there was more."""
    found = seen("cut-tail-and-checkpoints")

    assert found.local == SOUND
    assert "lines cut off at the end together with the checkpoints over them" in CANNOT_SEE
    assert found.anchored == {Kind.CUT}
    assert found.findings == {Finding.NO_INTENT}


def test_rewrite_by_the_operator_with_the_logs_own_key() -> None:
    """So does a log that was written and signed anew; the anchors hold another root, CloudTrail another digest."""
    found = seen("rewritten-with-the-own-key")

    assert found.local <= {Kind.BAD_STAMP}
    assert "a log that somebody with write access to it wrote and signed anew" in CANNOT_SEE
    assert found.anchored == {Kind.NOT_AS_SIGNED}
    assert Finding.OTHER_INTENT in found.findings


def test_fork() -> None:
    """Two histories meet the same key: the second one gets 412, another root is found there, and no run goes on."""
    found = seen("fork")
    assert (found.local, found.anchored) == (SOUND, frozenset({Kind.NOT_AS_SIGNED}))

    size = anchors()[-1]["size"]
    notes = [(ATTACKS / log / "checkpoints" / f"{size:020d}").read_text() for log in ("fork", "honest")]
    missed = [_put_over(note, anchors()[-1]["note"]) for note in notes]
    assert [one is not None and one.is_fork for one in missed] == [True, False]


def _put_over(note: str, there: str) -> Any:
    """Anchor a checkpoint where one lies already."""
    origin, size, *_ = note.split("\n")
    ledger = _Signed(SignedNote(origin, int(size), "f" * 64, note))
    user = ledger.user_session(IDENTITY, ledger.code(IDENTITY))
    held = replace(ledger.services(), aws=Archive(content=there.encode()))
    return anchor(RULES, user, AGE, held, ledger)


class _Signed(World):
    """Be a log that had something else signed last."""

    def __init__(self, note: SignedNote) -> None:
        super().__init__()
        self._note = note

    @property
    def signed(self) -> SignedNote:
        """What the log's key signed last."""
        return self._note


@pytest.mark.parametrize("session", ["a step's", "the operator's"])
def test_a_call_made_outside_of_runner(session: str) -> None:
    """Whoever has a session of a run and uses it beside runner has no intent for it."""
    call = next(call_events(ATTACKS / "honest", Selection()))
    user = next(key for key in sessions(ATTACKS / "honest", call.run).keys if key.startswith("ASIAEXAMPLEUSER"))
    key = call.access_key if session == "a step's" else user
    found = seen("honest", recorded(call, key=key, tag="", eventID="planted", eventTime=f"{call.at[:19]}Z"))

    assert found.local == SOUND
    assert "calls that were made without runner" in CANNOT_SEE
    (finding,) = found.reconciled.findings
    assert (finding.kind, "planted" in finding.on) == (Finding.NO_INTENT, True)


def test_delete_a_whole_run() -> None:
    """One log for all runs: from its middle nothing can be taken, and its end was anchored before the first call."""
    assert Kind.NOT_AS_SIGNED in seen("whole-run-deleted-from-the-middle").local
    found = seen("whole-run-deleted")

    assert (found.local, found.anchored) == (SOUND, frozenset({Kind.CUT}))
    (count,) = found.reconciled.unknown_runs.values()
    assert count == 1


def test_a_wrong_clock(tmp_path: Path) -> None:
    """A run whose times are two hours old says so against a time stamp, and against CloudTrail's times."""
    pytest.importorskip("rfc3161_client", reason="the extra that reads time stamps is not installed")
    assert seen("wrong-clock").local == {Kind.BAD_STAMP}

    late = tuple(call_events(ATTACKS / "wrong-clock", Selection()))[-1]
    stamped = json.loads((ATTACKS / "wrong-clock" / "log" / "000000000000.jsonl").read_bytes().splitlines()[-1])
    path = tmp_path / "trail.json"
    path.write_text(json.dumps({"Records": [recorded(late, eventTime=f"{stamped['time'][:19]}Z")]}))
    found = reconcile([late], read_trail(path.read_bytes()), moment(stamped["time"]))
    assert [finding.kind for finding in found.findings] == [Finding.OTHER_TIME]
