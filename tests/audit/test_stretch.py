"""A log that is read in stretches: whatever was done to it, what is found is what reading line by line finds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit.blob import BadBlob, blob_path
from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_check import StoredCheckpoint, Trust
from runner.audit.checkpoint_store import checkpoint_name
from runner.audit.line import NOTHING, VERSION, sha256
from runner.audit.merkle import Tree
from runner.audit.note import NoteKey, signed
from runner.audit.people_check import WATCHED
from runner.audit.record import (
    CallIntent,
    CallOutcome,
    MfaSession,
    Proof,
    Recovered,
    Reserved,
    RunClosed,
    RunOpened,
    SeenGone,
    StepClosed,
    StepOpened,
)
from runner.audit.sift import LEFT_OUT
from runner.audit.signatories import Signatories
from runner.audit.stamp_check import WATCHED as OF_STAMPS
from runner.audit.stretch import Part, Stretch, survey
from runner.audit.time_stamp import StampTrust
from runner.audit.verify import Broken, Verified, walked
from runner.audit.walk import Walk
from runner.model.canonical import Json, encode

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""

VECTORS = sorted((Path(__file__).parent / "vectors").glob("*.jsonl"))
KEY = NoteKey("guarded-runner/0123456789abcdef", b"k" * 32)
TRUST = Trust(KEY.name, KEY, lambda *_: True)
GOOD, BAD = "a" * 64, "b" * 64
"""Digests of a blob that is there, and of one that is not."""

Lines: TypeAlias = Sequence[bytes]
Found: TypeAlias = Verified | Broken


def blob(digest: str) -> bytes:
    """Return the one blob that is there."""
    if digest != GOOD:
        raise BadBlob(f"{digest} is not here")
    return b"{}"


def checkpoints(lines: Lines, sizes: set[int]) -> tuple[StoredCheckpoint, ...]:
    """Return checkpoints over so many lines of a log, where it has as many."""
    tree, made = Tree(), []
    for line in lines:
        tree.append(line.removesuffix(b"\n"))
        if tree.size in sizes:
            text = Checkpoint(KEY.name, tree.size, tree.root()).text
            note = signed(text, KEY, lambda _: b"s" * 64).encode()
            made.append(StoredCheckpoint(checkpoint_name(tree.size), note))
    return tuple(made)


def walk(stored: tuple[StoredCheckpoint, ...]) -> Walk:
    """Return checks that nothing was shown to."""
    return Walk(blob, stored, TRUST, Signatories(lambda _: None), StampTrust())


def line_by_line(segments: Mapping[int, Lines], stored: tuple[StoredCheckpoint, ...]) -> Found:
    """Verify without looking at any stretch beforehand."""
    return walked(walk(stored), (Part(first, lines) for first, lines in segments.items()))


def in_stretches(
    segments: Mapping[int, Lines], stored: tuple[StoredCheckpoint, ...], of: Callable[[], int]
) -> tuple[Found, int]:
    """Verify in stretches of so many lines; return how many of these were not read line by line, too."""
    checks, passed = walk(stored), 0

    def read_again(lines: Lines) -> Iterator[bytes]:
        nonlocal passed
        passed -= 1
        yield from lines

    def parts() -> Iterator[Part]:
        nonlocal passed
        for first, lines in segments.items():
            start = 0
            while start < len(lines) or not start:
                stretch = lines[start : start + of()]
                passed += 1
                yield Part(first, read_again(stretch), survey(stretch, checks.signed.sizes, blob), begins=not start)
                start += len(stretch) or 1

    found = walked(checks, parts())
    return found, passed


def same(segments: Mapping[int, Lines], stored: tuple[StoredCheckpoint, ...], seed: int) -> Found:
    """Return what both ways find, once it is known to be the same, down to every place and their order."""
    lengths = random.Random(seed)  # noqa: S311  # to divide a log, not to keep anything secret
    one_by_one = line_by_line(segments, stored)
    found, _ = in_stretches(segments, stored, lambda: lengths.randint(1, 8))

    assert found == one_by_one
    return found


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_vector_is_found_the_same(path: Path) -> None:
    """Each thing that can be done to a log, however the log is divided."""
    lines = path.read_bytes().splitlines(keepends=True)
    for length in range(1, 9):
        found, _ = in_stretches({0: lines}, (), lambda length=length: length)  # type: ignore[misc]  # bound at once
        assert found == line_by_line({0: lines}, ())


def test_a_sound_log_is_read_once() -> None:
    """No line is read again of a log in which there is nothing to find: this is what makes it worth it."""
    lines = (Path(__file__).parent / "vectors" / "valid.jsonl").read_bytes().splitlines(keepends=True)
    stored = checkpoints(lines, {1, 7, 22})

    found, passed = in_stretches({0: lines[:10], 10: lines[10:]}, stored, lambda: 4)

    assert found == line_by_line({0: lines[:10], 10: lines[10:]}, stored)
    assert isinstance(found, Verified)
    assert (found.checkpoints, passed) == (3, 6)


_OPERATIONS = st.lists(
    st.tuples(st.sampled_from("OCidxoDWsgcmprtuLGEB"), st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=60
)
"""What a chain is made of: the letters are those of `_record`."""


def _record(what: str, choice: int, intents: list[tuple[int, str]]) -> tuple[str, dict[str, Json]]:
    """Return type and fields of a record; ``choice`` picks what it names, often wrongly."""
    number, digest = intents[-1 - choice % 4] if len(intents) > choice % 4 else (choice, GOOD)
    call: dict[str, Json] = {"service": "s3", "operation": "DeleteObject"}
    answer: dict[str, Json] = {"intent_seq": number, "intent_sha256": digest, "result": "ok"}
    outside: dict[str, Json] = {"x_blob": blob_path(GOOD), "x_sha256": GOOD}
    missing: dict[str, Json] = {"x_blob": blob_path(BAD), "x_sha256": BAD}
    step: dict[str, Json] = {"step": f"s{choice % 2}", "state": "gone", "verdict": "gone"}
    known: dict[str, tuple[str, dict[str, Json]]] = {
        "O": (RunOpened.type, {"resume_of": f"r{choice % 4}" if choice < 4 else ""}),
        "C": (RunClosed.type, {}),
        "i": (CallIntent.type, call),
        "d": (CallIntent.type, call | outside),
        "x": (CallIntent.type, call | missing),
        "o": (CallOutcome.type, answer),
        "D": (CallOutcome.type, answer | outside),
        "W": (CallOutcome.type, answer | ({"intent_sha256": BAD} if choice % 2 else {"intent_seq": True})),
        "s": (StepOpened.type, step),
        "g": (SeenGone.type, step),
        "c": (StepClosed.type, step),
        "m": (MfaSession.type, {"caller_arn": "arn"}),
        "p": (Proof.type, missing if choice == 9 else {}),
        "r": (Reserved.type, {}),
        "u": ("nobody.knows", {}),
        "L": (CallOutcome.type, answer | {"x_lost": "full", "x_sha256": GOOD}),
        "E": (StepOpened.type, step | outside | {"x_sha256": BAD}),
        "G": (StepOpened.type, step | {"x_blob": "blobs/elsewhere", "x_sha256": GOOD}),
    }
    return known[what]


def _chain(operations: list[tuple[str, int, int]]) -> list[bytes]:
    """Return the lines of a sound chain of records that may say anything, as somebody who writes it anew may."""
    lines: list[bytes] = []
    intents: list[tuple[int, str]] = []
    torn: list[Json] = []
    prev = after = NOTHING
    for what, run, choice in operations:
        if what in "tB":
            line = b'{"torn' + bytes([choice])
            torn.append({"seq": len(lines), "bytes": len(line), "sha256": sha256(line)})
            after = prev if len(torn) == 1 else after
        else:
            kind, fields = _record(what, choice, intents)
            if torn:
                kind, fields, torn = Recovered.type, {"after": after, "torn": torn}, []
            place: dict[str, Json] = {"v": VERSION, "seq": len(lines), "prev": prev, "type": kind, "run": f"r{run}"}
            line = encode({**fields, **place, "ts": "2026-12-01T08:00:00.000000Z"})
            if kind == CallIntent.type:
                intents.append((len(lines), sha256(line)))
        lines.append(line + b"\n")
        prev = sha256(line)
    return lines


@pytest.mark.parametrize(
    "operations",
    [
        [("O", 0, 9), ("C", 0, 0), ("i", 0, 0), ("o", 0, 0)],
        [("O", 0, 9), ("i", 0, 0), ("C", 0, 0), ("o", 0, 0), ("p", 0, 0)],
        [("O", 0, 9), ("O", 1, 0), ("i", 0, 0), ("o", 0, 0), ("i", 1, 0), ("o", 1, 0)],
        [("O", 0, 9), ("i", 0, 0), ("O", 1, 0), ("o", 1, 0), ("o", 1, 0)],
        [("O", 0, 9), ("d", 0, 0), ("D", 0, 0), ("d", 0, 0), ("E", 0, 0)],
        [("C", 0, 0), ("O", 0, 9), ("i", 0, 0), ("o", 0, 0), ("t", 0, 1), ("B", 0, 2), ("r", 0, 0), ("C", 0, 0)],
    ],
    ids=[
        "after its end",
        "ended between",
        "superseded",
        "answered by its resumption",
        "a blob under another name",
        "begun again",
    ],
)
def test_what_a_stretch_cannot_tell_alone_is_found_the_same(operations: list[tuple[str, int, int]]) -> None:
    """Whether a run is open is told by the stretch, or has to be told by what came before it."""
    lines = _chain(operations)
    for length in range(1, 9):
        found, _ = in_stretches({0: lines}, (), lambda length=length: length)  # type: ignore[misc]  # bound at once
        assert found == line_by_line({0: lines}, ())


@settings(PATIENT, max_examples=300)
@given(_OPERATIONS, st.sets(st.integers(1, 60), max_size=6), st.integers(0, 2**16))
def test_whatever_records_say_is_found_the_same(
    operations: list[tuple[str, int, int]], sizes: set[int], seed: int
) -> None:
    """Calls, runs, steps and blobs that fit or do not, in any order: both ways find the same."""
    lines = _chain(operations)

    same({0: lines}, checkpoints(lines, sizes), seed)


@settings(PATIENT, max_examples=300)
@given(_OPERATIONS, st.data(), st.integers(0, 2**16))
def test_whatever_was_done_to_a_log_is_found_the_same(
    operations: list[tuple[str, int, int]], data: st.DataObject, seed: int
) -> None:
    """Bytes changed, put in or taken out, lines moved, segments cut anywhere: both ways find the same."""
    lines = _chain([("O", 0, 9), ("O", 1, 9), *operations])
    stored = checkpoints(lines, {2, len(lines) // 2, len(lines)})
    content = bytearray(b"".join(lines))
    position = data.draw(st.integers(0, len(content)))
    match data.draw(st.sampled_from(("change", "remove", "insert", "swap", "repeat"))):
        case "change":
            content[min(position, len(content) - 1)] ^= data.draw(st.integers(1, 255))
        case "remove":
            del content[position : position + data.draw(st.integers(1, 900))]
        case "insert":
            content[position:position] = data.draw(st.binary(max_size=20) | st.just(b"\n"))
        case "swap":
            mixed = data.draw(st.permutations(lines))
            content = bytearray(b"".join(mixed))
        case _:
            content[position:position] = lines[data.draw(st.integers(0, len(lines) - 1))]
    changed = bytes(content).splitlines(keepends=True)
    cut = data.draw(st.integers(0, len(changed)))

    same({0: changed[:cut], data.draw(st.sampled_from((cut, cut + 1))) or 1: changed[cut:]}, stored, seed)


def test_too_much_to_go_on_is_found_the_same() -> None:
    """Both ways stop at the same flaw, and have taken the same number of lines."""
    lines = _chain([("O", 0, 9), *[("x", 0, 0)] * 300])

    found = same({0: lines}, (), 7)

    assert isinstance(found, Broken)
    assert (len(found.flaws), found.complete, found.records) == (100, False, 101)


def test_nothing_that_people_are_judged_by_is_left_out() -> None:
    """A kind of record is left out only where no check waits for it."""
    assert not LEFT_OUT & (WATCHED | OF_STAMPS)


def test_calls_that_were_answered_are_left_out() -> None:
    """Of a run's calls nothing is noted, but that the run has to be open."""
    lines = _chain([("O", 0, 9), *[("i", 0, 0), ("o", 0, 0)] * 20, ("C", 0, 0)])

    found = survey(lines[3:-1], frozenset(), blob)

    assert isinstance(found, Stretch)
    assert (found.first, found.lines, found.runs, found.noted) == (3, 38, frozenset({"r0"}), ())
