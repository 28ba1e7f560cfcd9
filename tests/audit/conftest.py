"""What the audit tests share: a clock that stands still, a ledger in a temporary directory, and one whole run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.audit.log import FileLedger, open_ledger
from runner.audit.record import (
    CallIntent,
    CallOutcome,
    MfaSession,
    Proof,
    RoleAssumed,
    RunClosed,
    RunOpened,
    SeenGone,
    StepClosed,
    StepOpened,
)
from runner.model.ports import Clock, Ledger, Reply

BUCKET = "arn:aws:s3:::acme-orders-exports"
START = datetime(2026, 12, 1, 8, 0, 0, tzinfo=UTC)


class SteppingClock:
    """Tell a time that goes on by a millisecond at every look; sleeping takes no time of the test."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """Return the time."""
        self.time += timedelta(milliseconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let other threads and processes go on, for no time that matters."""
        self.time += timedelta(seconds=seconds)
        time.sleep(0)


def _whole_run(ledger: Ledger) -> None:
    ledger.append(
        RunOpened(
            plan_sha256="a" * 64,
            playbook="retire-orders-exports",
            playbook_path="teardown.yaml",
            playbook_sha256="b" * 64,
            git_commit="c" * 40,
            git_remote="https://git.example/acme/teardowns",
            git_dirty=False,
            account="222222222222",
            account_alias="acme-staging",
            role_arn="arn:aws:iam::222222222222:role/Teardown",
            confirmation="delete 1 in 222222222222 aaaaaa",
            targets=(BUCKET,),
        )
    )
    ledger.append(
        MfaSession(
            caller_arn="arn:aws:iam::111111111111:user/alice",
            account="111111111111",
            access_key="ASIAEXAMPLEUSER",
            mfa_serial="arn:aws:iam::111111111111:mfa/alice",
            issued_at=START,
            expires_at=START + timedelta(hours=1),
            sts_request_id="sts-1",
        )
    )
    session = f"arn:aws:sts::222222222222:assumed-role/Teardown/runner-{ledger.run}"
    ledger.append(Proof(role_session=session, request_id="proof-1", operation="iam:ListAccountAliases"))
    ledger.append(StepOpened("bucket", "s3.delete_bucket", BUCKET))
    ledger.append(
        RoleAssumed(
            step="bucket",
            role_arn="arn:aws:iam::222222222222:role/Teardown",
            session_arn=session,
            access_key="ASIAEXAMPLEROLE",
            issued_at=START,
            expires_at=START + timedelta(minutes=15),
            sts_request_id="sts-2",
        )
    )
    intent = ledger.append(
        CallIntent(
            step="bucket",
            service="s3",
            operation="DeleteBucket",
            actions=("s3:DeleteBucket",),
            region="ap-northeast-1",
            account="222222222222",
            resources=(BUCKET,),
            params={"Bucket": "acme-orders-exports"},
        )
    )
    ledger.append(
        CallOutcome.of_reply(intent, Reply({}, "delete-1", 204, "ext-1", "Tue, 01 Dec 2026 08:00:00 GMT", 87))
    )
    ledger.append(SeenGone("bucket", BUCKET, "gone", "s3:HeadBucket", "head-1", 2))
    ledger.append(StepClosed("bucket", "s3.delete_bucket", BUCKET, "gone"))
    ledger.append(RunClosed({"gone": 1}, "ok", 0))


@pytest.fixture
def clock() -> Clock:
    """Return a clock that starts at the same moment in every test."""
    return SteppingClock()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a ledger's directory that does not exist yet."""
    return tmp_path / "ledger"


@pytest.fixture
def ledger(directory: Path, clock: Clock) -> Iterator[FileLedger]:
    """Open a new ledger."""
    with open_ledger(directory, tool="runner 1", clock=clock) as opened:
        yield opened


@pytest.fixture
def reopen(directory: Path, clock: Clock) -> Callable[[], FileLedger]:
    """Return a function that opens the same directory again, for another run."""
    return lambda: open_ledger(directory, tool="runner 1", clock=clock)


@pytest.fixture
def whole_run() -> Callable[[Ledger], None]:
    """Return a function that writes one run that went well: eleven records, the first the ledger's own."""
    return _whole_run


@pytest.fixture
def segment(directory: Path) -> Path:
    """Return the path of the log's first segment."""
    return directory / "log" / "000000000000.jsonl"
