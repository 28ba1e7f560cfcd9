"""The permissions that the documentation tells people to grant are enough, and none of them is too much."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Lab, role
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest, assert_untouched

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "first-deletion.md"


def documented() -> list[dict[str, Any]]:
    """Return the statements of the role's policy on the page."""
    blocks = [block.partition("\n```")[0] for block in PAGE.read_text(encoding="utf-8").split("```json\n")[1:]]
    (policy,) = (document for document in map(json.loads, blocks) if "Statement" in document)
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


def grant(lab: Lab, statements: list[dict[str, Any]]) -> None:
    """Set the sandbox back with a role that has these statements and no others."""
    policy = {"Version": "2012-10-17", "Statement": statements}
    lab.world(lambda world: role(world).update(policies={"documented": policy}))


def test_the_documented_policy_is_enough(lab: Lab) -> None:
    """With the page's policy alone, the example is planned, applied and seen gone."""
    grant(lab, documented())
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)


@pytest.mark.parametrize("missing", [statement["Sid"] for statement in documented()])
def test_every_documented_statement_is_needed(lab: Lab, missing: str) -> None:
    """Without any one of the statements the plan is refused, and says what the role lacks."""
    grant(lab, [statement for statement in documented() if statement["Sid"] != missing])
    ended = here(lab, "apply", str(lab.playbook()), code=lab.sandbox.code())

    assert ended.code in {3, 4}, ended.err
    for word in ("touched: nothing was touched", "next: "):
        assert word in ended.said
    assert "grant" in ended.said or "that the role may read it" in ended.said
    assert "Traceback" not in ended.err
    assert_untouched(lab)


@pytest.mark.parametrize(
    ("sid", "action"),
    [
        (statement["Sid"], action)
        for statement in documented()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if isinstance(statement["Action"], list)
    ],
)
def test_every_documented_action_is_needed(lab: Lab, sid: str, action: str) -> None:
    """Without any one of the actions the plan is refused."""
    statements = documented()
    (statement,) = (one for one in statements if one["Sid"] == sid)
    statement["Action"].remove(action)
    grant(lab, statements)
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert ended.code in {3, 4}, ended.err
    assert "Traceback" not in ended.err
    assert_untouched(lab)
