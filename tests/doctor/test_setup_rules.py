"""The doctor's rules on the operator's own side: every state, and what there is to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused, UsageError
from runner.guard.diagnosis import Examination, Seen, State, ok, seen_error, words_of
from runner.guard.diagnosis_machine import Kind, Place, judge_command, judge_git, judge_place, judge_space
from runner.guard.diagnosis_network import Knock, judge_clock, judge_knock, judge_silence
from runner.guard.diagnosis_setup import (
    FileSeen,
    FilesSeen,
    KeysSeen,
    NamedBy,
    Owner,
    judge_files,
    judge_keys,
    judge_refused_owner,
    judge_user,
)
from runner.model.session import Caller

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KNOCK = Knock("https://sts.eu-west-1.amazonaws.com", "", "r-1", NOON, NOON, NOON)


def at(before: float, after: float) -> Knock:
    """Return a knock at noon, with this machine's clock at so many seconds after noon before and after it."""
    return replace(KNOCK, before=NOON + timedelta(seconds=before), after=NOON + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("before", "after", "makes_codes", "state", "words"),
    [
        (0, 0, True, State.OK, "it agrees with AWS"),
        # The answer took 40 s, and AWS's time lies within: nothing is known to be wrong.
        (-20, 20, True, State.OK, "it agrees with AWS"),
        # `Date` is cut to the second.
        (1, 1, True, State.OK, "it agrees with AWS"),
        (31, 32, True, State.OK, "30 s ahead of"),
        (-40, -30, True, State.OK, "30 s behind"),
        (91, 92, True, State.PROBLEM, "90 s ahead of"),
        (-91, -90, True, State.PROBLEM, "90 s behind"),
        (91, 92, False, State.OK, "90 s ahead of"),
        (301, 302, False, State.PROBLEM, "refuses every request"),
        (-310, -300, False, State.PROBLEM, "refuses every request"),
    ],
)
def test_the_clock(before: float, after: float, makes_codes: bool, state: State, words: str) -> None:
    """A signature may be off by 300 s, a code that is made here by about 60 s; the answer's duration is allowed for."""
    seen = judge_clock(at(before, after), makes_codes=makes_codes)

    assert seen.state is state
    assert words in seen.what
    assert ("set the clock" in seen.what_to_do) is (state is State.PROBLEM or "90 s" in words)


def test_an_answer_without_a_date() -> None:
    """Without AWS's own time nothing is known about the clock."""
    assert judge_clock(replace(KNOCK, theirs=None), makes_codes=True).state is State.CANNOT_TELL


@pytest.mark.parametrize(
    ("knock", "state", "words"),
    [
        (KNOCK, State.OK, "the endpoint of the region"),
        (replace(KNOCK, proxy="http://proxy:3128"), State.OK, "through the proxy http://proxy:3128"),
        (replace(KNOCK, endpoint="https://sts.amazonaws.com"), State.OK, "global endpoint"),
        (replace(KNOCK, endpoint="http://127.0.0.1:4566"), State.OK, "this is not AWS"),
        (replace(KNOCK, endpoint="https://sts.amazonaws.com.evil.example"), State.OK, "this is not AWS"),
        (replace(KNOCK, request_id=""), State.CANNOT_TELL, "sign-in"),
    ],
)
def test_where_sts_was_reached(knock: Knock, state: State, words: str) -> None:
    """The endpoint and the proxy are named; what answers without a request id is not AWS."""
    seen = judge_knock(knock)

    assert seen.state is state
    assert words in f"{seen.what} {seen.what_to_do}"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("<NoConnection>", State.PROBLEM),
        ("<NoProxy>", State.PROBLEM),
        ("<Tls>", State.PROBLEM),
        ("<ReadTimeout>", State.CANNOT_TELL),
        ("<AnswerUnreadable>", State.CANNOT_TELL),
    ],
)
def test_when_sts_does_not_answer(code: str, state: State) -> None:
    """No connection is a problem with a name; an answer that was lost decides nothing. Both keep the words."""
    answer = AwsAnswer("sts:GetCallerIdentity", code, "no route")
    seen = judge_silence(AwsCallFailed(answer, hint="check the network"))

    assert (seen.state, seen.aws, seen.what_to_do) == (state, answer, "check the network")


def test_aws_files() -> None:
    """What is there is named; a file with secrets that others can read is a note."""
    config, keys = FileSeen("~/.aws/config", exists=True, mode=0o644), FileSeen("~/.aws/credentials", exists=False)
    loose = FileSeen("~/.aws/credentials", exists=True, mode=0o640, holds_secrets=True)

    assert "credentials is not there" in judge_files(FilesSeen((config, keys), ("alice",))).what
    assert judge_files(FilesSeen((config, keys), ("alice",))).what_to_do == ""
    assert judge_files(FilesSeen((config, loose), ("alice",))).what_to_do.endswith("chmod 600 ~/.aws/credentials")
    assert "neither" in judge_files(FilesSeen((replace(config, exists=False), keys), ())).what


@pytest.mark.parametrize("named_by", list(NamedBy))
def test_which_keys_win(named_by: NamedBy) -> None:
    """The winner comes with the rule that made it win."""
    seen = judge_keys(KeysSeen("profile 'alice'", named_by))

    assert seen == ok(f"profile 'alice': {named_by.value}")


def test_a_profile_that_loses_mfa_elsewhere() -> None:
    """A profile that other tools misuse is a note: runner itself goes the right way with it."""
    seen = judge_keys(KeysSeen("profile 'x'", NamedBy.OPTION, way="the AWS CLI gives the code to sts:AssumeRole"))

    assert seen.state is State.OK
    assert "gives the code to sts:AssumeRole" in seen.what_to_do
    assert "other tools lose MFA" in seen.what_to_do


def test_whose_key_it_is() -> None:
    """A session of a user is not proven; a role session comes with what happened to a code."""
    user = Owner("ASIA1", Caller("1" * 12, "arn:aws:iam::111111111111:user/alice", "AIDA"), is_session=True)
    role = Owner("ASIA1", Caller("1" * 12, "arn:aws:sts::111111111111:assumed-role/R/s", "AROA"), is_session=True)
    refused = seen_error(CredentialsRefused("it cannot carry MFA", hint="use a key"))

    assert "cannot be seen in it" in judge_user(user).what
    assert "long-term key" in judge_user(replace(user, is_session=False)).what
    assert judge_refused_owner(refused, user) == refused
    assert "given to sts:AssumeRole" in judge_refused_owner(refused, role).what


def test_the_command_for_codes() -> None:
    """A command that is named and not there is a problem; none is fine."""
    assert judge_command((), "").state is State.OK
    assert judge_command(("ykman",), "/usr/bin/ykman").state is State.OK
    assert judge_command(("ykman",), "").state is State.PROBLEM


PLACE = Place("/x/ledger", Kind.DIRECTORY, "/x/ledger", own=True, mode=0o700, writable=True, free=10, wanted=10)


@pytest.mark.parametrize(
    ("place", "state", "words"),
    [
        (PLACE, State.OK, "yours and can be written to (mode 0700)"),
        (replace(PLACE, mode=0o755), State.OK, "others may read it"),
        (replace(PLACE, mode=0o770), State.PROBLEM, "others may write"),
        (replace(PLACE, own=False), State.PROBLEM, "another user"),
        (replace(PLACE, writable=False), State.PROBLEM, "cannot be written to"),
        (replace(PLACE, kind=Kind.LINK), State.PROBLEM, "a symbolic link"),
        (replace(PLACE, kind=Kind.OTHER), State.PROBLEM, "not a directory"),
        (replace(PLACE, kind=Kind.MISSING, above="/x"), State.OK, "will be made under /x"),
        (replace(PLACE, kind=Kind.MISSING, above="/x", writable=False), State.PROBLEM, "/x cannot be written to"),
    ],
)
def test_the_place_of_the_log(place: Place, state: State, words: str) -> None:
    """The log's directory must be this user's alone and writable; a missing one must be possible to make."""
    seen = judge_place(place)

    assert seen.state is state
    assert words in f"{seen.what} {seen.what_to_do}"


def test_the_space_for_the_log() -> None:
    """The disk must have room for a long run."""
    assert judge_space(PLACE).state is State.OK
    assert judge_space(replace(PLACE, free=9)).state is State.PROBLEM


def test_git_is_not_needed() -> None:
    """Without git runner works, and the log says less."""
    assert judge_git("/usr/bin/git") == ok("/usr/bin/git: the audit log will name a playbook's commit")
    assert judge_git("").state is State.OK
    assert judge_git("").what_to_do != ""


THROTTLED = AwsAnswer("iam:GetRole", "Throttling", "Rate exceeded", "r-9", 400)
DENIED = AwsAnswer("iam:GetRole", "AccessDenied", "no", "r-9", 403)


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (UsageError("wrong", on="x", hint="do"), Seen(State.PROBLEM, "wrong (x)", "do")),
        (CredentialsRefused("x is wrong", on="x", hint="do"), Seen(State.PROBLEM, "x is wrong", "do")),
        (CredentialsRefused("busy", hint="do", aws=THROTTLED), Seen(State.CANNOT_TELL, "busy", "do", THROTTLED)),
        (CredentialsRefused("denied", hint="do", aws=DENIED), Seen(State.PROBLEM, "denied", "do", DENIED)),
        (
            AwsCallFailed(DENIED),
            Seen(State.CANNOT_TELL, "iam:GetRole failed: AccessDenied", "try again in a minute", DENIED),
        ),
    ],
)
def test_errors_become_lines(error: CredentialsRefused, seen: Seen) -> None:
    """A refusal is a problem, an unexpected failure of a call decides nothing, and AWS's words are kept."""
    assert seen_error(error) == seen


def test_a_line_as_data() -> None:
    """The plain form has AWS's words and request id."""
    line = Examination.of("role", Seen(State.PROBLEM, "denied", "do", DENIED))

    assert line.to_data() == {
        "name": "role",
        "state": "problem",
        "what": "denied",
        "what_to_do": "do",
        "aws": {
            "operation": "iam:GetRole",
            "code": "AccessDenied",
            "message": "no",
            "request_id": "r-9",
            "status": 403,
        },
    }
    assert words_of(DENIED) == "iam:GetRole: AccessDenied: no (request r-9)"
