"""Whatever is done to a log before its last line is found; what cannot be found is said here too."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit.blob import BadBlob
from runner.audit.line import sha256
from runner.audit.segment import Segment
from runner.audit.verify import Broken, Verified, verify
from runner.model.canonical import Json, encode

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""

LINES = (Path(__file__).parent / "vectors" / "recovered.jsonl").read_bytes().splitlines(keepends=True)
"""A sound log that holds a killed writer's line too."""
LAST = len(LINES) - 1
WITHIN = sum(len(line) for line in LINES[:LAST]) - 1
"""The bytes before the newline that ends the last line but one."""

_POSITIONS = st.integers(0, LAST - 1)


def _no_blob(digest: str) -> bytes:
    raise BadBlob(digest)


def _verify(content: bytes) -> Verified | Broken:
    return verify([Segment(0, content.splitlines(keepends=True))], _no_blob)


def test_the_untouched_log_is_sound() -> None:
    """What the other tests change is sound before."""
    assert isinstance(_verify(b"".join(LINES)), Verified)


def test_every_changed_byte_is_found() -> None:
    """No byte is unprotected: neither in a record, nor in an unfinished line, nor around one."""
    lines = LINES[8:15]
    content = bytearray(b"".join(lines))
    before = b"".join(LINES[:8])
    unseen = []
    for position in range(len(content) - len(lines[-1]) - 1):
        content[position] ^= 1
        if isinstance(_verify(before + content), Verified):
            unseen.append(position)
        content[position] ^= 1

    assert unseen == []


@PATIENT
@given(st.integers(0, WITHIN - 1), st.integers(1, 255))
def test_a_changed_byte_is_found(position: int, difference: int) -> None:
    """Any byte but those of the last line, in any way."""
    content = bytearray(b"".join(LINES))
    content[position] ^= difference

    assert isinstance(_verify(bytes(content)), Broken)


@PATIENT
@given(st.integers(0, WITHIN - 1), st.binary(min_size=1, max_size=50))
def test_an_inserted_byte_is_found(position: int, extra: bytes) -> None:
    """Anything put in anywhere before the last line."""
    content = b"".join(LINES)

    assert isinstance(_verify(content[:position] + extra + content[position:]), Broken)


@PATIENT
@given(st.integers(0, WITHIN - 1), st.integers(1, 2000))
def test_a_removed_stretch_is_found(start: int, length: int) -> None:
    """Anything taken out before the last line, whole lines or parts of them."""
    content = b"".join(LINES)

    assert isinstance(_verify(content[:start] + content[min(start + length, WITHIN) :]), Broken)


@PATIENT
@given(_POSITIONS, st.integers(1, LAST - 1))
def test_removed_lines_are_found(first: int, number: int) -> None:
    """One line or many, as long as one is left behind them."""
    lines = LINES[:first] + LINES[min(first + number, LAST) :]

    assert isinstance(_verify(b"".join(lines)), Broken)


@PATIENT
@given(st.permutations(range(len(LINES))).filter(lambda order: order != sorted(order)))
def test_reordered_lines_are_found(order: list[int]) -> None:
    """No other order is sound."""
    assert isinstance(_verify(b"".join(LINES[index] for index in order)), Broken)


@PATIENT
@given(_POSITIONS, st.integers(0, LAST))
def test_a_repeated_line_is_found(position: int, source: int) -> None:
    """No line can be put in a second time."""
    lines = [*LINES[:position], LINES[source], *LINES[position:]]

    assert isinstance(_verify(b"".join(lines)), Broken)


@PATIENT
@given(_POSITIONS, st.text(min_size=1, max_size=20))
def test_a_forged_record_is_found(position: int, tool: str) -> None:
    """A record in canonical form, with the right number and digest, still breaks the line after it."""
    before = sha256(LINES[position - 1].rstrip(b"\n")) if position else "0" * 64
    record: dict[str, Json] = {"v": 1, "seq": position, "prev": before, "type": "anchor", "run": "x", "tool": tool}
    forged = encode(record) + b"\n"

    replaced = [*LINES[:position], forged, *LINES[position + 1 :]]
    put_in = [*LINES[:position], forged, *LINES[position:]]
    assert isinstance(_verify(b"".join(replaced)), Broken)
    assert isinstance(_verify(b"".join(put_in)), Broken)


@PATIENT
@given(st.integers(0, len(LINES)))
def test_a_cut_end_is_not_found(left: int) -> None:
    """The honest limit: a log that was cut between two lines is a shorter sound log, as `CANNOT_SEE` says."""
    found = _verify(b"".join(LINES[:left]))

    assert isinstance(found, Verified)
    assert found.records == left


@PATIENT
@given(st.integers(1, len(LINES[LAST]) - 1))
def test_a_cut_last_line_is_in_doubt(left: int) -> None:
    """A last line that is not whole is what a killed writer leaves, so it is a warning."""
    found = _verify(b"".join(LINES[:LAST]) + LINES[LAST][:left])

    assert isinstance(found, Verified)
    assert found.warnings
