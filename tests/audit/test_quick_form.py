"""The quick way to read and write lines agrees with the slow one, or leaves the line to it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.audit.quick_form import DEPTH, read_quickly, size_of, write_quickly
from runner.model.canonical import MAX_INTEGER, NotCanonical, encode

_KEYS = st.text(max_size=4) | st.integers() | st.booleans()
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-4 * MAX_INTEGER, 4 * MAX_INTEGER)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.just(datetime(2026, 12, 1, tzinfo=UTC))
    | st.just(Decimal(1))
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)


def _slowly(data: dict[str, object]) -> bytes | None:
    try:
        return encode(data)  # type: ignore[arg-type]  # what this is about
    except NotCanonical:
        return None


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _ANYTHING, max_size=4))
def test_what_is_written_quickly_is_canonical(data: dict[str, object]) -> None:
    """Of whatever value, the quick way gives the very bytes of the slow one, or none."""
    line = write_quickly(data)  # type: ignore[arg-type]  # same

    assert line is None or line == _slowly(data)


def test_a_plain_record_is_written_quickly() -> None:
    """What nearly all records hold needs no second look."""
    data = {"seq": 7, "why": 'tab\t "quoted" \x01', "targets": ["arn"], "params": {"Bucket": "b", "n": -MAX_INTEGER}}

    assert write_quickly(data) == encode(data)  # type: ignore[arg-type]  # mypy does not see that it is JSON
    assert read_quickly(encode(data)) == data  # type: ignore[arg-type]  # same


@pytest.mark.parametrize(("depth", "is_quick"), [(DEPTH, True), (DEPTH + 1, False)])
def test_deeper_values_are_left_to_the_slow_way(depth: int, is_quick: bool) -> None:
    """Nothing is taken for canonical that was not looked into."""
    line = b'{"a":' + b"[" * depth + b"1" + b"]" * depth + b"}"

    assert (read_quickly(line) is not None) == is_quick


def test_no_field_is_larger_than_its_record() -> None:
    """The size of a record bounds that of each field; of what is no JSON there is none."""
    assert size_of({"a": "xy"}) == len(encode({"a": "xy"}))
    assert size_of(MappingProxyType({"a": "xy"})) is None
