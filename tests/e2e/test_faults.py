"""Signals, crashes, full disks and lost answers: the log tells the truth, and a second run finishes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from runner.audit.flaw import Kind
from runner.audit.verify import Verified, verify_ledger
from runner.sandbox.lifecycle import running
from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import apply, here, phrase
from tests.e2e.watching import FULL, assert_honest, assert_untouched, contents, kinds, of_kind, unanswered
from tests.e2e.wire import LOST, PATIENCE, Answer, Hold, Wire, is_batch, tapped
from tests.forking import RUNNER, in_fork

MANY = 2500
"""Objects enough for three batches: 1,000, 1,000 and 500. Most tests hold the second one in the wire."""


DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>S2</RequestId></Error>"
DENIED_BY_STS = (
    b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    b"<Code>AccessDenied</Code><Message>no</Message></Error><RequestId>S3</RequestId></ErrorResponse>"
)


def crowded(world: dict[str, Any]) -> None:
    """Fill the bucket with many small objects."""
    bucket = world["accounts"][1]["buckets"][0]
    bucket.update(objects=[{"prefix": "many/", "count": MANY, "size": 1}], uploads=[])


@contextmanager
def held(lab: Lab, hold: Hold, playbook: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Start ``runner apply`` through a wiretap and hand it over when the wire holds its request."""
    command = (*RUNNER, "apply", str(playbook), "--confirm", phrase(lab, playbook), "--mfa-code-stdin")
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = hold
        environment = lab.environment(AWS_ENDPOINT_URL=wire.endpoint, **env)
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=lab.directory,
            text=True,
            preexec_fn=in_fork(command, environment),  # noqa: PLW1509  # what it is for
        )
        try:
            assert process.stdin is not None
            process.stdin.write(lab.sandbox.code())
            process.stdin.close()
            process.stdin = None
            if not reached(hold, process):
                _, err = process.communicate()
                raise AssertionError(f"ended with {process.returncode} before the request was sent:\n{err}")
            yield process
        finally:
            hold.released.set()
            if process.poll() is None:
                process.kill()
            process.communicate()


def reached(hold: Hold, process: subprocess.Popen[str]) -> bool:
    """Wait until the wire holds the request; False when the command ends before."""
    while process.poll() is None:
        if hold.reached.wait(0.05):
            return True
    return False


def await_line(process: subprocess.Popen[str], words: str) -> str:
    """Read stderr until a line holds the words, and return what was read."""
    read = ""
    assert process.stderr is not None
    for line in process.stderr:
        read += line
        if words in line:
            return read
    raise AssertionError(f"{words!r} was not said in:\n{read}")


def end_of(process: subprocess.Popen[str], hold: Hold) -> Ended:
    """Release what is held and wait for the command's end."""
    hold.released.set()
    # Not `communicate`: it would not see what `await_line` left in the stream's buffer.
    err = process.stderr.read() if process.stderr is not None else ""
    out = process.stdout.read() if process.stdout is not None else ""
    return Ended(process.wait(PATIENCE), out, err)


def deleted(lab: Lab) -> int:
    """Return how many children the log says are deleted: those of the batches that AWS answered."""
    answered = {record["intent_seq"] for record in of_kind(lab, "call.outcome") if record["result"] == "ok"}
    return sum(record.get("objects_count", 0) for record in of_kind(lab, "call.intent") if record["seq"] in answered)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_the_current_call(lab: Lab, number: signal.Signals) -> None:
    """The calls in flight are finished and recorded, nothing more is sent, and a second run does the rest."""
    lab.world(crowded)
    playbook, hold = lab.playbook(), Hold()
    with held(lab, hold, playbook) as process:
        process.send_signal(number)
        await_line(process, "stopping after the current call")
        ended = end_of(process, hold)

    assert ended.code == 130, ended.err
    assert "interrupted; `runner resume` goes on (exit 130)" in ended.out
    assert_honest(lab)
    assert deleted(lab) == of_kind(lab, "step.close")[0]["children"] == 2500
    assert of_kind(lab, "run.close")[0]["counts"] == {"still there": 1, "not attempted": 1}
    again = apply(lab, playbook)
    assert again.code == 0, again.err
    assert not lab.bucket_exists()
    assert_honest(lab)


def test_a_second_ctrl_c_ends_the_run_at_once(lab: Lab) -> None:
    """The call in flight is given up: the log says that it is in doubt, and no traceback is shown."""
    lab.world(crowded)
    hold = Hold()
    with held(lab, hold, lab.playbook()) as process:
        process.send_signal(signal.SIGINT)
        await_line(process, "press Ctrl-C again to stop at once")
        process.send_signal(signal.SIGINT)
        ended = Ended(process.wait(PATIENCE), "", process.stderr.read() if process.stderr is not None else "")

    assert ended.code == 130, ended.err
    assert "Traceback" not in ended.err
    assert "interrupted" in ended.err
    assert "nothing was touched" not in ended.err
    verified = verify_ledger(lab.ledger)
    assert isinstance(verified, Verified)
    assert len(unanswered(lab.records())) <= 2


def test_kill_in_mid_run(lab: Lab) -> None:
    """After ``kill -9`` the log verifies, says what is in doubt, and a second run finishes."""
    lab.world(crowded)
    playbook, hold = lab.playbook(), Hold(answer=LOST)
    with held(lab, hold, playbook) as process:
        process.kill()
        ended = end_of(process, hold)

    assert ended.code == -signal.SIGKILL
    verified = verify_ledger(lab.ledger)
    assert isinstance(verified, Verified), verified
    assert {warning.kind for warning in verified.warnings} == {Kind.IN_DOUBT, Kind.NOT_CLOSED}
    assert (deleted(lab), contents(lab)["Versions"]) == (1000, 1500)
    assert len(unanswered(lab.records())) == 2
    shown = here(lab, "audit", "verify")
    assert (shown.code, "the log is intact" in shown.out) == (0, True)
    assert "may or may not have happened" in " ".join(shown.out.split())
    again = apply(lab, playbook)
    assert again.code == 0, again.err
    assert not lab.bucket_exists()
    assert isinstance(verify_ledger(lab.ledger), Verified)
    assert of_kind(lab, "run.close")[-1]["counts"] == {"gone": 2}


def test_a_reader_of_the_story_goes_away(lab: Lab) -> None:
    """When stderr breaks in mid-run, as in ``2>&1 | head``, the run does its work and closes its log."""
    lab.world(crowded)
    hold = Hold()
    with held(lab, hold, lab.playbook()) as process:
        assert process.stderr is not None
        process.stderr.close()
        process.stderr = None
        ended = end_of(process, hold)

    assert_honest(lab)
    assert ended.code == 0
    assert not lab.bucket_exists()


def test_two_runs_on_one_bucket(lab: Lab) -> None:
    """While a run is deleting, a second one is refused and touches nothing; the first ends as if alone."""
    lab.world(crowded)
    playbook, hold = lab.playbook(), Hold()
    with held(lab, hold, playbook) as process:
        second = lab.run(
            "apply", str(playbook), "--confirm", "delete 2 in 222222222222 ffffff", code=lab.sandbox.code()
        )
        ended = end_of(process, hold)

    assert second.code == 3, second.err
    assert "another run is working on it: run " in second.said
    assert "touched: nothing was touched" in second.said
    assert ended.code == 0, ended.err
    assert_honest(lab)
    assert len(of_kind(lab, "run.open")) == 1


def assert_log_refused(ended: Ended, *words: str) -> None:
    """Fail unless the command stopped because of its log, with exit code 9, the words, and what is next."""
    assert ended.code == 9, ended.err
    for word in (*words, "touched: ", "next: ", "exit: 9 (log unwritable)"):
        assert word in ended.said
    assert "Traceback" not in ended.err


def test_a_file_where_the_log_should_be(lab: Lab) -> None:
    """Without a log nothing is done: no code is asked for."""
    lab.ledger.write_text("something else")
    ended = lab.run("apply", str(lab.playbook()))

    assert_log_refused(ended, "touched: nothing was touched", str(lab.ledger))
    assert "identity" not in ended.err
    assert contents(lab) == FULL


def test_a_log_that_may_not_grow(lab: Lab) -> None:
    """A file size limit that leaves no room for the outcomes stops the run before its first call."""
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    limited = ("sh", "-c", 'ulimit -f 8 && exec "$@"', "sh", *RUNNER)
    command = (*limited, "apply", str(playbook), "--confirm", confirm)
    ran = subprocess.run(command, env=lab.environment(), capture_output=True, text=True, check=False)

    assert_log_refused(Ended(ran.returncode, ran.stdout, ran.stderr), "touched: nothing was touched")
    assert contents(lab) == FULL
    assert isinstance(verify_ledger(lab.ledger), Verified)
    assert apply(lab, playbook).code == 0
    assert isinstance(verify_ledger(lab.ledger), Verified)


def test_the_server_dies_in_mid_run(tmp_path: Path) -> None:
    """When nothing answers any more, the run ends as partial, with what is known and what is not."""
    with running() as sandbox:
        lab, hold = Lab(sandbox, tmp_path), Hold()
        lab.world(crowded)
        with held(lab, hold, lab.playbook()) as process:
            os.kill(sandbox.pid, signal.SIGKILL)
            ended = end_of(process, hold)

    assert ended.code == 6, ended.err
    assert "Traceback" not in ended.err
    assert_honest(lab)
    assert of_kind(lab, "run.close")[0]["counts"] == {"still there": 1, "not attempted": 1}
    assert len(of_kind(lab, "run.close")[0]["in_doubt"]) == 2
    assert deleted(lab) == of_kind(lab, "step.close")[0]["children"] == 1000
    assert "1,000 deletions before" in " ".join(ended.out.split())


class After:
    """Answer every request that a test names after the first batch was deleted."""

    def __init__(self, answer: Answer, named: Callable[[str, str, bytes], bool]) -> None:
        self._answer, self._named, self._begun = answer, named, False

    def __call__(self, method: str, path: str, body: bytes) -> Answer | None:
        """Look at a request (a `Fault`)."""
        if self._begun and self._named(method, path, body):
            return self._answer
        self._begun = self._begun or is_batch(method, path)
        return None


def test_a_listing_that_fails_in_mid_run(lab: Lab) -> None:
    """When the next page cannot be listed, what was deleted before is told."""
    lab.world(crowded)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = After(Answer(403, DENIED), lambda method, path, _: method == "GET" and "versions" in path)
        ended = through(lab, wire, lab.playbook())

    assert ended.code == 6, ended.err
    assert contents(lab)["Versions"] == MANY - 1000
    assert_honest(lab)
    assert of_kind(lab, "step.close")[0]["children"] == 1000
    assert "1,000 deletions before; s3:ListObjectVersions: AccessDenied" in " ".join(ended.out.split())


def test_a_role_session_that_cannot_be_renewed_in_mid_run(lab: Lab) -> None:
    """When AWS refuses the next role session, the run is partial: something was deleted, and that is told."""
    lab.world(crowded)
    always = mock.patch("runner.workflow.scope.MARGIN", timedelta(hours=1))
    with tapped(lab.sandbox.endpoint) as wire, always:
        wire.fault = After(Answer(403, DENIED_BY_STS), lambda _method, _path, body: b"Action=AssumeRole" in body)
        ended = through(lab, wire, lab.playbook())

    assert ended.code == 6, ended.err
    assert contents(lab)["Versions"] == MANY - 1000
    assert "nothing was touched" not in ended.out
    assert_honest(lab)
    assert of_kind(lab, "step.close")[0]["children"] == 1000


def test_nothing_answers(lab: Lab) -> None:
    """A wrong endpoint is named before a code is asked for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ended = here(lab, "plan", str(lab.playbook()), env={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})

    assert ended.code == 4, ended.err
    for word in ("cannot be reached", "AWS_ENDPOINT_URL", "touched: nothing was touched", "next: "):
        assert word in ended.said
    assert "Traceback" not in ended.err
    assert_untouched(lab)


def through(lab: Lab, wire: Wire, playbook: Path) -> Ended:
    """Plan directly and apply through a wiretap."""
    return apply(lab, playbook, env={"AWS_ENDPOINT_URL": wire.endpoint})


def test_the_answer_to_the_deletion_is_lost(lab: Lab) -> None:
    """When DeleteBucket happened and its answer was lost, it is not sent again: the bucket is seen to be gone."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.reaches_aws = True
        wire.fault = lambda method, path, _: LOST if method == "DELETE" and path == f"/{BUCKET}" else None
        ended = through(lab, wire, lab.playbook())

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    (intent,) = (record for record in of_kind(lab, "call.intent") if record["operation"] == "DeleteBucket")
    (outcome,) = (record for record in of_kind(lab, "call.outcome") if record["intent_seq"] == intent["seq"])
    assert outcome["result"] == "unknown"
    assert of_kind(lab, "check.gone")[-1]["verdict"] == "gone"
    assert of_kind(lab, "run.close")[0]["in_doubt"] == [intent["seq"]]


def test_a_batch_whose_answer_is_lost(lab: Lab) -> None:
    """A batch that AWS did although its answer was lost is in doubt in the log, looked at, and not sent again."""
    playbook = lab.playbook()
    with tapped(lab.sandbox.endpoint) as wire, mock.patch("runner.workflow.sweep.PAUSE", 0.0):
        wire.reaches_aws = True
        wire.fault = lambda method, path, _: LOST if is_batch(method, path) else None
        ended = through(lab, wire, playbook)

    assert ended.code == 0, ended.err
    batches = [intent["seq"] for intent in of_kind(lab, "call.intent") if intent["operation"] == "DeleteObjects"]
    outcomes = {outcome["intent_seq"]: outcome["result"] for outcome in of_kind(lab, "call.outcome")}
    assert [outcomes[seq] for seq in batches] == ["unknown"]
    assert not lab.bucket_exists()
    assert_honest(lab)


@pytest.mark.parametrize("body", [b"<html>Welcome to the hotel</html>", b"", b"\x00\xff"])
def test_something_else_answers(lab: Lab, body: bytes) -> None:
    """When a portal or proxy answers instead of AWS, nothing is taken for granted."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _method, _path, _body: Answer(200, body)
        ended = here(lab, "plan", str(lab.playbook()), code="123456", env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 4, ended.err
    assert "Traceback" not in ended.err
    assert "a bug in runner" not in ended.err
    assert "AWS_ENDPOINT_URL" in ended.said
    assert "call.intent" not in kinds(lab)
