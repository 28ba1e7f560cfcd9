"""Records of the log in words."""

from __future__ import annotations

import pytest

from runner.audit.wording import word


@pytest.mark.parametrize(
    ("dirty", "words"), [(True, "plan a1; the playbook has uncommitted changes"), (False, "plan a1"), (None, "plan a1")]
)
def test_a_run_of_a_dirty_playbook_is_told(dirty: bool | None, words: str) -> None:
    """Who reads the log sees that the commit does not hold what was done; nothing is said where git has it."""
    assert word({"type": "run.open", "playbook": "p", "plan_sha256": "a1", "git_dirty": dirty}, {}).result == words
