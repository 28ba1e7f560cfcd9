"""One record is one line: what a line is, and what it is not."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit.line import MAX_LINE, Unparsable, parse, sha256
from runner.model.canonical import MAX_INTEGER, Json, NotCanonical, encode

_KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(max_size=20)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""
_RECORDS = st.dictionaries(_KEYS, _VALUES, max_size=6)
_ASCII = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | _KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_ASCII_RECORDS = st.dictionaries(_KEYS, _ASCII, max_size=6)
_PIECES = st.sampled_from((b"1.0", b".5", b"e1", b"E", b"-", b"-0", b"0", b"9" * 16, b",", b" ", b'"', b"{}", b"[1e2]"))
"""What may make another form of the same thing, or of nearly the same, of a line."""


@PATIENT
@given(_RECORDS)
def test_lines_are_in_the_form_of_rfc_8785(data: dict[str, object]) -> None:
    """What the ledger writes is byte for byte what an independent implementation of RFC 8785 writes."""
    line = encode(data)  # type: ignore[arg-type]  # Hypothesis cannot name a recursive type

    assert rfc8785.dumps(data) == line  # type: ignore[arg-type]  # same
    assert parse(line) == data


@PATIENT
@given(_RECORDS)
def test_any_other_spelling_is_refused(data: dict[str, object]) -> None:
    """A record is accepted in one spelling only, however JSON may spell it otherwise."""
    line = encode(data)  # type: ignore[arg-type]  # same
    others = {
        json.dumps(data).encode(),
        json.dumps(data, ensure_ascii=False).encode("utf-8"),
        json.dumps(data, separators=(",", ":")).encode(),
        line + b" ",
        b" " + line,
    } - {line}

    for other in others:
        with pytest.raises((NotCanonical, Unparsable)):
            parse(other)


def _decision(line: bytes) -> dict[str, Json] | None:
    """Return what `parse` reads; None when it refuses."""
    try:
        return parse(line)
    except (NotCanonical, Unparsable):
        return None


def _long_way(line: bytes) -> dict[str, Json] | None:
    """Return the same by the standard library alone: read, encode, compare."""
    try:
        read = json.loads(line)
        return read if isinstance(read, dict) and encode(read) == line else None
    except ValueError:
        return None


@PATIENT
@given(_RECORDS | _ASCII_RECORDS, st.data())
def test_the_short_way_decides_as_the_long_one(data: dict[str, Json], draw: st.DataObject) -> None:
    """A line with a stretch of it replaced is judged by `parse` exactly as by reading, encoding and comparing."""
    line = encode(data)
    start = draw.draw(st.integers(0, len(line)))
    end = draw.draw(st.integers(start, min(start + 3, len(line))))
    changed = line[:start] + draw.draw(_PIECES | st.binary(max_size=3)) + line[end:]

    found, expected = _decision(changed), _long_way(changed)

    assert found == expected
    assert repr(found) == repr(expected), "True is not 1, nor is 1.0"


@pytest.mark.parametrize(
    "where", ['{{"a":{}}}', '{{"a":[{}]}}', '{{"a":["",{}]}}', '{{"a":{{"b":{}}}}}', '{{"a":[[{}]]}}']
)
def test_every_number_is_judged_alike_wherever_it_stands(where: str) -> None:
    """The short way refuses what the long way refuses: fractions, exponents, minus zero, integers past 2**53."""
    limits = tuple(limit + by for limit in (MAX_INTEGER, -MAX_INTEGER, 2**63, 2**64, -(2**63)) for by in (-1, 0, 1))
    for number in (*limits, "-0", "0.0", "-0.0", "1.5", "1.0", "1e5", "1e-7", "1e+16", "1E5", "1e400", "01", "NaN"):
        line = where.format(number).encode()

        assert repr(_decision(line)) == repr(_long_way(line)), line


def test_every_character_is_judged_alike_however_it_is_written() -> None:
    """All 128 characters of ASCII, bare and in each form of escape, in a value and in a key."""
    short = ("\\n", "\\t", "\\b", "\\f", "\\r", "\\/", '\\"', "\\\\")
    written = (*short, *(form.format(number) for number in range(256) for form in ("\\u{:04x}", "\\u{:04X}")))
    for text in (*map(chr, range(256)), *written):
        for line in (f'{{"a":"{text}"}}'.encode(), f'{{"{text}":"a"}}'.encode()):
            assert _decision(line) == _long_way(line), line


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":9007199254740992}',
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0041"}',
        '{"ä":1}'.encode(),
    ],
)
def test_what_is_not_canonical_is_refused(line: bytes) -> None:
    """Floats, large integers, doubled or unsorted or non-ASCII keys, and needless escapes are no record."""
    with pytest.raises(NotCanonical):
        parse(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"a":1}{}',
        b"[]",
        b"7",
        b"\xff",
        b"\x00" * 40,
        b'{"a":' + b"[" * 20_000,
        b'{"a":"' + b"x" * MAX_LINE + b'"}',
    ],
)
def test_what_is_not_one_object_is_unparsable(line: bytes) -> None:
    """Whatever a killed writer or a broken disk may leave is told from a record without an accident."""
    with pytest.raises(Unparsable):
        parse(line)


def test_a_digest_is_that_of_the_bytes() -> None:
    """A line's digest is what ``sha256sum`` says of it."""
    assert hashlib.sha256(b"{}").hexdigest() == sha256(b"{}")
