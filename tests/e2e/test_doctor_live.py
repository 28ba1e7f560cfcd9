"""``runner doctor --live``: the sandbox answers the open questions as AWS is expected to; what differs is a problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from runner.cli import wiring
from runner.model.session import Secret
from runner.sandbox.client import Sandbox
from tests.conftest import Ended, Lab, role
from tests.e2e.doctoring import ROLE_ARN
from tests.e2e.driving import here
from tests.e2e.test_guards import without
from tests.e2e.watching import FULL, contents
from tests.e2e.wire import tapped


@contextmanager
def _no_waiting(sandbox: Sandbox) -> Iterator[list[float]]:
    """Let waits pass at once, in the sandbox and for the command; the block gets their lengths."""
    waited: list[float] = []

    def sleep(_: wiring.SystemClock, seconds: float) -> None:
        sandbox.advance(seconds)
        waited.append(seconds)

    def now(_: wiring.SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(waited))

    with mock.patch.multiple(wiring.SystemClock, sleep=sleep, now=now):
        yield waited


def live(lab: Lab, *args: str) -> Ended:
    """Run ``runner doctor --live`` without waiting; the sandbox hands the codes over without a command in between."""

    def code(*_: object) -> Secret:
        return Secret(lab.sandbox.code())

    with _no_waiting(lab.sandbox), mock.patch.object(wiring.ProfileCodes, "code", code):
        return here(lab, "doctor", "--live", ROLE_ARN, *args)


def answers(ended: Ended) -> dict[str, Any]:
    """Return the answers by the ids of their questions."""
    return {answer["name"]: answer for answer in ended.data["live"]}


def test_every_question_is_answered(lab: Lab) -> None:
    """The ways, the age, the duration and the simulator are settled with two codes; nothing is written."""
    with tapped(lab.sandbox.endpoint) as wire, _no_waiting(lab.sandbox) as waited:
        wire.ahead = 0
        way = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "doctor", "--live", ROLE_ARN, "--output", "json", env=way)
    found = answers(ended)
    given = [call.form["TokenCode"] for name in ("GetSessionToken", "AssumeRole") for call in _coded(wire.calls(name))]

    assert ended.code == 0, ended.err
    assert {name for name, answer in found.items() if answer["state"] == "ok"} == {
        *("1a", "1b", "1c", "2", "5", "7", "8", "9", "10")
    }
    assert found["1a"]["what"].startswith("yes (AssumeRole request ")
    assert found["1b"]["what"].startswith("no: the session carries no MFA")
    assert found["1c"]["what"].startswith("no: the session carries no MFA")
    assert re.match(r"GetSessionToken: with a code \d+ s old, a limit of 15 s refuses", found["2"]["what"])
    assert "exceeds the 1 hour session limit" in found["5"]["what"]
    assert "by statement DeleteOnlyWithMfa of the bucket policy" in found["8"]["what"]
    assert "runner apply" in found["3"]["what_to_do"]
    assert "CloudTrail" in found["6"]["what_to_do"]
    assert len(waited) == 1
    assert 0 < waited[0] <= 31
    assert "the device shows a new code" in ended.said
    assert len(given) == len(set(given)) == 2
    assert contents(lab) == FULL


def _coded(exchanges: list[Any]) -> list[Any]:
    return [exchange for exchange in exchanges if "TokenCode" in exchange.form]


def test_the_table_for_an_issue(lab: Lab) -> None:
    """As Markdown the table names nobody and keeps the request ids; as text it fits 80 columns."""
    pasted = live(lab, "--output", "markdown")
    lab.reset()
    shown = live(lab)

    assert (pasted.code, shown.code) == (0, 0), pasted.err + shown.err
    assert "| question | expected | state | answer | what to do |" in pasted.out
    assert "| 1b. AssumeRole + code: does a read that needs MFA pass? | no | ok | no: the session" in pasted.out
    assert "(AssumeRole request " in pasted.out
    for name in ("alice", "Teardown", "222222222222", "111111111111", str(lab.directory), lab.sandbox.endpoint):
        assert name not in pasted.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "answer: no: the session carries no MFA" in shown.out
    assert "no problem found; 3 not examined (exit 0)" in shown.out


@pytest.mark.parametrize(
    ("action", "left_open"),
    [("iam:GetRole", {"1a", "2", "8"}), ("iam:SimulatePrincipalPolicy", {"8", "9", "10"})],
)
def test_what_the_role_may_not_do_settles_nothing(lab: Lab, action: str, left_open: set[str]) -> None:
    """Without a permission the questions that need it stay open: never a wrong answer."""
    lab.world(without(action))
    ended = live(lab, "--output", "json")
    found = answers(ended)

    assert ended.code == 3
    assert {name for name, answer in found.items() if answer["state"] != "ok"} == {"3", "4", "6", *left_open}
    assert "problem" not in {answer["state"] for answer in found.values()}


def test_a_role_that_demands_mfa(lab: Lab) -> None:
    """Where the trust policy asks for MFA, way 1c makes no session at all, which is an answer too."""
    lab.world(
        lambda world: role(world)["trust"]["Statement"][0].update(
            Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        )
    )
    ended = live(lab, "--output", "json")
    found = answers(ended)

    assert ended.code == 0, ended.err
    assert found["1c"]["what"].startswith("no: AWS does not even make the session: sts:AssumeRole: AccessDenied")
    assert found["1b"]["state"] == "ok"


def test_one_code_is_not_enough(lab: Lab) -> None:
    """With one code on stdin the way 1b is not examined; everything else is settled."""
    with _no_waiting(lab.sandbox):
        ended = here(lab, "doctor", "--live", ROLE_ARN, "--output", "json", code=lab.sandbox.code())
    found = answers(ended)

    assert ended.code == 0, ended.err
    assert found["1b"]["state"] == "not examined"
    assert "a second code is needed" in found["1b"]["what"]
    assert found["2"]["state"] == "ok"
