"""Workers delete exactly what the operator's journal holds, whatever becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.aws.s3_engine.keys import decoded
from runner.aws.s3_engine.spread import room, worker
from runner.aws.s3_engine.spread.engine import HANDS
from runner.aws.s3_engine.spread.letters import Letter, Wanted
from runner.errors import LogUnwritable, RunnerError, UsageError
from runner.model.bulk import Batch, Ticket
from runner.model.children import Child
from tests.aws.s3_engine.bucket import Bucket, Memory, Trouble, refusing
from tests.aws.s3_engine.spread.workers import SECRET, Spread, Threads
from tests.aws.s3_engine.sweeps import child
from tests.e2e.wire import LOST


def keys(count: int = 3000) -> set[Child]:
    """Return children whose keys branch."""
    return {child(f"logs/app={at % 6}/part-{at:05}", "v1") for at in range(count)}


def test_all_is_deleted_and_every_batch_was_in_the_journal() -> None:
    """Two workers empty the bucket; what was sent is what was intended, and the shares were written down before."""
    work = Spread(Bucket(keys()), Threads())
    swept = work.run()

    assert (swept.why, swept.error, swept.found, work.bucket.left) == ("", None, 3000, set())
    wanted = sorted(sorted(batch.children) for batch, _ in work.memory.intents)
    assert wanted == sorted(sorted(children) for children in work.bucket.sent)
    assert set(work.memory.outcomes.values()) == {"ok"}
    assert len(work.handed) > 1
    assert {(to, time) for _, to, time in work.handed} == {("tls://scheduler:8786", 1)}


def test_a_workers_losses_are_in_doubt_and_somebody_else_goes_on() -> None:
    """What a lost worker had tickets for is in doubt, its shares are handed out again, and the bucket is empty."""
    asked: list[Wanted] = []

    def first_who_asks(name: str, letters: tuple[Letter, ...]) -> bool:
        wanted = [letter for letter in letters if isinstance(letter, Wanted)]
        asked.extend(wanted if name == "a" else ())
        return name == "a" and bool(wanted)

    work = Spread(Bucket(keys()), Threads(first_who_asks))
    swept = work.run()

    assert (swept.why, swept.error, work.bucket.left) == ("", None, set())
    assert list(work.memory.outcomes.values()).count("in doubt") == len(asked) > 0
    assert swept.doubtful == sum(len(letter.batch.children) for letter in asked)
    assert max(time for _, _, time in work.handed) == 2
    assert sorted(work.memory.outcomes) == list(range(1, len(work.memory.intents) + 1))


def test_a_worker_that_was_given_up_sends_nothing_more() -> None:
    """Both workers are alive, but one is cut off before any ticket reaches it: nothing that it asked for was sent."""
    asked: list[Wanted] = []

    def cut_off(name: str, letters: tuple[Letter, ...]) -> bool:
        asked.extend(letter for letter in letters if isinstance(letter, Wanted) and name == "a")
        return name == "a" and bool(asked)

    work = Spread(Bucket(keys()), Threads(cut_off))
    swept = work.run()

    assert (swept.why, swept.error, work.bucket.left) == ("", None, set())
    sent = [set(children) for children in work.bucket.sent]
    # The other worker sent the same keys once; twice would be the worker that was given up.
    assert all(sum(set(letter.batch.children) <= one for one in sent) <= 1 for letter in asked)
    assert sum(map(len, sent)) == 3000


def test_no_more_goes_than_the_plan_counted() -> None:
    """When workers find more than the plan counted, the sweep ends and says so."""
    work = Spread(Bucket(keys()), Threads())
    swept = work.run(at_most=1200)

    assert "more object versions than the plan counted" in swept.why
    assert len(work.bucket.left) >= 1800
    assert work.memory.deleted == 3000 - len(work.bucket.left)


def test_what_aws_refuses_ends_it_with_awss_words() -> None:
    """A key that S3 refuses ends the sweep on all workers, named as on one machine."""
    locked = child("logs/app=3/part-00003", "v1")

    def trouble(_number: int, children: tuple[Child, ...]) -> Trouble | None:
        if locked not in children:
            return None
        return Trouble(refusing("AccessDenied", (locked,)), lambda one: one != locked)

    work = Spread(Bucket(keys(), trouble), Threads())
    swept = work.run()

    assert swept.error is not None
    assert (swept.error.answer.code, decoded(locked[0]).decode() in swept.why) == ("AccessDenied", True)
    assert locked in work.bucket.left


def test_an_answer_that_never_comes_is_in_doubt() -> None:
    """S3 deletes a batch and the connection ends without a word: the batch is in doubt, nothing is repeated."""

    def trouble(number: int, _children: tuple[Child, ...]) -> Trouble | None:
        return Trouble(LOST, lambda _: True) if number == 2 else None

    work = Spread(Bucket(keys(), trouble), Threads())
    swept = work.run()

    assert (swept.doubtful > 0, swept.error, work.bucket.left) == (True, None, set())
    assert list(work.memory.outcomes.values()).count("in doubt") == 1


def test_children_that_s3_names_otherwise_are_in_doubt() -> None:
    """What a worker cannot be sure of although an answer came is in doubt here too, so that another pass looks."""
    other = child("a/name/that/nobody/sent", "v1")

    def trouble(number: int, _children: tuple[Child, ...]) -> Trouble | None:
        return Trouble(refusing("SlowDown", (other,)), lambda _: True) if number == 2 else None

    swept = Spread(Bucket(keys(), trouble), Threads()).run()

    assert (swept.why, swept.error, swept.doubtful) == ("", None, 1)


def test_a_worker_that_ends_by_itself_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that heard nothing for too long stops: its share is not taken for done."""
    monkeypatch.setattr(room, "SILENCE", -1.0)
    work = Spread(Bucket(keys()), Threads())
    swept = work.run()

    # It notices between two requests, or while it waits for a session or a ticket.
    assert swept.why == "interrupted" or "wants no more of this worker" in swept.why
    assert len(work.bucket.left) == 3000


def test_an_operator_who_stops_it_hears_the_last_answers() -> None:
    """After Ctrl-C no batch gets a ticket any more, and what was sent has its outcome."""
    work = Spread(Bucket(keys()), Threads())
    work.stopped = lambda: bool(work.memory.outcomes)
    swept = work.run()

    assert swept.why == "interrupted"
    assert len(work.bucket.left) == 3000 - work.memory.deleted > 0
    assert sorted(work.memory.outcomes) == list(range(1, len(work.memory.intents) + 1))


def test_a_log_that_cannot_be_written_ends_it() -> None:
    """A journal that fails gives no ticket, so that nothing is sent."""

    class Full(Memory):
        """Cannot be written."""

        def intend(self, batch: Batch, attempt: int) -> Ticket:
            """Fail."""
            raise LogUnwritable("the disk is full", on=f"{batch.call.api}, attempt {attempt}")

    work = Spread(Bucket(keys()), Threads(), Full())
    with pytest.raises(LogUnwritable):
        work.run()

    assert (work.bucket.sent, len(work.bucket.left)) == ([], 3000)


def test_a_worker_of_another_version_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with another version of this package is named and deletes nothing."""
    monkeypatch.setattr(worker, "__version__", "0.0.9")
    work = Spread(Bucket(keys()), Threads())
    with pytest.raises(RunnerError, match=r"runs version 0\.0\.9"):
        work.run()

    assert work.bucket.sent == []


def test_a_worker_that_reaches_another_place_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose settings lead to another endpoint says so and deletes nothing."""
    hand_out = Threads.hand_out
    monkeypatch.setattr(
        Threads, "hand_out", lambda self, order: hand_out(self, replace(order, base="https://b.s3.amazonaws.com"))
    )
    work = Spread(Bucket(keys()), Threads())
    with pytest.raises(UsageError, match="a worker reaches the bucket at"):
        work.run()

    assert work.bucket.sent == []


def test_workers_that_are_lost_again_and_again_end_it() -> None:
    """A share whose workers are lost each time is given up after some times, with what is known on record."""

    class Phoenix(Threads):
        """Come back each time."""

        def workers(self) -> tuple[str, ...]:
            """Return both."""
            self.lost.clear()
            return ("a", "b")

    def whoever_asks(_name: str, letters: tuple[Letter, ...]) -> bool:
        return any(isinstance(letter, Wanted) for letter in letters)

    work = Spread(Bucket(keys()), Phoenix(whoever_asks))
    with pytest.raises(RunnerError, match="workers were lost while they deleted the same range"):
        work.run()

    assert max(time for _, _, time in work.handed) == HANDS
    assert sorted(work.memory.outcomes) == list(range(1, len(work.memory.intents) + 1))


def test_the_session_leaves_the_workers_at_the_end() -> None:
    """No worker keeps letters or sessions of a sweep that is over, and no letter shows the secret."""
    cluster = Threads()
    work = Spread(Bucket(keys()), cluster)
    work.run()

    assert room._rooms == {}
    assert any(post.loans for post in cluster.told)
    assert SECRET not in repr(cluster.told)
