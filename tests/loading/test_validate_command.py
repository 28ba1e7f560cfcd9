"""``runner validate``: one line a problem, one document in JSON, exit code 2 when any playbook is invalid."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from runner.cli.validate_command import validate

GOOD = """\
version: 1
name: good
description: Gone.
owner: me
account: {id: "222222222222"}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/Teardown
steps:
  - {id: one, action: s3.delete_bucket, target: {bucket: acme-exports}, irreversible: "empty"}
"""


@pytest.fixture
def app() -> typer.Typer:
    """Return an application with the one command."""
    app = typer.Typer()
    app.command()(validate)
    return app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a good and a bad playbook in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("owner:", "ownr:").replace("version: 1", "version: 2"))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_valid_playbook_is_said_to_be_ok(app: typer.Typer) -> None:
    """A valid playbook gets one line and exit code 0."""
    result = CliRunner().invoke(app, ["good.yaml"])

    assert (result.exit_code, result.stdout) == (0, "good.yaml: ok: good, 1 step\n")


@pytest.mark.usefixtures("folder")
def test_problems_are_lines_that_editors_know(app: typer.Typer) -> None:
    """Every problem of every file is one line with its place, and its hint below; the exit code is 2."""
    result = CliRunner().invoke(app, ["bad.yaml", "good.yaml", "missing.yaml"])

    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "bad.yaml:1:1: `owner` is missing in the playbook",
        "    tell reviewers whom to ask",
        "bad.yaml:1:10: `version` must be the number 1, not the number `2`",
        "    this version of runner reads version 1 only",
        "bad.yaml:4:1: unknown key `ownr` in the playbook",
        "    did you mean `owner`?",
        "good.yaml: ok: good, 1 step",
        "missing.yaml:1:1: there is no such file",
        "    check the name; it is relative to the current directory",
    ]


@pytest.mark.usefixtures("folder")
def test_json_is_one_document(app: typer.Typer) -> None:
    """The JSON form holds every file with its name, steps and problems."""
    result = CliRunner().invoke(app, ["good.yaml", "bad.yaml", "--output", "json"])

    assert result.exit_code == 2
    good, bad = json.loads(result.stdout)["files"]
    assert good == {"file": "good.yaml", "ok": True, "name": "good", "steps": 1, "problems": []}
    assert (bad["file"], bad["ok"], bad["name"], bad["steps"]) == ("bad.yaml", False, "", 0)
    assert bad["problems"][2] == {
        "line": 4,
        "column": 1,
        "message": "unknown key `ownr` in the playbook",
        "hint": "did you mean `owner`?",
    }


def test_foreign_text_cannot_reach_the_terminal(app: typer.Typer, folder: Path) -> None:
    """A file's name and a playbook's words are shown with escapes, and are no markup."""
    name = "\x1b[2J[bold]\u202e.yaml"
    (folder / name).write_text(GOOD.replace("name: good", 'name: "\\e]0;x\\a"'))

    result = CliRunner().invoke(app, [name])

    first = result.stdout.splitlines()[0]
    assert first.startswith("\\x1b[2J[bold]\\u202e.yaml:2:7: `name` must be a name")
    assert first.endswith("not the text `\\x1b]0;x\\x07`")


@pytest.mark.usefixtures("folder")
def test_a_long_line_is_not_broken(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem stays one line on a narrow terminal, so that tools can read it."""
    monkeypatch.setenv("COLUMNS", "20")

    result = CliRunner().invoke(app, ["bad.yaml"])

    assert "bad.yaml:1:10: `version` must be the number 1, not the number `2`" in result.stdout.splitlines()


def test_validating_needs_no_aws(folder: Path) -> None:
    """Neither boto3 nor the sandbox is imported to validate."""
    code = (
        "import sys\n"
        "from runner.cli.validate_command import validate\n"
        "validate(['good.yaml'])\n"
        "print(sorted(m for m in sys.modules if m in {'boto3', 'botocore', 'ministack', 'pydantic'}))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["good.yaml: ok: good, 1 step", "[]"]


@pytest.mark.usefixtures("folder")
def test_sarif_is_what_code_hosts_read(app: typer.Typer, folder: Path) -> None:
    """One result a problem, at its place, with a URI for its file; no result when all is well; the exit code stays."""
    (folder / "a b#é.yaml").write_text("- 1\n", encoding="utf-8")
    missing = folder / "missing.yaml"
    result = CliRunner().invoke(app, ["--output", "sarif", "bad.yaml", "good.yaml", "a b#é.yaml", str(missing)])
    good = CliRunner().invoke(app, ["--output", "sarif", "good.yaml"])

    assert (result.exit_code, good.exit_code) == (2, 0)
    log = json.loads(result.stdout)
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["name"], run["columnKind"]) == (
        "2.1.0",
        "runner",
        "unicodeCodePoints",
    )
    assert {it["ruleId"] for it in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    places = [it["locations"][0]["physicalLocation"] for it in run["results"]]
    found = [(it["artifactLocation"]["uri"], it["region"]["startLine"], it["region"]["startColumn"]) for it in places]
    assert found[0] == ("bad.yaml", 1, 1)
    assert ("bad.yaml", 4, 1) in found
    assert found[-2:] == [("a%20b%23%C3%A9.yaml", 1, 1), (missing.as_uri(), 1, 1)]
    assert "did you mean `owner`" in " ".join(it["message"]["text"] for it in run["results"])
    assert json.loads(good.stdout)["runs"][0]["results"] == []


GUARDRAILS = """\
version: 1
accounts: ["222222222222"]
require: [ticket, commit]
forbidden_actions: [s3.empty_bucket]
protect:
  - arn: "arn:aws:s3:::acme-logs*"
"""


def test_the_guardrails_above_a_playbook_are_applied(app: typer.Typer, folder: Path) -> None:
    """What the floor refuses stands at its step, or where the file begins, and ends with exit code 3."""
    (folder / ".runner").mkdir()
    (folder / ".runner" / "guardrails.yaml").write_text(GUARDRAILS)
    steps = """\
  - {id: two, action: s3.empty_bucket, target: {bucket: acme-exports}, irreversible: "old"}
  - {id: three, action: s3.delete_bucket, target: {bucket: acme-logs-eu}, irreversible: "old"}
"""
    (folder / "good.yaml").write_text(GOOD + steps)
    result = CliRunner().invoke(app, ["good.yaml", "--output", "json"])
    text = CliRunner().invoke(app, ["good.yaml"])

    assert result.exit_code == text.exit_code == 3
    (file,) = json.loads(result.stdout)["files"]
    found = [(one["line"], one["message"].partition(":")[0]) for one in file["problems"]]
    assert found == [(1, "ticket_is_given"), (10, "action_is_allowed"), (11, "nothing_protected_is_touched")]
    assert "good.yaml:10:1: action_is_allowed: step two: the guardrails forbid s3.empty_bucket" in text.stdout


def test_an_invalid_playbook_outweighs_a_refused_one(app: typer.Typer, folder: Path) -> None:
    """Of several files the worst decides; guardrails that are named hold for all, and their own problems are told."""
    floor = folder / "floor.yaml"
    floor.write_text('version: 1\naccounts: ["333333333333"]\n')
    codes = [
        CliRunner().invoke(app, [*files, "--guardrails", str(floor)]).exit_code
        for files in (["good.yaml"], ["good.yaml", "bad.yaml"])
    ]
    floor.write_text("version: 1\nacounts: []\n")
    broken = CliRunner().invoke(app, ["good.yaml", "--guardrails", str(floor)])

    assert codes == [3, 2]
    assert broken.exit_code == 2
    assert "floor.yaml:2:1: unknown key `acounts`" in broken.stdout
