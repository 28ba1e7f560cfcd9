"""What anchoring does when AWS does not play along: it asks again, compares, and takes no history for another."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runner.errors import AwsAnswer, AwsCallFailed, LogUnwritable
from runner.model.bound import BoundCall, Params
from runner.model.guardrails import AnchorMode, AnchorRules
from runner.model.ports import Reply
from runner.model.session import RoleSession
from runner.workflow.anchor import ATTEMPTS, NotAnchored, anchor
from runner.workflow.anchoring import Anchoring
from tests.workflow.conftest import IDENTITY

if TYPE_CHECKING:
    from tests.workflow.conftest import World

RULES = AnchorRules("anchors", "eu-west-1", "arn:aws:iam::333333333333:role/Anchors", timedelta(days=400))
AGE = timedelta(hours=1)


def refused(code: str, *, retriable: bool = False, in_doubt: bool = False) -> AwsCallFailed:
    """Return a refusal by AWS."""
    return AwsCallFailed(AwsAnswer("s3:PutObject", code, "no"), retriable=retriable, in_doubt=in_doubt)


@dataclass
class Archive:
    """Be a bucket; ``answers`` are what the next requests to write get, ``loses`` keeps what it does not confirm."""

    answers: list[Exception | None] = field(default_factory=list)
    content: bytes | None = None
    loses: bool = False
    sent: list[tuple[str, Params]] = field(default_factory=list)

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Archive:
        """Open itself."""
        del session, allowed
        return self

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Write once, or read."""
        del tag
        self.sent.append((call.operation, params))
        if call.operation == "GetObject":
            return Reply({"Body": base64.b64encode(self.content or b"").decode(), "VersionId": "v1"}, "GET-1", 200)
        answer = self.answers.pop(0) if self.answers else None
        if self.content is not None:
            raise refused("PreconditionFailed")
        if answer is None or self.loses:
            self.content = str(params["Body"]).encode()
        if answer is not None:
            raise answer
        return Reply({"VersionId": "v1"}, "PUT-1", 200)

    def pages(self, call: BoundCall, params: Params | None = None) -> Any:
        """List nothing."""
        raise NotImplementedError(call)


@dataclass
class Case:
    """Hold a world with an archive."""

    world: World
    archive: Archive

    def anchor(self) -> NotAnchored | None:
        """Anchor what the world's log had signed."""
        user = self.world.user_session(IDENTITY, self.world.code(IDENTITY))
        return anchor(RULES, user, AGE, self.services, self.world)

    @property
    def services(self) -> Any:
        """The world's ports, with the archive as AWS."""
        return replace(self.world.services(), aws=self.archive)

    @property
    def recorded(self) -> list[str]:
        """Why each anchor is missing, as the log says."""
        return [record.to_data()["why"] for record in self.world.records]  # type: ignore[misc]  # all are anchors


@pytest.fixture
def case(world: World) -> Case:
    """Return a world with an empty archive."""
    return Case(world, Archive())


def test_an_anchor_is_written_once_and_locked(case: Case) -> None:
    """Only where there is none, in a bucket of the role's account, for as long as the guardrails say."""
    assert case.anchor() is None
    (sent,) = case.archive.sent
    params = sent[1]
    assert (params["IfNoneMatch"], params["ObjectLockMode"]) == ("*", "COMPLIANCE")
    assert params["ObjectLockRetainUntilDate"] == "2028-01-05T12:00:00Z"
    assert params["ExpectedBucketOwner"] == "333333333333"
    assert case.recorded == [""]


@pytest.mark.parametrize("loses", [True, False])
def test_an_answer_that_was_lost(case: Case, loses: bool) -> None:
    """It is written again, which does no harm: what lies there already is the very same checkpoint."""
    case.archive.answers, case.archive.loses = [refused("<AnswerLost>", in_doubt=True)], loses

    assert case.anchor() is None
    assert [name for name, _ in case.archive.sent] == ["PutObject", "PutObject", *(["GetObject"] if loses else [])]
    assert case.recorded == [""]


def test_another_history(case: Case) -> None:
    """Another checkpoint over as many lines is a fork, and stays as it is."""
    case.archive.content = b"another"
    missed = case.anchor()

    assert missed is not None
    assert missed.is_fork
    assert case.archive.content == b"another"
    assert "another history of this log" in case.recorded[0]


@pytest.mark.parametrize(
    ("error", "sent"), [(refused("SlowDown", retriable=True), ATTEMPTS), (refused("AccessDenied"), 1)]
)
def test_what_aws_refuses(case: Case, error: AwsCallFailed, sent: int) -> None:
    """What may pass is tried again, what is refused is not, and the log says why there is no anchor."""
    case.archive.answers = [error] * 9
    missed = case.anchor()

    assert missed is not None
    assert not missed.is_fork
    assert len(case.archive.sent) == sent
    assert case.recorded == [missed.why]


@pytest.mark.parametrize("mode", AnchorMode)
def test_what_becomes_of_the_run(case: Case, mode: AnchorMode) -> None:
    """At the beginning nothing may be done without, at the end it is an error; best effort goes on both times."""
    required = mode is AnchorMode.REQUIRED
    case.archive.answers = [refused("AccessDenied")] * 9
    user = case.world.user_session(IDENTITY, case.world.code(IDENTITY))
    begun = Anchoring(replace(RULES, mode=mode), AGE, case.services, case.world)
    ended = Anchoring(replace(RULES, mode=mode), AGE, case.services, case.world)

    assert begun.begin(user).startswith("the log is not anchored" if required else "")
    assert bool(begun.begin(user)) is False  # a run that was refused is not tried again
    if required:
        with pytest.raises(LogUnwritable, match="how the run ended is not anchored"):
            ended.end(user)
    else:
        ended.end(user)
