"""The journal while several batches are on their way."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from runner.cli.wiring import SystemClock
from runner.errors import AwsAnswer, AwsCallFailed
from runner.model.bound import BoundCall
from runner.model.bulk import Batch
from runner.model.call import Effect
from runner.model.ports import Receipt, Record, Reply, SignedNote
from runner.workflow.journal import Journal


class Counting:
    """Be a ledger that only counts (port `Ledger`)."""

    run = "01RUN"
    signed: SignedNote | None = None

    def __init__(self) -> None:
        self.seq = 0

    def append(self, record: Record) -> Receipt:
        """Number a record."""
        del record
        self.seq += 1
        return Receipt(self.seq, "0" * 64)

    def post(self, record: Record) -> None:
        """Number a record."""
        self.append(record)

    def settle(self) -> None:
        """Have nothing left to write."""

    def store(self, content: bytes) -> str:
        """Store nothing."""
        del content
        return ""

    def claim(self, targets: tuple[str, ...]) -> AbstractContextManager[None]:
        """Keep nobody away."""
        del targets
        return nullcontext()


def lost() -> AwsCallFailed:
    """Return what is known of a call without an answer."""
    return AwsCallFailed(AwsAnswer("s3:DeleteObjects", "<NoAnswer>", "nothing came"), in_doubt=True)


def batch(bucket: str) -> Batch:
    """Return a batch of a bucket."""
    arn = f"arn:aws:s3:::{bucket}/*"
    call = BoundCall("s3", "DeleteObjects", {}, "eu-west-1", (arn,), Effect.DELETE)
    return Batch(call, {}, ())


def test_what_is_not_recorded_is_told_as_long_as_one_batch_is_on_its_way() -> None:
    """The answer to one batch does not hide that another one has none yet."""
    journal = Journal(Counting(), SystemClock())
    first, second = (journal.intend(batch(name), "empty", 1) for name in ("first", "second"))
    journal.answered(second, Reply({}, "r", 200), ())
    posted = journal.unrecorded
    third = journal.intend(batch("third"), "empty", 1)
    two_left = journal.unrecorded
    journal.unanswered(third, lost())
    journal.answered(first, Reply({}, "r", 200), ())
    journal.settle()

    assert "second" in posted, "an answer that was posted is not on disk"
    assert two_left == "s3:DeleteObjects on arn:aws:s3:::first/* and s3:DeleteObjects on arn:aws:s3:::third/*"
    assert journal.unrecorded == ""
