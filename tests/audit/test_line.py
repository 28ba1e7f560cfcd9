"""One record is one line: what a line is, and what it is not."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit.line import MAX_LINE, Unparsable, parse, sha256
from runner.model.canonical import MAX_INTEGER, NotCanonical, encode

_KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(max_size=20)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""
_RECORDS = st.dictionaries(_KEYS, _VALUES, max_size=6)


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


@PATIENT
@given(_RECORDS, st.data())
def test_the_short_way_decides_as_the_long_one(data: dict[str, object], draw: st.DataObject) -> None:
    """A changed byte is judged by `parse` exactly as by reading, encoding and comparing."""
    line = bytearray(encode(data))  # type: ignore[arg-type]  # same
    line[draw.draw(st.integers(0, len(line) - 1))] = draw.draw(st.integers(0, 255))
    changed = bytes(line)
    try:
        long_way = json.loads(changed)
        expected = isinstance(long_way, dict) and encode(long_way) == changed
    except ValueError:
        expected = False

    try:
        parse(changed)
        found = True
    except ValueError:
        found = False

    assert expected == found


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
