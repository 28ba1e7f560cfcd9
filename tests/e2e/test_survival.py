"""Faults that a run survives: a broken disk, a full one, requests that are lost, answers that never come.

After each the log verifies, nothing was sent without an intent, nothing is called gone that is there, and `resume` ends
the job, on what is in order again. Kills are the crash campaign's, ``tests/campaign``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from runner.audit.verify import Verified, verify_ledger
from runner.aws import clients
from tests.campaign import truth
from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import phrase
from tests.e2e.test_faults import assert_log_refused, crowded, deleted, end_of, held, through
from tests.e2e.test_resume import rest
from tests.e2e.watching import FULL, assert_honest, contents, of_kind, unanswered
from tests.e2e.wire import LOST, Answer, Hold, Wire, tapped
from tests.forking import RUNNER

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please slow down.</Message><RequestId>S1</RequestId></Error>"
INTERNAL = b"<Error><Code>InternalError</Code><Message>We are sorry.</Message><RequestId>S2</RequestId></Error>"
TIMEOUT = 3.0
"""Seconds after which an answer that never comes is given up here."""


def gone(lab: Lab) -> dict[str, bool]:
    """Return whether each step's target is gone."""
    there = lab.bucket_exists()
    return {"empty": not there or not any(contents(lab).values()), "bucket": not there}


def check(lab: Lab, wire: Wire) -> None:
    """Fail unless the log is sound, names every write that was sent, and calls nothing gone that is there."""
    agents = (exchange.headers.get("User-Agent", "") for exchange in wire.exchanges)
    truth.check(lab.ledger, [agent for agent in agents if "runner-intent/" in agent], gone(lab))


def finish(lab: Lab) -> None:
    """Resume the run that was disturbed, and fail unless that ends the job."""
    ended = rest(lab)
    assert ended.code == 0, ended.err
    truth.check_ended(lab.ledger, [], gone(lab))


def is_last(method: str, path: str) -> bool:
    """Return whether a request deletes the bucket."""
    return method == "DELETE" and path == f"/{BUCKET}"


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the disk that fails."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a failing disk is put in front of the log with a C compiler and LD_PRELOAD")
    library = tmp_path_factory.mktemp("disk") / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run((compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"), check=True, timeout=60)
    return library


@pytest.mark.parametrize(
    ("at", "in_write", "sent"),
    [("call.intent", "", 0), ("call.outcome", "1", 1)],
)
def test_a_disk_that_breaks(lab: Lab, failing_disk: Path, at: str, in_write: str, sent: int) -> None:
    """What the disk did not take is not sent; what was sent and could not be recorded is looked at by who goes on."""
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    broken = {"LD_PRELOAD": str(failing_disk), "EIO_AT": f'"type":"{at}"', "EIO_IN_WRITE": in_write or None}
    with tapped(lab.sandbox.endpoint) as wire:
        ran = subprocess.run(
            (*RUNNER, "apply", str(playbook), "--confirm", confirm, "--mfa-code-stdin"),
            input=lab.sandbox.code(),
            env=lab.environment(AWS_ENDPOINT_URL=wire.endpoint, **broken),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        check(lab, wire)
        writes = [one for one in wire.exchanges if "runner-intent/" in one.headers.get("User-Agent", "")]

    assert_log_refused(Ended(ran.returncode, ran.stdout, ran.stderr))
    assert len(writes) == sent
    assert (contents(lab) == FULL) is (sent == 0)
    finish(lab)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 32 MB for the log."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ("mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", str(path)), capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("only root can mount a small disk")
    yield path
    subprocess.run(("umount", "--lazy", str(path)), check=True)


def test_a_full_disk_before_the_first_call(lab: Lab, small_disk: Path) -> None:
    """A disk without room for the outcomes stops the run before its first call."""
    (small_disk / "filler").write_bytes(b"x" * (32 * 1024 - 100) * 1024)
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    env = {"RUNNER_LEDGER": str(small_disk / "ledger")}
    ended = lab.run("apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code(), env=env)

    assert_log_refused(ended, "free disk space", "touched: nothing was touched")
    assert contents(lab) == FULL


def test_a_disk_that_fills_up_in_mid_run(lab: Lab, small_disk: Path) -> None:
    """When others fill the disk, the run stops before its next call; the calls that were sent are in the log."""
    lab.world(crowded)
    hold = Hold(first=1, last=1)
    with held(lab, hold, lab.playbook(), RUNNER_LEDGER=str(small_disk / "ledger")) as process:
        fill(small_disk / "filler")
        ended = end_of(process, hold)

    on_disk = Lab(lab.sandbox, small_disk)
    assert_log_refused(ended, "free disk space")
    assert unanswered(on_disk.records()) == []
    assert (deleted(on_disk), contents(lab)["Versions"]) == (1000, 1500)
    assert isinstance(verify_ledger(on_disk.ledger), Verified)
    assert "nothing was touched" not in ended.said
    assert "1,000 deleted" in ended.said
    (small_disk / "filler").unlink()
    with mock.patch.object(Lab, "ledger", small_disk / "ledger"):
        finish(lab)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    assert os.statvfs(path.parent).f_bavail == 0


def later() -> datetime:
    """Return a time that is past the deadline, and within a role session."""
    return datetime.now(UTC) + timedelta(minutes=5)


def test_the_deletion_may_never_have_arrived(lab: Lab) -> None:
    """When DeleteBucket was lost on the way, the bucket is still seen and the run says that it does not know why."""
    impatient = mock.patch("runner.cli.wiring.SystemClock.sleep", lambda clock, _: setattr(clock, "now", later))
    with tapped(lab.sandbox.endpoint) as wire, impatient:
        wire.fault = lambda method, path, _: LOST if is_last(method, path) else None
        ended = through(lab, wire, lab.playbook())
        check(lab, wire)

    assert ended.code == 6, ended.err
    assert lab.bucket_exists()
    assert "no answer came" in " ".join(ended.out.split())
    assert [record["result"] for record in of_kind(lab, "call.outcome")][-1] == "unknown"
    assert of_kind(lab, "run.close")[0]["counts"] == {"gone": 1, "still there": 1}
    finish(lab)


@pytest.mark.parametrize("acted", [True, False])
def test_an_answer_that_never_comes(lab: Lab, acted: bool) -> None:
    """It is given up after a while and its target looked at: gone when AWS acted, and otherwise not said to be."""
    hold = Hold()

    def silent(method: str, path: str, _: bytes) -> Answer | None:
        """Say nothing, whether AWS acted or not."""
        if not is_last(method, path):
            return None
        if acted:
            lab.client("s3").delete_bucket_policy(Bucket=BUCKET)
            lab.client("s3").delete_bucket(Bucket=BUCKET)
        hold.released.wait(60)
        return LOST

    patience = mock.patch.dict(clients.client.__kwdefaults__, read_timeout=TIMEOUT)
    impatient = mock.patch("runner.cli.wiring.SystemClock.sleep", lambda clock, _: setattr(clock, "now", later))
    with tapped(lab.sandbox.endpoint) as wire, patience, impatient:
        wire.fault = silent
        ended = through(lab, wire, lab.playbook())
        check(lab, wire)
        hold.released.set()

    assert ended.code == (0 if acted else 6), ended.err
    assert of_kind(lab, "call.outcome")[-1]["result"] == "unknown"
    assert lab.bucket_exists() is not acted
    if not acted:
        finish(lab)


def test_aws_asks_to_come_again(lab: Lab) -> None:
    """A call that AWS asks to repeat is repeated, with an intent and an outcome of its own for each attempt."""
    answers = [Answer(503, SLOW_DOWN), Answer(500, INTERNAL)]
    with tapped(lab.sandbox.endpoint) as wire, mock.patch("runner.workflow.journal.BACKOFF", 0.01):
        wire.fault = lambda method, path, _: answers.pop(0) if answers and is_last(method, path) else None
        ended = through(lab, wire, lab.playbook())
        check(lab, wire)

    assert ended.code == 0, ended.err
    attempts = [record for record in of_kind(lab, "call.intent") if record["operation"] == "DeleteBucket"]
    assert [record["attempt"] for record in attempts] == [1, 2, 3]
    outcomes = of_kind(lab, "call.outcome")[-3:]
    assert [record["error_code"] for record in outcomes] == ["SlowDown", "InternalError", ""]
    assert len({record["intent_seq"] for record in outcomes}) == 3
    assert_honest(lab)
