"""Large fields leave the line."""

from __future__ import annotations

import pytest

from runner.audit.spill import INLINE, Blob, Lost, large_fields, outside, without
from runner.model.canonical import Json, encode


def test_only_large_lists_and_mappings_leave() -> None:
    """Small fields and texts stay in the line."""
    keys: list[Json] = [{"Key": f"exports/{number:05}"} for number in range(1000)]
    data: dict[str, Json] = {"params": {"Delete": {"Objects": keys}}, "resources": ["arn"], "why": "x" * 2 * INLINE}

    found = large_fields(data)

    assert {"params": encode(data["params"])} == found


@pytest.mark.parametrize(("extra", "stays"), [(0, True), (1, False)])
def test_the_border_is_in_bytes_of_the_canonical_form(extra: int, stays: bool) -> None:
    """A field of exactly `INLINE` bytes stays, one more leaves."""
    data: dict[str, Json] = {"list": ["x" * (INLINE - 4 + extra)]}

    assert stays == (not large_fields(data))


def test_the_line_says_where_a_field_went() -> None:
    """The digest, the place and the number of items stand in the line, and can be read back."""
    keys: list[Json] = [{"Key": f"{number}"} for number in range(1000)]
    data: dict[str, Json] = {"params": {"Bucket": "b", "Delete": {"Objects": keys}}, "step": "empty"}

    kept = without(data, "params", "d" * 64, Blob("d" * 64, "blobs/x"))

    assert kept == {"step": "empty", "params_blob": "blobs/x", "params_sha256": "d" * 64, "params_count": 1000}
    assert [("params", Blob("d" * 64, "blobs/x"))] == list(outside(kept))


def test_a_lost_field_says_why() -> None:
    """When a field could not be kept, its digest and the reason stand in the line."""
    kept = without({"refused": ["a", "b"]}, "refused", "d" * 64, Lost("No space left on device"))

    assert kept == {"refused_lost": "No space left on device", "refused_sha256": "d" * 64, "refused_count": 2}
    assert [("refused", Lost("No space left on device"))] == list(outside(kept))
