"""Which guardrails hold for a playbook: the first that is found, and never "none" because a file could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.cli.guardrails_file import read_guardrails
from runner.errors import InvalidGuardrails, UsageError
from runner.model.action import ActionType
from runner.model.guardrails import NO_GUARDRAILS

Actions = Mapping[str, ActionType]


@pytest.fixture
def playbook(tmp_path: Path) -> str:
    """Return the path of a playbook, two directories below guardrails of its repository."""
    (tmp_path / "repo" / ".runner").mkdir(parents=True)
    (tmp_path / "repo" / ".runner" / "guardrails.yaml").write_text("version: 1\nterraform_states: [a.tfstate]\n")
    (tmp_path / "repo" / "plays" / "team").mkdir(parents=True)
    return str(tmp_path / "repo" / "plays" / "team" / "p.yaml")


def named(path: Path, account: str) -> str:
    """Write guardrails that allow one account; return their path."""
    path.write_text(f'version: 1\naccounts: ["{account}"]\napprovals: {{allowed_signers: keys/signers}}\n')
    return str(path)


def test_the_nearest_above_the_playbook_is_found(playbook: str, actions: Actions) -> None:
    """Without an option and a variable the repository's own file holds, and what it names stands beside it."""
    found = read_guardrails(None, {"RUNNER_GUARDRAILS": ""}, playbook, actions)

    assert found.source is not None
    place = Path(playbook).parents[2] / ".runner"
    assert found.source.path == str(place / "guardrails.yaml")
    assert [state.path for state in found.terraform_states] == [str(place / "a.tfstate")]


def test_links_do_not_lead_away_from_the_guardrails(playbook: str, tmp_path: Path, actions: Actions) -> None:
    """A link to the playbook elsewhere is governed by the guardrails of the file itself."""
    Path(playbook).write_text("")
    link = tmp_path / "p.yaml"
    link.symlink_to(playbook)

    assert read_guardrails(None, {}, str(link), actions).source is not None


def test_the_option_comes_before_the_variable(playbook: str, tmp_path: Path, actions: Actions) -> None:
    """The first found wins: the option, then the variable, then the place above the playbook."""
    option, variable = named(tmp_path / "o.yaml", "111111111111"), named(tmp_path / "v.yaml", "222222222222")
    environ = {"RUNNER_GUARDRAILS": variable}

    by_option = read_guardrails(option, environ, playbook, actions)
    assert by_option.accounts == ("111111111111",)
    assert by_option.approvals.allowed_signers == str(tmp_path / "keys" / "signers")
    assert read_guardrails(None, environ, playbook, actions).accounts == ("222222222222",)


def test_none_at_all_is_no_floor(tmp_path: Path, actions: Actions) -> None:
    """Where nothing is named and nothing stands above the playbook, there is no floor, and no source to show."""
    found = read_guardrails(None, {}, str(tmp_path / "p.yaml"), actions)

    assert found == NO_GUARDRAILS
    assert found.source is None


def test_what_is_named_must_be_readable(playbook: str, tmp_path: Path, actions: Actions) -> None:
    """A missing file, a directory, a dangling link and a mistake are errors; the next place is not tried."""
    place = Path(playbook).parents[2] / ".runner" / "guardrails.yaml"
    with pytest.raises(UsageError, match="there is no such file"):
        read_guardrails(str(tmp_path / "missing.yaml"), {}, playbook, actions)
    with pytest.raises(UsageError, match="this is a directory"):
        read_guardrails(None, {"RUNNER_GUARDRAILS": str(tmp_path)}, playbook, actions)
    place.write_text("version: 2\n")
    with pytest.raises(InvalidGuardrails):
        read_guardrails(None, {}, playbook, actions)
    place.unlink()
    place.symlink_to(tmp_path / "missing.yaml")
    with pytest.raises(UsageError, match="there is no such file"):
        read_guardrails(None, {}, playbook, actions)


def test_what_git_holds_is_no_path(tmp_path: Path, actions: Actions) -> None:
    """``origin/main:PATH`` stays as it is, and git is asked later; a file of such a name is a file."""
    path = tmp_path / "g.yaml"
    path.write_text('version: 1\napprovals: {allowed_signers: "origin/main:keys", revoked_keys: gone}\n')
    git_s = read_guardrails(str(path), {}, str(path), actions).approvals
    (tmp_path / "origin").mkdir()
    (tmp_path / "origin" / "main:keys").write_text("")
    own = read_guardrails(str(path), {}, str(path), actions).approvals

    assert (git_s.allowed_signers, git_s.revoked_keys) == ("origin/main:keys", str(tmp_path / "gone"))
    assert own.allowed_signers == str(tmp_path / "origin" / "main:keys")
