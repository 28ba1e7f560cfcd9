"""What AWS does not document, as questions that a user's own account answers: what is asked, and how answers are read.

Each question says what runner expects. What is expected is what runner is built on, or what field reports agree on; an
answer that differs is a problem, and worth a report. Where nothing is expected, the answer is merely noted. Three
questions would change something or take a console, so they are left to the operator, with how it is done by hand. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from runner.errors import AwsAnswer, CodeRefused, CredentialsRefused
from runner.guard.decision import CannotTell, Decision, Denied
from runner.guard.diagnosis import Examination, Seen, cannot_tell, is_undecided, not_examined, ok, problem, words_of
from runner.guard.evaluation import NotAsDocumented, results_of
from runner.guard.hints import DENIED
from runner.guard.proof import NotCarried, Proof, Proven, Unproven
from runner.model.canonical import Json
from runner.model.ports import Reply

REPORT = "this is not what runner expects: paste this table into an issue"
PROBE_AGE = timedelta(seconds=15)
"""The age limit that tells the two readings of ``aws:MultiFactorAuthAge`` apart."""
WAIT = timedelta(seconds=31)
"""How old a code must be before that: twice `PROBE_AGE`, and a time step of the device, so that it shows a new code."""


@dataclass(frozen=True)
class Question:
    """Hold a question, and what runner expects; ``by_hand`` says how to answer one that the doctor does not ask."""

    id: str
    asks: str
    expects: str
    by_hand: str = ""


QUESTIONS: tuple[Question, ...] = (
    Question("1a", "GetSessionToken + code, then AssumeRole: does a read that needs MFA pass?", "yes"),
    Question("1b", "AssumeRole + code: does a read that needs MFA pass?", "no"),
    Question("1c", "GetSessionToken without a code, then AssumeRole: does a read that needs MFA pass?", "no"),
    Question("2", "What does aws:MultiFactorAuthAge in the role session count from?", "GetSessionToken"),
    Question(
        "3",
        "Does a bucket policy with Deny + BoolIfExists let DeleteBucket through on way 1a?",
        "yes, in the same account and across accounts",
        "make an empty bucket with that policy, and delete it with `runner apply`",
    ),
    Question(
        "4",
        "Does an `aws login` session carry MFA through AssumeRole, also with a passkey?",
        "not known",
        "sign in with `aws login`, export its credentials to the environment, and run `runner doctor --role-arn ROLE`",
    ),
    Question("5", "What does AWS answer to DurationSeconds=3601 after GetSessionToken?", "ValidationError"),
    Question(
        "6",
        "What does CloudTrail show as mfaAuthenticated for ways 1a and 1b?",
        "true and false",
        "find the request ids of 1a and 1b in CloudTrail in about 15 minutes: "
        "userIdentity.sessionContext.attributes.mfaAuthenticated",
    ),
    Question("7", "Is a session policy accepted whose Allow depends on aws:MultiFactorAuthPresent?", "yes"),
    Question(
        "8",
        "Does the simulator take a bucket policy's statement as PolicyInputList, and deny by it without MFA?",
        "yes",
    ),
    Question(
        "9", "Does it take a role as PolicySourceArn, an invented user as CallerArn and a ResourcePolicy?", "not known"
    ),
    Question("10", "What does it answer about an action that does not exist?", "not known"),
)
"""In the order in which they are shown. 1 to 6 are the open questions about MFA and STS, the others about policies."""


@dataclass(frozen=True)
class Settled:
    """Hold a question with the answer of the operator's account."""

    question: Question
    answer: Examination

    def to_data(self) -> dict[str, Json]:
        """Return the plain form, for ``--output json``."""
        asked: dict[str, Json] = {"asks": self.question.asks, "expects": self.question.expects}
        return {**asked, **self.answer.to_data()}


def left_to_hand(question: Question) -> Seen:
    """Return why a question is not asked, and how it is answered by hand."""
    return not_examined("it would change something, or needs the console", question.by_hand)


def read_chain(proof: Proof, answer: Reply | AwsAnswer, request: str) -> Seen:
    """Read the answer to 1a, where the read should pass; ``request`` is the AssumeRole's id, for CloudTrail."""
    match proof:
        case Proven():
            return ok(f"yes (AssumeRole request {request})")
        case NotCarried(why):
            return problem(f"no: {why} (AssumeRole request {request})", REPORT, _refusal(answer))
        case Unproven(why, hint):
            return cannot_tell(why, hint, _refusal(answer))


def read_wrong_way(proof: Proof, answer: Reply | AwsAnswer, request: str) -> Seen:
    """Read the answer to 1b or 1c, where the read should be refused for want of MFA."""
    match proof:
        case Proven():
            return problem(f"yes (AssumeRole request {request})", REPORT)
        case NotCarried():
            return ok(f"no: the session carries no MFA (AssumeRole request {request})")
        case Unproven(why, hint):
            return cannot_tell(why, hint, _refusal(answer))


def read_unassumed(refused: CredentialsRefused) -> Seen:
    """Read a refusal on a wrong way: who cannot assume the role has no session that could carry anything."""
    if isinstance(refused, CodeRefused) or refused.aws is None or is_undecided(refused.aws):
        return cannot_tell(refused.what, "run again with a fresh code", refused.aws)
    return ok(f"no: AWS does not even make the session: {words_of(refused.aws)}")


def read_age(short: Proof, long: Proof, took: timedelta, age: timedelta) -> Seen:
    """Read the answer to 2 from two reads: one with the age limit `PROBE_AGE`, one with a limit beyond the code's age.

    ``took`` is how long the short one took from before AssumeRole, ``age`` the age of the code by then.
    """
    limit = int(PROBE_AGE.total_seconds())
    if took >= PROBE_AGE:
        return cannot_tell(f"the answers took {took.total_seconds():.0f} s, so they tell nothing", "run again")
    match short, long:
        case NotCarried(), Proven():
            return ok(f"GetSessionToken: with a code {age.total_seconds():.0f} s old, a limit of {limit} s refuses")
        case Proven(), Proven():
            return problem(f"AssumeRole: a code {age.total_seconds():.0f} s old passes a limit of {limit} s", REPORT)
        case NotCarried(), NotCarried():
            return problem("nothing: the role session has no aws:MultiFactorAuthAge", REPORT)
        case _:
            return cannot_tell("the reads were refused for another reason than the age", "see 1a")


def read_duration(refused: CredentialsRefused | None) -> Seen:
    """Read the answer to 5; None says that the session was made."""
    if refused is None:
        return problem("a session of 3601 seconds", REPORT)
    if refused.aws is None or is_undecided(refused.aws):
        return cannot_tell(refused.what, refused.hint, refused.aws)
    said = words_of(refused.aws)
    return ok(said) if refused.aws.code == "ValidationError" else problem(said, REPORT)


def read_converted(without_mfa: Decision) -> Seen:
    """Read the answer to 8: what the simulator says without MFA."""
    match without_mfa:
        case Denied(by=by, explicit=True):
            return ok(f"yes: without MFA it is denied by {by}")
        case CannotTell(why, hint):
            return cannot_tell(why, hint)
        case _:
            return problem("the statement was taken, and does not deny without MFA", REPORT)


def read_unconverted(answer: AwsAnswer) -> Seen:
    """Read a refusal of the question behind 8."""
    if is_undecided(answer) or answer.code in DENIED:
        return cannot_tell("the simulator could not be asked", "see the line `simulator`", answer)
    return problem(f"no: {words_of(answer)}", REPORT)


def read_noted(outcome: Reply | AwsAnswer) -> Seen:
    """Read the answer to a question about which nothing is expected."""
    if isinstance(outcome, AwsAnswer):
        if is_undecided(outcome) or outcome.code in DENIED:
            return cannot_tell("the simulator could not be asked", "see the line `simulator`", outcome)
        return ok(words_of(outcome))
    try:
        decisions = sorted({result.effective.value for result in results_of((outcome,))})
    except NotAsDocumented as error:
        return cannot_tell(f"the answer is not as documented: {error}", REPORT)
    return ok(f"it is taken: {', '.join(decisions) or 'no result'} (request {outcome.request_id})")


def _refusal(answer: Reply | AwsAnswer) -> AwsAnswer | None:
    return answer if isinstance(answer, AwsAnswer) else None
