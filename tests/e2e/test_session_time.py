"""Time passes while a playbook is applied: what AWS refuses then, who is asked once, and how a second run finishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.cli.wiring import SystemClock
from tests.conftest import BUCKET, Lab
from tests.e2e.driving import apply, here, phrase
from tests.e2e.operators import DEVICE, exported
from tests.e2e.watching import assert_honest, assert_untouched, contents, of_kind
from tests.e2e.wire import Answer, Fault, Wire, is_batch, tapped

JUMP = timedelta(minutes=6)
"""Longer than the playbooks of these tests allow a code to be old, and shorter than a role session."""


def at(seen: Callable[[str, str, bytes], bool], happens: Callable[[], None]) -> Fault:
    """Let something happen once, when a request comes by; the request goes on to AWS."""
    left = [happens]

    def fault(method: str, path: str, body: bytes) -> Answer | None:
        if left and seen(method, path, body):
            left.pop()()
        return None

    return fault


def is_deletion(method: str, path: str, body: bytes) -> bool:
    """Return whether a request is S3's DeleteBucket."""
    del body
    return method == "DELETE" and path == f"/{BUCKET}"


def is_a_batch(method: str, path: str, body: bytes) -> bool:
    """Return whether a request is S3's DeleteObjects."""
    del body
    return is_batch(method, path)


def sent(wire: Wire, seen: Callable[[str, str, bytes], bool]) -> int:
    """Return how often such a request reached AWS."""
    return len([exchange for exchange in wire.exchanges if seen(exchange.method, exchange.path, exchange.body)])


def impatient(lab: Lab) -> Path:
    """Write a playbook that allows a code to be five minutes old."""
    return lab.playbook(lambda data: data.update(mfa={"max_age": "5m"}))


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return what moves this machine's clock, and only that."""
    shift = [timedelta()]

    def now(clock: SystemClock) -> datetime:
        del clock
        return datetime.now(UTC) + shift[0]

    def move(by: timedelta) -> None:
        shift[0] += by

    monkeypatch.setattr(SystemClock, "now", now)
    return move


@pytest.mark.parametrize(
    ("request_", "left"), [(is_deletion, 0), (is_a_batch, 90)], ids=["DeleteBucket", "DeleteObjects"]
)
def test_a_session_that_aws_ends_in_mid_run(lab: Lab, request_: Callable[[str, str, bytes], bool], left: int) -> None:
    """ExpiredToken on a deletion: it is not sent again, the exit code says what to do, and a second run finishes."""
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = at(request_, lambda: lab.sandbox.advance(7200))
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code(), env=env)

    assert ended.code == 8, ended.out + ended.err
    assert "ExpiredToken" in ended.out
    assert "`runner resume` goes on" in " ".join(ended.out.split())
    assert sent(wire, request_) == 1
    assert contents(lab)["Versions"] == left
    assert_honest(lab)
    lab.sandbox.advance(-7200)
    again = apply(lab, playbook)
    assert again.code == 0, again.out + again.err
    assert not lab.bucket_exists()


def test_somebody_who_can_give_a_code_is_asked_once_between_two_steps(
    lab: Lab, shifted: Callable[[timedelta], None]
) -> None:
    """The profile's mfa_process gives the second code; the new session is proven and recorded, and the run finishes."""
    playbook = impatient(lab)
    confirm = phrase(lab, playbook)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = at(is_a_batch, lambda: shifted(JUMP))
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "apply", str(playbook), "--confirm", confirm, env=env)

    assert ended.code == 0, ended.out + ended.err
    assert not lab.bucket_exists()
    assert len(wire.calls("GetSessionToken")) == 2
    assert len(of_kind(lab, "mfa.session")) == len(of_kind(lab, "mfa.proof")) == 2
    assert_honest(lab)


def test_a_kept_session_does_not_hide_who_can_give_a_code(lab: Lab, shifted: Callable[[timedelta], None]) -> None:
    """The run began on a kept session, so nobody was asked yet; the profile's mfa_process is still known."""
    playbook = impatient(lab)
    with tapped(lab.sandbox.endpoint) as wire:
        env = {"AWS_ENDPOINT_URL": wire.endpoint, "RUNNER_KEEP_SESSION": "file"}
        planned = here(lab, "plan", str(playbook), "--output", "json", env=env)
        wire.fault = at(is_a_batch, lambda: shifted(JUMP))
        ended = here(lab, "apply", str(playbook), "--confirm", planned.data["confirm"], env=env)

    assert ended.code == 0, ended.out + ended.err
    assert len(wire.calls("GetSessionToken")) == 2
    assert "kept from an earlier run" in ended.said


def test_nobody_to_ask_between_two_steps(lab: Lab, shifted: Callable[[timedelta], None]) -> None:
    """A code from stdin is one code: the run ends with exit 8, and apply again finishes without a repeat."""
    playbook = impatient(lab)
    confirm = phrase(lab, playbook)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = at(is_a_batch, lambda: shifted(JUMP))
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code(), env=env)
        batches = sent(wire, is_a_batch)

    assert ended.code == 8, ended.out + ended.err
    assert "stdin gave its one code already" in " ".join(ended.out.split())
    assert not any(contents(lab).values())
    assert sent(wire, is_deletion) == 0
    assert_honest(lab)
    again = apply(lab, playbook)
    assert again.code == 0, again.out + again.err
    assert batches > 0
    assert not lab.bucket_exists()


def test_aws_holds_a_ready_made_session_to_the_age(lab: Lab) -> None:
    """Nobody here knows when its code was given; AWS does, and the session policy says how old it may be."""
    code = {"SerialNumber": DEVICE, "TokenCode": lab.sandbox.code()}
    env = exported(lab.client("sts", "alice").get_session_token(**code))
    young = here(lab, "plan", str(impatient(lab)), env=env)
    lab.sandbox.advance(JUMP.total_seconds())
    old = here(lab, "plan", str(impatient(lab)), env=env)
    patient = here(lab, "plan", str(lab.playbook()), env=env)

    assert (young.code, patient.code) == (0, 0), young.err + patient.err
    assert old.code == 4
    assert "or its code is older than the 5 minutes of mfa.max_age" in old.said
    assert_untouched(lab)


def test_a_clock_that_is_far_ahead_ends_the_run(lab: Lab, shifted: Callable[[timedelta], None]) -> None:
    """A role session that is over as soon as it is made is not asked for again and again."""
    playbook = lab.playbook(lambda data: data.update(mfa={"max_age": "12h"}))
    confirm = phrase(lab, playbook)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = at(is_a_batch, lambda: shifted(3 * JUMP))
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code(), env=env)

    assert ended.code == 6, ended.out + ended.err
    assert "by this machine's clock" in " ".join(ended.out.split())
    assert sent(wire, is_a_batch) == 1
    assert_honest(lab)
