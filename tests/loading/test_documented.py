"""The playbook for several accounts that the documentation shows is one."""

from __future__ import annotations

import re
from pathlib import Path

from runner.catalog import BY_NAME
from runner.model.fleet import Fleet
from runner.model.playbook import Source
from runner.workflow.loading import load

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "many-accounts.md"
BLOCK = re.compile(r"^```yaml\n(version: 1\n.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_playbook_on_the_page_loads() -> None:
    """What a reader copies is valid, and is for several accounts."""
    (block,) = BLOCK.findall(PAGE.read_text(encoding="utf-8"))

    assert isinstance(load(block.encode(), Source(PAGE.name, "0" * 64), BY_NAME), Fleet)
