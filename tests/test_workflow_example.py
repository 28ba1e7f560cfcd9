"""The workflow that the documentation offers does what it says, run here as a pipeline would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / "docs/how-to/github-actions/runner.yml").read_text(encoding="utf-8"))
PLAYBOOK = (ROOT / "playbooks" / "teardown.yaml").read_text(encoding="utf-8")


def step(job: str, name: str) -> str:
    """Return the script of a step."""
    (script,) = (it["run"] for it in WORKFLOW["jobs"][job]["steps"] if it.get("name") == name)
    return str(script)


def run(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does: bash that stops at the first error."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_BASE_REF": "main"}
    argv = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
    return subprocess.run(argv, cwd=directory, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("text", "code", "results"), [(PLAYBOOK, 0, 0), (PLAYBOOK.replace("owner:", "ownr:"), 2, 2)])
def test_a_pull_request_is_validated(tmp_path: Path, text: str, code: int, results: int) -> None:
    """A mistake fails the job, and its place is in the file that is uploaded."""
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "orders.yaml").write_text(text, encoding="utf-8")
    ended = run(step("validate", "Validate playbooks"), tmp_path)

    assert ended.returncode == code, ended.stderr
    found = json.loads((tmp_path / "runner.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert len(found) == results


def test_a_pull_request_without_playbooks_passes(tmp_path: Path) -> None:
    """No playbook is no mistake."""
    assert run(step("validate", "Validate playbooks"), tmp_path).returncode == 0
    assert not (tmp_path / "runner.sarif").exists()


def test_nothing_in_it_can_write_what_it_need_not() -> None:
    """The token can do nothing by default, and every job names what it may and how long it may take."""
    assert WORKFLOW["permissions"] == {}
    for job in WORKFLOW["jobs"].values():
        assert "contents" in job["permissions"]
        assert job["permissions"]["contents"] == "read"
        assert job["timeout-minutes"] <= 10
        checkouts = [it for it in job["steps"] if str(it.get("uses")).startswith("actions/checkout@")]
        assert [it["with"]["persist-credentials"] for it in checkouts] == [False]
