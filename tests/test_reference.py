"""The pages that are made from the catalogue are those that are checked in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.catalog import ACTIONS, BY_NAME
from runner.cli.reference import pages
from runner.errors import InvalidPlaybook
from runner.model.action import ActionType
from runner.model.playbook import Source
from runner.workflow.action_card import card_of
from runner.workflow.loading import load
from tests.conftest import Lab
from tests.e2e.driving import here
from tests.workflow.database import CATALOG, DELETE

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
HEAD = """\
version: 1
name: example
description: An example of one step.
owner: me
account: {id: "222222222222"}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/Teardown
steps:
"""


def test_the_reference_is_up_to_date() -> None:
    """A page that is old, missing or left over fails; one command makes all of them anew."""
    made = pages()
    there = {f"actions/{page.name}" for page in (REFERENCE / "actions").glob("*.md")}
    old = sorted(name for name in made if not _is(REFERENCE / name, made[name]))

    assert not old, f"run `make reference` and commit what it writes; old or missing: {', '.join(old)}"
    assert not there - set(made), "run `make reference` and commit what it removes"


def _is(page: Path, text: str) -> bool:
    return page.exists() and page.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_example_is_a_step(action: ActionType) -> None:
    """The example loads; only a value that stands in brackets is left for its reader to give."""
    example = card_of(action).example
    step = "\n".join(f"  {line}" for line in example.splitlines())

    assert [problem for problem in problems(HEAD + step) if "not the text `<" not in problem] == []


def problems(text: str) -> list[str]:
    """Return what the loader says of a playbook."""
    try:
        load(text.encode(), Source("p.yaml", ""), BY_NAME)
    except InvalidPlaybook as invalid:
        return [one.message for one in invalid.problems]
    return []


@pytest.mark.parametrize("action", [*ACTIONS, *CATALOG.values()], ids=lambda action: action.name)
def test_a_card_tells_every_reason_to_refuse(action: ActionType) -> None:
    """Each check is named as findings name it, with a sentence; so is each flag, copy and blocker."""
    card = card_of(action)
    names = {one.name for one in card.refused}

    assert {check.__name__ for check in action.checks} <= names
    assert {flag.is_off.__name__ for flag in action.flags} <= names
    assert all(one.says.endswith(".") for one in card.refused)


def test_a_card_tells_what_is_kept_and_switched_off() -> None:
    """A card holds every call with its purpose, in the order in which they are sent."""
    card = card_of(DELETE)

    assert [(one.api, one.purpose) for one in card.calls] == [
        ("rds:ModifyDBInstance", "switches protection off, when `unprotect` names it"),
        ("rds:CreateDBSnapshot", "keeps a copy"),
        ("rds:DeleteDBInstance", "deletes, or puts out of use"),
        ("rds:ModifyDBInstance", "switches protection on again, when the deletion failed"),
    ]
    assert [(one.name, one.says) for one in card.copies] == [
        ("final_snapshot", "the name of a snapshot; `{name}-final` when the step does not say")
    ]
    assert "nothing_blocks_it" in {one.name for one in card.refused}
    assert any("`InvalidDBInstanceState` means *not yet*" in one for one in card.done)


def test_actions_are_listed_and_told(lab: Lab) -> None:
    """The list and one card, as text, data and Markdown; a name that is not there is asked about."""
    listed = here(lab, "actions")
    one = here(lab, "actions", "s3.delete_bucket")
    data = here(lab, "actions", "--output", "json")
    page = here(lab, "actions", "s3.delete_bucket", "--output", "markdown")
    wrong = here(lab, "actions", "s3.delete_buckt")

    assert [line.split()[0] for line in listed.out.splitlines()] == [action.name for action in ACTIONS]
    for word in ("arn:{partition}:s3:::{bucket}", "It cannot be undone", "bucket_is_empty: Refuse", "HeadBucket"):
        assert word in one.out
    assert [action["name"] for action in json.loads(data.out)["actions"]] == [action.name for action in ACTIONS]
    assert page.out == (REFERENCE / "actions" / "s3.delete_bucket.md").read_text(encoding="utf-8")
    assert (wrong.code, "did you mean `s3.delete_bucket`" in wrong.err) == (2, True)
