"""Reading a session policy back: whatever the writer does wrong, a policy that says something else is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.errors import RunnerError
from runner.model.bound import BoundCall
from runner.policy.grants import grants_of
from runner.policy.session import session_policy, trial_policy
from runner.policy.session_check import check_session_policy, check_trial_policy

UNTIL = datetime(2026, 12, 1, 8, 15, tzinfo=UTC)
ARN = "arn:aws:s3:::a"
Statements = dict[str, dict[str, Any]]
Planned = tuple[BoundCall, ...]


@pytest.fixture
def planned(call: Callable[..., BoundCall]) -> Planned:
    """Return the calls of a step."""
    return (call("s3:DeleteBucket", ARN),)


def _parts(policy: str) -> Statements:
    """Return the statements by name; those that have none by their effect."""
    return {
        statement.get("Sid", statement["Effect"].lower()): statement for statement in json.loads(policy)["Statement"]
    }


def _document(parts: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(parts.values())})


def _end(seconds: int) -> dict[str, Any]:
    moment = (UNTIL + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"DateGreaterThan": {"aws:CurrentTime": moment}}


WRONG: Mapping[str, Callable[[Statements], object]] = {
    "another action": lambda parts: parts["allow"].update(Action="s3:PutObject"),
    "one action more": lambda parts: parts["allow"].update(Action=["s3:DeleteBucket", "s3:PutObject"]),
    "another resource": lambda parts: parts["allow"].update(Resource="arn:aws:s3:::b"),
    "one resource more": lambda parts: parts["allow"].update(Resource=[ARN, "arn:aws:s3:::b"]),
    "every resource": lambda parts: parts["allow"].update(Resource="*"),
    "all actions but one": lambda parts: parts["allow"].update(NotAction=parts["allow"].pop("Action")),
    "all resources but one": lambda parts: parts["allow"].update(NotResource=parts["allow"].pop("Resource")),
    "another Allow": lambda parts: parts.update(more={"Effect": "Allow", "Action": "s3:PutObject", "Resource": ARN}),
    "an Allow of no resource": lambda parts: parts.update(
        more={name: value for name, value in {**parts["allow"], "Action": "s3:*"}.items() if name != "Resource"}
    ),
    "nothing allowed": lambda parts: parts.pop("allow"),
    "no end": lambda parts: parts.pop("Over"),
    "a later end": lambda parts: parts["Over"].update(Condition=_end(1)),
    "an earlier end": lambda parts: parts["Over"].update(Condition=_end(-1)),
    "two ends": lambda parts: parts.update(more=copy.deepcopy(parts["Over"])),
}
WITH_MFA_ONLY: Mapping[str, Callable[[Statements], object]] = {
    "no condition": lambda parts: parts["allow"].pop("Condition"),
    "no Deny without MFA": lambda parts: parts.pop("NoMfa"),
    "a Deny of long-term keys only": lambda parts: parts["NoMfa"].update(
        Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}}
    ),
    "no Deny of all the rest": lambda parts: parts.pop("Only"),
    "an end that allows": lambda parts: parts["Over"].update(Resource="arn:aws:s3:::b"),
    "a Deny of what is planned": lambda parts: parts.update(more={"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
}


@pytest.mark.parametrize("wrong", [*WRONG, *WITH_MFA_ONLY])
def test_a_policy_of_a_step_that_says_something_else_is_refused(wrong: str, planned: Planned) -> None:
    """It must allow what is planned, nothing else, with MFA, until the end, and deny the rest outright."""
    parts = _parts(session_policy(planned, until=UNTIL))
    check_session_policy(_document(parts), grants_of(planned), UNTIL)

    {**WRONG, **WITH_MFA_ONLY}[wrong](parts)

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        check_session_policy(_document(parts), grants_of(planned), UNTIL)


@pytest.mark.parametrize("sid", ["NoMfa", "Over", "Only"])
def test_every_planned_call_is_looked_at(sid: str, call: Callable[..., BoundCall]) -> None:
    """A Deny that is right for one call and spares another one is found, and so is one that stops one of two."""
    planned = (call("s3:DeleteBucket", ARN), call("iam:DeleteRole", "arn:aws:iam::1:role/R"))
    right = session_policy(planned, until=UNTIL)
    for resource in (ARN, "arn:aws:iam::1:role/R"):
        parts = _parts(right)
        parts[sid].update(Resource=resource)
        with pytest.raises(RunnerError, match="does not say what the plan says"):
            check_session_policy(_document(parts), grants_of(planned), UNTIL)

        parts = _parts(right)
        parts["more"] = {"Effect": "Deny", "Action": "*", "Resource": resource}
        with pytest.raises(RunnerError, match="does not say what the plan says"):
            check_session_policy(_document(parts), grants_of(planned), UNTIL)


def test_a_policy_for_nothing_denies_everything() -> None:
    """A step without a call gets a session that can do nothing, and that is read back too."""
    nothing = frozenset[tuple[str, str]]()
    parts = _parts(session_policy((), until=UNTIL))

    check_session_policy(_document(parts), nothing, UNTIL)
    parts.pop("Only")
    with pytest.raises(RunnerError, match="does not say what the plan says"):
        check_session_policy(_document(parts), nothing, UNTIL)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_policy_of_a_dry_run_that_says_something_else_is_refused(wrong: str, planned: Planned) -> None:
    """A dry run without MFA may do what is planned, until the end."""
    parts = _parts(trial_policy(planned, until=UNTIL))
    check_trial_policy(_document(parts), grants_of(planned), UNTIL)

    WRONG[wrong](parts)

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        check_trial_policy(_document(parts), grants_of(planned), UNTIL)


def test_a_dry_run_has_no_condition(planned: Planned) -> None:
    """With a condition of ours a refusal would say nothing about the policies that are to be found out."""
    parts = _parts(trial_policy(planned, until=UNTIL))
    parts["allow"]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        check_trial_policy(_document(parts), grants_of(planned), UNTIL)


def test_the_writer_of_dry_runs_has_its_policies_read_back(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should it ever be wrong, no dry run is tried."""
    assert json.loads(trial_policy(planned, until=UNTIL))["Version"] == "2012-10-17"
    monkeypatch.setattr("runner.policy.session._utc", lambda _: "2099-01-01T00:00:00Z")

    with pytest.raises(RunnerError, match="does not say what the plan says"):
        trial_policy(planned, until=UNTIL)
