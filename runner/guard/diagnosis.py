"""What ``runner doctor`` says: one value for each thing that was looked at, and how an error becomes one.

========================  ==================================================================================
``ok``                    it is as runner needs it; with something to do, the line is a note
``problem``               it is known to be wrong, and runner will refuse or fail
``cannot tell``           it was looked at, and the answer decides nothing
``not examined``          it was not looked at: something before it failed, or the operator asked for less
========================  ==================================================================================

Every line says what was looked at. Every line but a plain ``ok`` says what to do. AWS's own words and request id travel
along. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runner.errors import AwsAnswer, AwsCallFailed, RunnerError
from runner.model.canonical import Json

_NOT_DECIDED = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""AWS's codes that mean: ask again later."""
_SERVER_FAILED = 500
"""The first HTTP status that speaks of the server and not of the request."""
ASK_AGAIN = "try again in a minute"


class State(Enum):
    """Name what an examination found."""

    OK = "ok"
    PROBLEM = "problem"
    CANNOT_TELL = "cannot tell"
    NOT_EXAMINED = "not examined"


@dataclass(frozen=True)
class Seen:
    """Say what looking at something found.

    ``quotes`` are the parts of the texts that somebody else wrote, and that may name them: a policy's own words.
    """

    state: State
    what: str
    what_to_do: str = ""
    aws: AwsAnswer | None = None
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """Say what was looked at, what was found, and what to do; ``quotes`` are those of `Seen`."""

    name: str
    state: State
    what: str
    what_to_do: str = ""
    aws: AwsAnswer | None = None
    quotes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, seen: Seen) -> Examination:
        """Return what was seen, under its name."""
        return cls(name, seen.state, seen.what, seen.what_to_do, seen.aws, seen.quotes)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form, for ``--output json``."""
        return {
            "name": self.name,
            "state": self.state.value,
            "what": self.what,
            "what_to_do": self.what_to_do,
            "aws": None if self.aws is None else answer_data(self.aws),
        }


def ok(what: str, note: str = "") -> Seen:
    """Return that something is as it should be, with a note when there is something to know."""
    return Seen(State.OK, what, note)


def problem(what: str, what_to_do: str, aws: AwsAnswer | None = None) -> Seen:
    """Return that something is wrong."""
    return Seen(State.PROBLEM, what, what_to_do, aws)


def cannot_tell(what: str, what_to_do: str, aws: AwsAnswer | None = None) -> Seen:
    """Return that looking decided nothing."""
    return Seen(State.CANNOT_TELL, what, what_to_do, aws)


def not_examined(because: str, what_to_do: str = "") -> Seen:
    """Return that nobody looked, and why."""
    return Seen(State.NOT_EXAMINED, f"because {because}", what_to_do)


def seen_error(error: RunnerError) -> Seen:
    """Return what an error means for the one who is examined.

    A refusal of ours is a problem. A call that failed unexpectedly decides nothing, and neither does a refusal that
    stands on an answer which AWS did not give, or gave without having decided.
    """
    what = f"{error.what} ({error.on})" if error.on and error.on not in error.what else error.what
    if isinstance(error, AwsCallFailed) or (error.aws is not None and is_undecided(error.aws)):
        return cannot_tell(what, error.hint or ASK_AGAIN, error.aws)
    return problem(what, error.hint, error.aws)


def is_undecided(answer: AwsAnswer) -> bool:
    """Return whether AWS did not answer, or asked to try again later; codes in angle brackets are ours."""
    return answer.code.startswith("<") or answer.code in _NOT_DECIDED or answer.status >= _SERVER_FAILED


def words_of(answer: AwsAnswer) -> str:
    """Return AWS's own words with the request id, in one line."""
    said = f"{answer.operation}: {answer.code}" + (f": {answer.message}" if answer.message else "")
    return said + (f" (request {answer.request_id})" if answer.request_id else "")


def answer_data(answer: AwsAnswer) -> dict[str, Json]:
    """Return the plain form of AWS's words."""
    return {
        "operation": answer.operation,
        "code": answer.code,
        "message": answer.message,
        "request_id": answer.request_id,
        "status": answer.status,
    }
