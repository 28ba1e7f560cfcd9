"""A census says which objects are billed for longer than they live, and when something was written last."""

from __future__ import annotations

from runner.cli.plan_words import counted
from runner.model.plan import Census


def test_a_census_in_words() -> None:
    """Classes without a least time are not worth a word; the rest comes after the counts."""
    classes = {"STANDARD": 7, "DEEP_ARCHIVE": 3}
    census = Census(10, 2048, {"Versions": 10}, classes=classes, newest="2026-05-01T10:00:00.000Z")

    said = counted(census)

    assert said.startswith("10 versions; ")
    assert said.endswith("; 3 in DEEP_ARCHIVE, billed for 180 days even when deleted earlier; newest write 2026-05-01")
    assert counted(Census(1, 0, {"Versions": 1})).count(";") == 1
