"""Whatever S3 answers: only what was intended is sent, each attempt has an end, and what is left is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from runner.aws.s3_engine.deleting import DEADLINE, SMALLEST
from runner.aws.s3_engine.requests import Request
from runner.aws.s3_engine.signing import Signed, Signer
from runner.errors import AwsCallFailed
from runner.model.children import Child
from tests.aws.s3_engine.bucket import ENOUGH, Bucket, Pass, ShortSessions, Trouble, error, refusing
from tests.aws.s3_engine.sweeps import child
from tests.e2e.wire import LOST, Answer

MANY = 2500
SLOW = Answer(503, error("SlowDown"))


def full(count: int = MANY) -> set[Child]:
    """Return the versions of a bucket."""
    return {child(f"logs/{at:05}", "v1") for at in range(count)}


def first(answer: Answer, times: int = 2) -> Callable[[int, tuple[Child, ...]], Trouble | None]:
    """Answer the second deletion and some after it with something else."""
    return lambda number, _: Trouble(answer) if 2 <= number < 2 + times else None


@pytest.mark.parametrize(
    "answer",
    [
        SLOW,
        Answer(500, error("InternalError")),
        Answer(503, b"<!DOCTYPE html><html>busy</html>"),
        Answer(503, b'<?xml version="1.0" encoding="gbk"?><html>busy</html>'),
        Answer(503),
        Answer(200, error("SlowDown")),
        Answer(200, error("InternalError")),
    ],
)
def test_a_batch_that_s3_does_not_take_now_is_sent_again(answer: Answer) -> None:
    """Throttling in every form ends with an empty bucket, and each attempt is a record of its own."""
    work = Pass(Bucket(full(), first(answer)))
    swept = work.run()

    assert (swept.error, swept.doubtful, swept.why, work.bucket.left) == (None, 0, "", set())
    assert work.memory.deleted == swept.found == MANY
    assert len(work.memory.intents) == 5
    assert max(attempt for _, attempt in work.memory.intents) > 1
    assert sum(how == "ok" for how in work.memory.outcomes.values()) == 3
    assert work.paces[-1].throttled == 2


@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_children_that_s3_does_not_take_now_are_sent_again(code: str) -> None:
    """When an answer 200 says it of a few children, those go again and no others."""
    work = Pass(Bucket(full()))

    def some(number: int, children: tuple[Child, ...]) -> Trouble | None:
        later = children[::7]
        return Trouble(refusing(code, later), lambda one: one not in later) if number == 1 else None

    work.bucket.trouble = some
    swept = work.run()

    assert (swept.error, swept.doubtful, work.bucket.left) == (None, 0, set())
    assert work.memory.deleted == MANY
    times = Counter(one for children in work.bucket.sent for one in children)
    assert {one for one, count in times.items() if count > 1} == set(work.bucket.sent[0][::7])
    assert max(times.values()) == 2


@pytest.mark.parametrize("every", [1, 7])
def test_children_that_s3_names_otherwise_are_in_doubt(every: int) -> None:
    """An answer that cannot be matched to the batch is no reason to fail, nor to take anything for deleted."""
    work = Pass(Bucket(full()))

    def some(number: int, children: tuple[Child, ...]) -> Trouble | None:
        later = children[::every]
        answer = refusing("SlowDown", later, with_ids=False)
        return Trouble(answer, lambda one: one not in later) if number == 1 else None

    work.bucket.trouble = some
    swept = work.run()

    assert swept.error is None
    assert swept.doubtful == len(work.bucket.left) == len(work.bucket.sent[0][::every])
    assert work.memory.deleted == MANY - swept.doubtful
    assert work.run(swept.doubtful).doubtful == 0
    assert work.bucket.left == set()


def test_children_that_are_refused_end_the_run() -> None:
    """A refusal of a child is told with AWS's words and not asked again; what is deleted is counted."""
    work = Pass(Bucket(full()))

    def one(number: int, children: tuple[Child, ...]) -> Trouble | None:
        answer = refusing("AccessDenied", children[:1])
        return Trouble(answer, lambda each: each != children[0]) if number == 1 else None

    work.bucket.trouble = one
    swept = work.run()

    assert swept.error is not None
    assert swept.error.answer.code == "AccessDenied"
    assert swept.why.startswith("1 of 1000 were refused; the first, 'logs/")
    assert work.memory.deleted == 999
    assert len(work.bucket.left) == MANY - 999


def test_batches_are_halved_while_s3_goes_on_asking() -> None:
    """With one request in flight the batches become smaller, down to a size; together they name what was intended."""
    work = Pass(Bucket(full(400), lambda _, children: Trouble(SLOW) if len(children) > SMALLEST else None))
    swept = work.run()

    assert (swept.error, work.bucket.left) == (None, set())
    sizes = [len(children) for children in work.bucket.sent]
    assert sizes[:3] == [400, 200, 100]
    assert min(sizes) == SMALLEST
    assert work.memory.deleted == sum(size for size in sizes if size <= SMALLEST) == 400


def test_patience_ends() -> None:
    """When S3 asks to slow down for longer than the deadline, the run ends with its words and all that is left."""
    work = Pass(Bucket(full()))

    def always(number: int, _: tuple[Child, ...]) -> Trouble:
        del number
        work.clock.sleep(DEADLINE / 4)
        return Trouble(SLOW)

    work.bucket.trouble = always
    swept = work.run()

    assert swept.error is not None
    assert swept.error.answer.code == "SlowDown"
    assert len(work.bucket.left) == MANY
    assert work.memory.deleted == 0
    assert 4 <= len(work.bucket.sent) < ENOUGH


def test_patience_begins_when_s3_first_asks_for_it() -> None:
    """Time that went into a listing or a session's renewal is none of the deadline's."""
    work = Pass(Bucket(full()))

    def once(number: int, _: tuple[Child, ...]) -> Trouble | None:
        if number not in {1, 3}:
            return None
        work.clock.time += timedelta(seconds=5 * DEADLINE)
        return Trouble(SLOW)

    work.bucket.trouble = once
    swept = work.run()

    assert (swept.error, work.bucket.left) == (None, set())


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("answer", [LOST, Answer(504), Answer(200, b"<html>hello</html>"), Answer(200)])
def test_a_batch_without_an_answer_is_not_repeated(answer: Answer, *, happened: bool) -> None:
    """It is in doubt, whether it happened or not; another pass lists what is there and deletes that."""
    work = Pass(Bucket(full()))
    work.bucket.trouble = lambda number, _: Trouble(answer, lambda _: happened) if number == 2 else None
    swept = work.run()

    assert (swept.error, swept.doubtful) == (None, len(work.bucket.sent[1]))
    assert list(work.memory.outcomes.values()).count("in doubt") == 1
    assert len(work.bucket.left) == (0 if happened else swept.doubtful)
    again = work.run(swept.doubtful)
    assert (again.found, again.doubtful, work.bucket.left) == (0 if happened else swept.doubtful, 0, set())


@pytest.mark.parametrize("answer", [SLOW, Answer(200, error("InternalError")), LOST, Answer(200, b"<List")])
def test_a_listing_is_asked_again(answer: Answer) -> None:
    """A page may be asked for as often as one likes; no answer is taken for a shorter list."""
    work = Pass(Bucket(full(), listing=lambda number: answer if number in {1, 3} else None))
    swept = work.run()

    assert (swept.found, work.memory.deleted, work.bucket.left) == (MANY, MANY, set())


def test_a_listing_in_an_unknown_encoding() -> None:
    """What cannot be read is an error of AWS's call, never a crash and never an empty list."""
    answer = Answer(200, b'<?xml version="1.0" encoding="gbk"?><ListVersionsResult></ListVersionsResult>')
    work = Pass(Bucket(full(), listing=lambda _: answer))
    with pytest.raises(AwsCallFailed) as raised:
        work.run()

    assert raised.value.answer.code == "<AnswerUnreadable>"
    assert (len(work.bucket.left), work.bucket.sent) == (MANY, [])


def test_more_than_the_plan_counted() -> None:
    """When somebody writes meanwhile, the pass ends and says so; nothing beyond the count is sent."""
    work = Pass(Bucket(full()))
    swept = work.run(1500)

    assert "somebody is still writing there" in swept.why
    assert sum(len(children) for children in work.bucket.sent) <= 1500
    assert len(work.bucket.left) == MANY - work.memory.deleted


def test_sessions_are_renewed_in_mid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is signed by the session that it was given, however many threads send side by side."""
    signed: list[str] = []

    class Listening(Signer):
        """Remember whose signatures were asked for."""

        def signed(self, request: Request) -> Signed:
            """Sign."""
            made = super().signed(request)
            signed.extend(re.findall(r"Credential=(\w+)/", made.headers["Authorization"]))
            return made

    monkeypatch.setattr("runner.aws.s3_engine.wire.Signer", Listening)
    sessions = ShortSessions()
    work = Pass(Bucket(full(), first(SLOW)), sessions=sessions)
    swept = work.run()

    assert (swept.error, work.bucket.left) == (None, set())
    # The first session is the one that asks botocore where the bucket is.
    assert sorted(signed) == sessions.made[1:]
    assert len(signed) == work.bucket.listed + len(work.bucket.sent)
