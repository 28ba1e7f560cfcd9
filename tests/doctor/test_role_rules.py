"""The doctor's rules on the role, on policies and on the live questions: how AWS's answers are read."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from runner.errors import AwsAnswer, AwsCallFailed, CodeRefused, CredentialsRefused
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.diagnosis import State
from runner.guard.diagnosis_live import (
    QUESTIONS,
    read_age,
    read_chain,
    read_converted,
    read_duration,
    read_noted,
    read_unassumed,
    read_unconverted,
    read_wrong_way,
)
from runner.guard.diagnosis_policies import judge_mfa_delete, judge_policy, judge_trust, looks_at_mfa
from runner.guard.diagnosis_role import judge_denial, judge_identity, judge_proof, judge_registered
from runner.guard.proof import NotCarried, Proof, Proven, Unproven
from runner.model.action import Present, Unreadable
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.ports import Reply
from runner.model.session import Caller, Credentials, ReadySession, Secret
from runner.model.verdict import Level

REPLY = Reply({"Role": {"Arn": "a"}}, "r-1", 200)
SILENT = AwsAnswer("iam:GetRole", "<ReadTimeout>", "no answer")
DENIED = AwsAnswer("iam:GetRole", "AccessDenied", "not authorized", "r-2", 403)
OTHER = AwsAnswer("iam:GetRole", "InvalidInput", "Invalid caller", "r-3", 400)
PROVEN, CARRIED_NOT, UNPROVEN = Proven(), NotCarried("refused by the session policy"), Unproven("why", "hint")


@pytest.mark.parametrize(
    ("proof", "answer", "state"),
    [
        (PROVEN, REPLY, State.OK),
        (CARRIED_NOT, DENIED, State.PROBLEM),
        (UNPROVEN, DENIED, State.PROBLEM),
        (UNPROVEN, SILENT, State.CANNOT_TELL),
        (UNPROVEN, REPLY, State.CANNOT_TELL),
    ],
)
def test_the_live_proof(proof: Proof, answer: Reply | AwsAnswer, state: State) -> None:
    """A missing permission and missing MFA are problems; everything that decides nothing says so, with AWS's words."""
    seen = judge_proof(proof, answer)

    assert seen.state is state
    assert seen.aws == (answer if isinstance(answer, AwsAnswer) else None)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (DENIED, State.PROBLEM, "grant the role s3:ListBucket on arn:aws:s3:::b"),
        (AwsAnswer("s3:HeadBucket", "403", "Forbidden"), State.PROBLEM, "s3:ListBucket"),
        (SILENT, State.CANNOT_TELL, "try again"),
        (OTHER, State.CANNOT_TELL, "AWS's own words"),
    ],
)
def test_a_read_that_is_not_answered(answer: AwsAnswer, state: State, words: str) -> None:
    """A refused read names the permission, in IAM's spelling; another failure decides nothing."""
    call = BoundCall("s3", "HeadBucket", {}, "eu-west-1", ("arn:aws:s3:::b",), Effect.READ)
    seen = judge_denial(call, AwsCallFailed(answer))

    assert (seen.state, seen.aws) == (state, answer)
    assert words in seen.what_to_do


def test_devices() -> None:
    """A device that is not the user's is a problem before a code is spent; a ready-made session needs none."""
    ready = ReadySession(Credentials("ASIA", Secret("s"), Secret("t")), Caller("1" * 12, "a", "u"), "the environment")

    assert judge_registered("mine", ("mine", "other")).state is State.OK
    assert judge_registered("mine", ("other",)).state is State.PROBLEM
    assert "other" in judge_registered("mine", ("other",)).what
    assert "a session already" in judge_identity(ready).what


def policy(condition: object) -> str:
    """Return a bucket policy with one Deny."""
    statement = {"Sid": "S", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    return json.dumps({"Statement": {**statement, "Condition": condition}})


SOUND = policy({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
HOLE = policy({"Bool": {"aws:MultiFactorAuthPresent": "false"}})
STRANGE = policy({"ForAnyValue:Bool": {"aws:MultiFactorAuthPresent": "false"}})
SILENT_POLICY = policy({})


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (SOUND, State.OK, "aws:ViaAWSService"),
        (HOLE, State.PROBLEM, '{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}'),
        (STRANGE, State.CANNOT_TELL, "by hand"),
        (SILENT_POLICY, State.OK, "`runner plan` simulates"),
    ],
)
def test_policies(text: str, state: State, words: str) -> None:
    """A hole is a problem with the corrected condition; a sound condition may have a note."""
    (seen,) = judge_policy(text)

    assert seen.state is state
    assert words in seen.what_to_do


def test_a_trust_policy_without_mfa_is_no_problem() -> None:
    """A role that anybody trusted may assume is protected by what it may do then."""
    (seen,) = judge_trust(SILENT_POLICY)

    assert (seen.state, seen.what_to_do) == (State.OK, "")
    assert judge_trust(HOLE)[0].state is State.PROBLEM


ON = Present({"Status": "Enabled", "MFADelete": "Enabled"})


def test_mfa_delete() -> None:
    """MFA Delete is told from an MFA condition, and the confusion is named when there is no condition at all."""
    alone, beside = judge_mfa_delete(ON, beside_condition=False), judge_mfa_delete(ON, beside_condition=True)

    assert alone.state is State.PROBLEM
    assert "its policy has no MFA condition" in alone.what
    assert "no MFA condition" not in beside.what
    assert judge_mfa_delete(Present({"Status": "Enabled"}), beside_condition=False).state is State.OK
    assert judge_mfa_delete(Unreadable("x"), beside_condition=False).state is State.CANNOT_TELL


def test_a_target_without_a_policy() -> None:
    """No policy is a policy that does not look at MFA; one that is not understood may."""
    (seen,) = judge_policy(None)

    assert seen.state is State.OK
    assert "a policy of the role must ask for MFA" in seen.what_to_do
    assert not looks_at_mfa(SILENT_POLICY)
    assert looks_at_mfa(SOUND)
    assert looks_at_mfa("{")


@pytest.mark.parametrize(
    ("proof", "answer", "chain", "wrong"),
    [
        (PROVEN, REPLY, State.OK, State.PROBLEM),
        (CARRIED_NOT, DENIED, State.PROBLEM, State.OK),
        (UNPROVEN, DENIED, State.CANNOT_TELL, State.CANNOT_TELL),
    ],
)
def test_the_ways(proof: Proof, answer: Reply | AwsAnswer, chain: State, wrong: State) -> None:
    """The chain is to carry MFA and the other ways are not; the request id for CloudTrail is shown."""
    right, other = read_chain(proof, answer, "r-7"), read_wrong_way(proof, answer, "r-7")

    assert (right.state, other.state) == (chain, wrong)
    assert proof == UNPROVEN or ("r-7" in right.what and "r-7" in other.what)


@pytest.mark.parametrize(
    ("refused", "state"),
    [
        (CredentialsRefused("denied", aws=DENIED), State.OK),
        (CredentialsRefused("lost", aws=SILENT), State.CANNOT_TELL),
        (CredentialsRefused("strange"), State.CANNOT_TELL),
        (CodeRefused("used before", aws=DENIED), State.CANNOT_TELL),
    ],
)
def test_a_wrong_way_that_makes_no_session(refused: CredentialsRefused, state: State) -> None:
    """Who cannot even assume the role carries no MFA to it; a refused code says nothing."""
    assert read_unassumed(refused).state is state


@pytest.mark.parametrize(
    ("short", "long", "took", "state", "words"),
    [
        (CARRIED_NOT, PROVEN, 2, State.OK, "GetSessionToken"),
        (PROVEN, PROVEN, 2, State.PROBLEM, "AssumeRole"),
        (CARRIED_NOT, CARRIED_NOT, 2, State.PROBLEM, "has no aws:MultiFactorAuthAge"),
        (UNPROVEN, PROVEN, 2, State.CANNOT_TELL, "another reason"),
        (CARRIED_NOT, PROVEN, 15, State.CANNOT_TELL, "took 15 s"),
    ],
)
def test_what_the_age_counts_from(short: Proof, long: Proof, took: int, state: State, words: str) -> None:
    """Two limits tell the beginning of the age; answers that took as long as the limit tell nothing."""
    seen = read_age(short, long, timedelta(seconds=took), timedelta(seconds=33))

    assert seen.state is state
    assert words in seen.what


@pytest.mark.parametrize(
    ("refused", "state"),
    [
        (None, State.PROBLEM),
        (CredentialsRefused("x", aws=AwsAnswer("sts:AssumeRole", "ValidationError", "1 hour", "r", 400)), State.OK),
        (CredentialsRefused("x", aws=DENIED), State.PROBLEM),
        (CredentialsRefused("x", aws=SILENT), State.CANNOT_TELL),
        (CredentialsRefused("x"), State.CANNOT_TELL),
    ],
)
def test_the_duration(refused: CredentialsRefused | None, state: State) -> None:
    """A ValidationError is expected, with AWS's exact text; anything else is worth a report."""
    assert read_duration(refused).state is state


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (Denied((), "statement X", explicit=True, level=Level.RESOURCE), State.OK),
        (Denied((), "no statement allows it", explicit=False, level=Level.ROLE), State.PROBLEM),
        (Allowed((), ""), State.PROBLEM),
        (CannotTell("why", "hint"), State.CANNOT_TELL),
    ],
)
def test_a_converted_statement(decision: Decision, state: State) -> None:
    """The simulator must deny explicitly, by the statement that was handed over."""
    assert read_converted(decision).state is state


def test_a_simulator_that_refuses() -> None:
    """A refusal of the input is an answer; a missing permission or silence is none."""
    assert read_unconverted(OTHER).state is State.PROBLEM
    assert read_unconverted(DENIED).state is State.CANNOT_TELL
    assert read_unconverted(SILENT).state is State.CANNOT_TELL
    assert read_noted(OTHER).what == "iam:GetRole: InvalidInput: Invalid caller (request r-3)"
    assert read_noted(DENIED).state is State.CANNOT_TELL
    assert read_noted(Reply({}, "r-1", 200)).state is State.CANNOT_TELL
    assert read_noted(Reply({"EvaluationResults": []}, "r-1", 200)).what == "it is taken: no result (request r-1)"


def test_every_question_says_what_is_expected() -> None:
    """Questions have distinct names and an expectation; what is left to the operator says how it is done."""
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)
    assert all(question.asks and question.expects for question in QUESTIONS)
    assert {"3", "4", "6"} == {question.id for question in QUESTIONS if question.by_hand}
