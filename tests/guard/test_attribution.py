"""Who denied a pair, and on which level that denial lives: the weaker level wherever AWS does not say."""

from __future__ import annotations

from typing import Any

import pytest

from runner.guard.attribution import (
    BOUNDARY,
    NO_ALLOW,
    SCP,
    SCP_OR_NO_ALLOW,
    Policies,
    level_of,
    matched_origins,
    names,
    stopped_by,
)
from runner.guard.evaluation import Effective, Matched, Result
from runner.model.verdict import Level
from runner.policy.convert import Origin
from runner.policy.document import parse
from runner.policy.principal import Way

LIMIT = "arn:aws:iam::222222222222:policy/ops/Limit"


def origin(effect: str, way: Way = Way.ANYBODY) -> Origin:
    """Return a statement of the bucket policy."""
    (statement,) = parse({"Statement": {"Sid": effect, "Effect": effect, "Action": "*", "Resource": "*"}}).statements
    return Origin(statement, way, "{}")


POLICIES = Policies(
    {
        "PolicyInputList.1": origin("Deny"),
        "PolicyInputList.2": origin("Allow", Way.ACCOUNT),
        "PolicyInputList.3": origin("Deny", Way.ROLE),
        "PolicyInputList.4": origin("Deny", Way.SESSION),
        "PolicyInputList.5": origin("Deny", Way.USER),
    },
    LIMIT,
)
EXPLICIT, IMPLICIT = Effective.EXPLICIT_DENY, Effective.IMPLICIT_DENY


def result(effective: Effective, *matched: str, **changes: Any) -> Result:
    """Return what AWS says about one pair."""
    usual: dict[str, Any] = {"organizations_deny": False, "boundary_denies": False, "alone": True, **changes}
    named = tuple(Matched(name, 3) for name in matched)
    return Result("s3:deletebucket", "arn:aws:s3:::b", effective, named, frozenset(), **usual)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (result(EXPLICIT, "PolicyInputList.1"), Level.RESOURCE),
        (result(EXPLICIT, "PolicyInputList.2", "PolicyInputList.1"), Level.RESOURCE),
        (result(EXPLICIT, "PolicyInputList.1", organizations_deny=True), Level.RESOURCE),
        (result(EXPLICIT, "PolicyInputList.2"), Level.ROLE),
        (result(EXPLICIT, "own"), Level.ROLE),
        (result(EXPLICIT), Level.ROLE),
        (result(IMPLICIT, "PolicyInputList.1"), Level.ROLE),
        (result(IMPLICIT), Level.ROLE),
        (result(IMPLICIT, organizations_deny=True), Level.ORGANIZATION),
        (result(EXPLICIT, "own", organizations_deny=True), Level.ORGANIZATION),
        (result(IMPLICIT, organizations_deny=True, alone=False), Level.ROLE),
    ],
)
def test_where_a_denial_lives(found: Result, level: Level) -> None:
    """Only a Deny of the target's own policy that AWS names as decisive binds everybody."""
    assert level_of(found, POLICIES) is level


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (result(EXPLICIT, "PolicyInputList.1"), "statement Deny of the bucket policy"),
        (result(EXPLICIT, "PolicyInputList.2"), "statement Allow of the bucket policy (about this account only)"),
        (result(EXPLICIT, "PolicyInputList.3"), "statement Deny of the bucket policy (about this role only)"),
        (result(EXPLICIT, "PolicyInputList.4"), "statement Deny of the bucket policy (about this role only)"),
        (result(EXPLICIT, "PolicyInputList.5"), "statement Deny of the bucket policy (about this role only)"),
        (result(EXPLICIT, "own"), "the statement at line 3 of the role's policy own"),
        (result(EXPLICIT, LIMIT), BOUNDARY),
        (result(EXPLICIT, "Limit"), BOUNDARY),
        (result(EXPLICIT, "Limit", boundary_denies=True), BOUNDARY),
        (result(EXPLICIT, "x", boundary_denies=True), f"the statement at line 3 of the role's policy x and {BOUNDARY}"),
        (result(EXPLICIT), "a Deny that AWS does not name"),
        (result(IMPLICIT), NO_ALLOW),
        (result(IMPLICIT, "own"), NO_ALLOW),
        (result(IMPLICIT, boundary_denies=True), BOUNDARY),
        (result(IMPLICIT, organizations_deny=True), SCP),
        (result(IMPLICIT, organizations_deny=True, boundary_denies=True), f"{BOUNDARY} and {SCP}"),
        (result(IMPLICIT, organizations_deny=True, alone=False), SCP_OR_NO_ALLOW),
    ],
)  # fmt: skip
def test_what_stops_a_pair(found: Result, words: str) -> None:
    """Everything that AWS names is said, the most specific first, and what it does not name is not guessed."""
    assert stopped_by(found, POLICIES) == words


def test_a_statement_without_a_line() -> None:
    """Where AWS gives no position, none is said; another policy of the boundary's path is not the boundary."""
    found = Result("a", "r", EXPLICIT, (Matched("ops/Limit", 0),), frozenset(), False, False, True)  # noqa: FBT003

    assert names(found, POLICIES) == "the statement of the role's policy ops/Limit"
    assert names(result(EXPLICIT, "Limit"), Policies({}, None)) == "the statement at line 3 of the role's policy Limit"


def test_only_what_aws_names_decided() -> None:
    """A statement of the target's policy that is not named did not decide."""
    found = matched_origins(result(EXPLICIT, "PolicyInputList.3", "own"), POLICIES)

    assert found == (POLICIES.origins["PolicyInputList.3"],)
