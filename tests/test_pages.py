"""Pages that say what was tested name tests that exist, and one for everything they claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
SANDBOX, MODEL = DOCS / "reference" / "sandbox.md", DOCS / "explanation" / "security-model.md"
NAME = re.compile(r"`([\w/]+)::(test_\w+)`")


def named() -> list[tuple[str, str]]:
    """Return every test that any page names: its file below ``tests`` and its function."""
    return sorted({name for page in DOCS.rglob("*.md") for name in NAME.findall(page.read_text(encoding="utf-8"))})


@pytest.mark.parametrize(("file", "function"), named(), ids=lambda name: name)
def test_a_named_test_exists(file: str, function: str) -> None:
    """A test that is renamed or removed takes its row on the page with it."""
    assert f"\ndef {function}(" in (TESTS / f"{file}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "head", "least"),
    [(SANDBOX, "| AWS says | the sandbox | test |", 7), (MODEL, "| promise | held by | shown by |", 1)],
    ids=["sandbox", "security model"],
)
def test_every_claim_has_a_test(page: Path, head: str, least: int) -> None:
    """Each row of a table with a column for tests names at least one."""
    found = [table for table in page.read_text(encoding="utf-8").split("\n\n") if table.startswith(head)]
    rows = [row for table in found for row in table.splitlines()[2:]]

    assert len(found) >= least
    assert len(rows) > 10
    assert [row for row in rows if NAME.search(row.rsplit(" | ", 1)[-1]) is None] == []
