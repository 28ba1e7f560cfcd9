"""Make the ledgers in ``tests/audit/attacks``: one honest log, and what each attack makes of it.

    python -m tests.audit.make_attacks

``outside`` is what the attacker cannot reach: the anchors in a bucket, CloudTrail's events, an authority's root. The
keys exist while this runs and nowhere else, so every run makes other vectors with the same outcomes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from runner.audit.call_events import call_events
from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_store import checkpoint_name
from runner.audit.directory import open_root
from runner.audit.line import sha256
from runner.audit.log import open_ledger
from runner.audit.log_key import LogKey, keep_key
from runner.audit.merkle import Tree
from runner.audit.note import signed
from runner.audit.origin import Origin
from runner.audit.record import MfaSession, RoleAssumed, Stamped
from runner.audit.record.fields import stamp
from runner.audit.selection import Selection
from runner.audit.time_authority import Authority
from runner.audit.time_stamp import read_roots
from runner.model.canonical import encode
from runner.model.ports import Ledger, Receipt, Record
from tests.audit.authority import LocalAuthority, made, serving
from tests.audit.conftest import SteppingClock, _whole_run
from tests.audit.test_reconcile import recorded

ATTACKS = Path(__file__).parent / "attacks"
ORIGIN = Origin("build-7", "alice", 4242, "00000000-0000-4000-8000-000000000000", "runner 1")
KEEP = ("ledger.json", "log", "checkpoints")


class Making:
    """Hold the honest log while attacks are made of it."""

    def __init__(self, place: Path, authority: LocalAuthority) -> None:
        self.place = place
        self.authority = authority
        self.honest = place / "honest"

    def run(self, ledger: Path, behind: timedelta = timedelta()) -> None:
        """Write one run that went well, by a clock that may be behind, and have its end stamped."""
        clock, true = SteppingClock(), SteppingClock()
        clock.time, true.time = datetime.now(UTC) - behind, datetime.now(UTC)
        authority = Authority(
            self.authority.url, read_roots(self.authority.roots.read_bytes()), ledger, "runner 1", true
        )
        here = mock.patch.object(Origin, "here", return_value=ORIGIN)
        with here, open_ledger(ledger, tool="runner 1", clock=clock) as opened:
            _whole_run(_WithOwnKeys(opened))  # type: ignore[arg-type]  # as much of a ledger as is needed
            note = opened.signed
            assert note is not None
            had = authority.stamp(note)
            opened.append(Stamped(note.size, note.root, authority.url, stamp(had.time), had.sha256, had.roots))

    def attack(self, name: str, *steps: Callable[[Path], None]) -> None:
        """Copy the honest log, attack it, and keep what an auditor would be given."""
        attacked = self.place / "attacked" / name
        shutil.copytree(self.honest, attacked)
        for step in steps:
            step(attacked)
        into = ATTACKS / name
        into.mkdir(parents=True)
        for part in KEEP:
            source = attacked / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, into / part)
        (into / "keys").mkdir()
        shutil.copy(attacked / "keys" / "log.vkey", into / "keys" / "log.vkey")


@dataclass(frozen=True)
class _WithOwnKeys:
    """Write a run whose sessions no other run has."""

    ledger: Ledger

    @property
    def run(self) -> str:
        """The run's id."""
        return self.ledger.run

    def append(self, record: Record) -> Receipt:
        """Append a record."""
        if isinstance(record, MfaSession | RoleAssumed):
            record = replace(record, access_key=f"{record.access_key}{self.run[-8:]}")
        return self.ledger.append(record)


def lines(ledger: Path) -> list[bytes]:
    """Return the log's lines."""
    return (ledger / "log" / "000000000000.jsonl").read_bytes().splitlines()


def write(ledger: Path, changed: Iterable[bytes]) -> None:
    """Write the log's lines."""
    (ledger / "log" / "000000000000.jsonl").write_bytes(b"".join(line + b"\n" for line in changed))


def chained(changed: Iterable[bytes]) -> list[bytes]:
    """Return the lines as one who knows the format would number and chain them anew."""
    done: list[bytes] = []
    numbers: dict[int, tuple[int, str]] = {}
    for line in changed:
        data = json.loads(line)
        before = data["seq"]
        data["seq"], data["prev"] = len(done), sha256(done[-1]) if done else "0" * 64
        if data["type"] == "call.outcome":
            data["intent_seq"], data["intent_sha256"] = numbers[data["intent_seq"]]
        done.append(encode(data))
        numbers[before] = (data["seq"], sha256(done[-1]))
    return done


def sign_anew(ledger: Path) -> None:
    """Make every checkpoint anew with the log's own key, as the operator can."""
    found = lines(ledger)
    root = open_root(ledger)
    key: LogKey = keep_key(root, json.loads((ledger / "ledger.json").read_bytes())["origin"])
    for path in list((ledger / "checkpoints").iterdir()):
        size = int(path.name[:20])
        path.unlink()
        if path.suffix or size > len(found):
            continue
        tree = Tree()
        for line in found[:size]:
            tree.append(line)
        text = Checkpoint(key.public.name, size, tree.root()).text
        path.write_text(signed(text, key.public, key.sign), encoding="utf-8")


def drop_checkpoints(ledger: Path) -> None:
    """Remove what says that there was more."""
    count = len(lines(ledger))
    for path in list((ledger / "checkpoints").iterdir()):
        if int(path.name[:20]) > count:
            path.unlink()


def place_of(ledger: Path, kind: str, number: int = 0) -> int:
    """Return where a record of a type stands, the first by default."""
    return [at for at, line in enumerate(lines(ledger)) if json.loads(line)["type"] == kind][number]


def changed_line(line: bytes, **values: object) -> bytes:
    """Return a line that says something else."""
    return encode({**json.loads(line), **values})  # type: ignore[dict-item]  # texts only


def main() -> None:
    """Make them all anew."""
    shutil.rmtree(ATTACKS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as directory, serving(made(Path(directory) / "tsa")) as authority:
        _make(Making(Path(directory), authority))


def _make(making: Making) -> None:
    making.run(making.honest)
    making.run(making.honest)
    _outside(making)
    second, close = place_of(making.honest, "log.reserved", 1), place_of(making.honest, "step.close")
    intent = place_of(making.honest, "call.intent", 1)

    def change(found: list[bytes]) -> list[bytes]:
        return [*found[:close], changed_line(found[close], state="not attempted"), *found[close + 1 :]]

    def insert(found: list[bytes]) -> list[bytes]:
        return [*found[:close], found[close], *found[close:]]

    def remove(found: list[bytes]) -> list[bytes]:
        return [*found[: close - 1], *found[close:]]

    making.attack("honest")
    for name, edit in (("changed", change), ("inserted", insert), ("removed", remove)):
        making.attack(f"{name}-line", edited(edit))
        making.attack(f"{name}-line-and-chained-anew", edited(edit), edited(chained))
    making.attack("cut-tail-with-checkpoint-kept", edited(lambda found: found[:-4]))
    making.attack("cut-tail-and-checkpoints", edited(lambda found: found[:intent]), drop_checkpoints)
    making.attack("rewritten-with-the-own-key", edited(change_intents), edited(chained), sign_anew)
    making.attack("whole-run-deleted", edited(lambda found: found[:second]), drop_checkpoints)
    making.attack("whole-run-deleted-from-the-middle", edited(lambda found: found[second:]), edited(chained))
    making.attack("fork", edited(lambda found: found[:second]), drop_checkpoints, making.run)
    making.attack("wrong-clock", lambda at: making.run(at, timedelta(hours=2)))


def edited(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    """Return an attack that writes a log's lines anew."""
    return lambda at: write(at, edit(lines(at)))


def change_intents(found: list[bytes]) -> list[bytes]:
    """Return the lines with another thing said to be deleted."""
    return [
        changed_line(line, resources=["arn:aws:s3:::another"]) if json.loads(line)["type"] == "call.intent" else line
        for line in found
    ]


def _outside(making: Making) -> None:
    """Keep what lies outside of the attacker's reach, as it was when the honest log was whole."""
    into = ATTACKS / "outside"
    into.mkdir(parents=True)
    notes = sorted(path for path in (making.honest / "checkpoints").iterdir() if not path.suffix)
    anchors = [{"size": int(path.name), "note": path.read_text(encoding="utf-8")} for path in notes]
    assert notes[0].name == checkpoint_name(int(notes[0].name))
    (into / "anchors.json").write_text(json.dumps(anchors, indent=1) + "\n", encoding="utf-8")
    events = [
        recorded(call, eventID=f"e-{number}", eventTime=f"{call.at[:19]}Z")
        for number, call in enumerate(call_events(making.honest, Selection()))
    ]
    (into / "trail.json").write_text(json.dumps({"Records": events}, indent=1) + "\n", encoding="utf-8")
    (into / "roots.pem").write_bytes(making.authority.roots.read_bytes())


if __name__ == "__main__":
    main()
