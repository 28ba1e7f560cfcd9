"""Tab offers playbooks and plans where people have them, and never fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli.completions import plan_files, playbook_files, reviewed_files


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a directory with files of all kinds."""
    for name in ("a.yaml", "plans/a.json", "plans/deep/b.yml", "plans/1/2/3/4/far.yaml", ".hidden/c.yaml", "a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_below_is_offered_too(desk: Path) -> None:
    """A few directories deep, by their endings; what is hidden only when its dot is typed."""
    assert list(playbook_files("")) == ["a.yaml", "plans/deep/b.yml"]
    assert list(plan_files("pl")) == ["plans/a.json"]
    assert list(reviewed_files("plans/")) == ["plans/a.json", "plans/deep/b.yml"]
    assert list(playbook_files(".h")) == [".hidden/c.yaml"]
    assert list(playbook_files(f"{desk}/a")) == [f"{desk}/a.yaml"]


def test_what_cannot_be_read_offers_nothing(desk: Path) -> None:
    """There is nobody to tell it to while somebody types."""
    del desk

    assert list(playbook_files("nowhere/a")) == []
