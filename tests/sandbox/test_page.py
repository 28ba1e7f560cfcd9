"""The page about the sandbox names tests that exist, and one for everything it claims."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "sandbox.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "function"), NAMED, ids=lambda name: name)
def test_a_named_test_exists(file: str, function: str) -> None:
    """A test that was renamed or removed takes its row on the page with it."""
    source = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")

    assert f"\ndef {function}(" in source


def test_every_claim_has_a_test() -> None:
    """Each row of a table with a column for tests names at least one."""
    tables = [table for table in PAGE.split("\n\n") if table.startswith("| AWS says | the sandbox | test |")]
    rows = [row for table in tables for row in table.splitlines()[2:]]

    assert len(tables) == 5
    assert [row for row in rows if "::test_" not in row.rsplit(" | ", 1)[-1]] == []
    assert len(rows) > 50
