"""Empty a bucket with runner's engine, its log included: ``python benchmarks/s3/ours.py ENDPOINT BUCKET``.

What is measured is the work of the step: listing, deleting, and the audit log on disk, intents and manifests first.
The checks before it and the look afterwards cost one listing each and are left out, as no peer does them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.audit.log import open_ledger
from runner.aws.s3_engine.engine import S3Engine
from runner.catalog.s3_objects import EMPTY_BUCKET
from runner.cli.wiring import SystemClock
from runner.errors import AwsCallFailed
from runner.model.binding import Binding
from runner.model.bound import BoundCall
from runner.model.bulk import Batch, Errand, Ticket
from runner.model.canonical import Json
from runner.model.ports import Receipt, Reply
from runner.model.session import Credentials, RoleSession, Secret
from runner.workflow.book import SweepBook
from runner.workflow.journal import Journal
from runner.workflow.tally import Tally


class One:
    """Hand out one session (port `Sessions`)."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        keys = Credentials("ASIABENCH", Secret("s"), Secret("t"), now + timedelta(hours=1))
        self.session = RoleSession(keys, "arn", "arn:aws:iam::222222222222:role/T", now, now + timedelta(hours=1), "R")

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return the session."""
        del call
        return self.session


class NoBook:
    """Write nothing down, to see what the log costs (port `Book`)."""

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Name them nowhere."""
        return tuple(batches)

    def settle(self) -> None:
        """Have nothing left to write."""

    def intend(self, batch: Batch, attempt: int) -> Ticket:
        """Forget it."""
        del batch, attempt
        return Ticket(Receipt(0, ""), "", "")

    def answered(self, ticket: Ticket, batch: Batch, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Forget it."""

    def failed(self, ticket: Ticket, batch: Batch, error: AwsCallFailed) -> None:
        """Forget it."""


def main() -> None:
    """Empty the bucket."""
    endpoint, bucket = sys.argv[1:3]
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    binding = Binding({"bucket": bucket}, "222222222222", "eu-west-1", "aws", f"arn:aws:s3:::{bucket}")
    sweep = binding.sweep(EMPTY_BUCKET.sweeps[0])
    clock = SystemClock()
    with (
        tempfile.TemporaryDirectory() as directory,
        open_ledger(Path(directory) / "ledger", tool="bench", clock=clock) as ledger,
    ):
        book = NoBook() if "--no-log" in sys.argv else SweepBook(Journal(ledger, clock), Tally(), "bench")
        engine, sessions = S3Engine(clock), One()
        # The plan has counted with the same engine before.
        engine.count(sweep, sessions, 0, lambda _: None)
        errand = Errand(sessions, book, sys.maxsize, lambda: False, lambda _: None)
        started, cpu = time.perf_counter(), time.process_time()
        swept = engine.delete(sweep, errand)
        sys.stdout.write(f"{time.perf_counter() - started:.3f} {time.process_time() - cpu:.3f}\n")
        if swept.why or swept.error is not None or swept.doubtful:
            sys.exit(f"it ended early: {swept}")


if __name__ == "__main__":
    main()
