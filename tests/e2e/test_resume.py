"""``runner resume``: whatever ended a run, the rest is done once, or refused with what is not as the run left it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.audit.verify import Verified, verify_ledger
from runner.cli.wiring import SystemClock
from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import apply, here, phrase
from tests.e2e.test_faults import DENIED, MANY, crowded, held, through
from tests.e2e.watching import assert_honest, contents, of_kind
from tests.e2e.wire import LOST, Answer, Hold, is_batch, tapped


def refuse_the_bucket(method: str, path: str, _: bytes) -> Answer | None:
    """Refuse the deletion of the bucket, and nothing else (a `Fault`)."""
    return Answer(403, DENIED) if method == "DELETE" and path == f"/{BUCKET}" else None


def later(lab: Lab) -> str:
    """Return a code of a minute later; a device has few codes at a time, and nobody wants to wait for the next."""
    lab.sandbox.advance(60)
    return lab.sandbox.code()


def rest(lab: Lab, run: str = "", *args: str) -> Ended:
    """Resume a run, with the phrase that the refusal without one names."""
    asked = here(lab, "resume", *((run,) if run else ()), code=later(lab))
    assert asked.code == 5, asked.err
    phrase = asked.said.partition('--confirm "')[2].partition('"')[0]
    return here(lab, "resume", *((run,) if run else ()), "--confirm", phrase, *args, code=later(lab))


def runs(lab: Lab) -> list[str]:
    """Return the ids of the runs in the log."""
    return [record["run"] for record in of_kind(lab, "run.open")]


def killed(lab: Lab) -> None:
    """Kill a run with two batches sent and not answered: 1,000 of 2,500 are gone."""
    lab.world(crowded)
    hold = Hold(answer=LOST)
    with held(lab, hold, lab.playbook()) as process:
        process.kill()
        process.wait()


def test_after_kill(lab: Lab) -> None:
    """After ``kill -9`` what the manifests in doubt name is looked at first, key by key; then the rest is done."""
    killed(lab)
    (first,) = runs(lab)
    answered = {record["intent_seq"] for record in of_kind(lab, "call.outcome")}
    in_doubt = [one["objects_sha256"] for one in of_kind(lab, "call.intent") if one["seq"] not in answered]
    ended = rest(lab)

    assert ended.code == 0, ended.err
    assert (
        f"of {MANY - 1000:,} that an earlier run sent without an answer, {MANY - 1000:,} were still there" in ended.said
    )
    again = [one for one in of_kind(lab, "call.intent") if one["run"] != first and one["operation"] == "DeleteObjects"]
    assert sorted(one["objects_sha256"] for one in again) == sorted(in_doubt)
    assert f"{MANY - 1000:,} deletions" in ended.out
    assert not lab.bucket_exists()
    assert of_kind(lab, "run.open")[1]["resume_of"] == first
    verified = verify_ledger(lab.ledger)
    assert isinstance(verified, Verified)
    assert verified.warnings == ()
    looked = [record for record in of_kind(lab, "call.outcome") if record["result"] == "unknown"]
    assert [record["run"] for record in looked] == [runs(lab)[1]] * 2
    assert "instead of repeating the call" in looked[0]["error_message"]


def test_the_last_thing_that_happened(lab: Lab) -> None:
    """When the deletion happened and its answer was lost in a crash, the bucket is seen to be gone: nothing is sent."""
    playbook = lab.playbook()
    with tapped(lab.sandbox.endpoint) as wire:
        wire.reaches_aws = True
        wire.fault = refuse_the_bucket
        ended = through(lab, wire, playbook)
    assert ended.code == 6, ended.err
    assert not lab.bucket_exists()
    sent = len(of_kind(lab, "call.intent"))
    again = here(lab, "resume", code=lab.sandbox.code())

    assert again.code == 0, again.err
    assert len(of_kind(lab, "call.intent")) == sent
    assert of_kind(lab, "run.close")[-1]["counts"] == {"already gone": 2}
    assert_honest(lab)


def test_a_resumed_run_can_be_resumed(lab: Lab) -> None:
    """A run that goes on from another one may end early too; the first one is not gone on from twice."""
    lab.world(crowded)
    playbook = lab.playbook()
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda method, path, _: Answer(403, DENIED) if is_batch(method, path) else None
        assert through(lab, wire, playbook).code == 6
        phrase = of_kind(lab, "run.open")[0]["confirmation"]
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        assert here(lab, "resume", "--confirm", phrase, code=lab.sandbox.code(), env=env).code == 6
    first, second = runs(lab)
    twice = here(lab, "resume", first)
    assert (twice.code, f"run {second} goes on from it" in twice.said) == (2, True)
    ended = rest(lab, second)

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)


def test_what_was_recreated_is_not_deleted(lab: Lab) -> None:
    """A bucket that somebody made anew under the old name meanwhile is not the one that was reviewed."""
    killed(lab)
    lab.reset()
    ended = here(lab, "resume", code=lab.sandbox.code())

    assert ended.code == 3, ended.err
    assert "the world is not what run" in ended.said
    assert "it was created again" in ended.said
    assert lab.bucket_exists()


def test_what_was_seen_gone_is_not_deleted_again(lab: Lab) -> None:
    """An emptied bucket in which somebody writes again is left alone: nobody reviewed what is in it now."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = refuse_the_bucket
        assert through(lab, wire, lab.playbook()).code == 6
    lab.client("s3").put_object(Bucket=BUCKET, Key="precious", Body=b"x")
    ended = here(lab, "resume", code=lab.sandbox.code())

    assert ended.code == 3, ended.err
    assert "step empty: it was seen gone, and is there again" in ended.said
    assert contents(lab)["Versions"] == 1


def test_nothing_to_resume(lab: Lab) -> None:
    """A run that ended well, an unknown one and an empty log are told apart."""
    empty = here(lab, "resume")
    assert (empty.code, "there is no audit log" in empty.said) == (2, True)
    assert apply(lab, lab.playbook()).code == 0

    well = here(lab, "resume")
    assert (well.code, "there is nothing to resume: it ended well" in well.said) == (2, True)
    unknown = here(lab, "resume", "ZZZ")
    assert (unknown.code, "there is no such run" in unknown.said) == (2, True)


def test_a_changed_plan_is_not_resumed(lab: Lab) -> None:
    """The plan that the run kept is held to its digests: a changed blob is no plan."""
    killed(lab)
    kept = of_kind(lab, "plan.kept")[0]
    path = lab.ledger / kept["plan_blob"]
    path.write_bytes(path.read_bytes()[:-9])
    ended = here(lab, "resume", code=lab.sandbox.code())

    assert ended.code == 2, ended.err
    assert "the run's plan cannot be read" in ended.said
    assert contents(lab)["Versions"] == MANY - 1000


@pytest.mark.parametrize("second", [False, True])
def test_a_sealed_plan_is_resumed_and_not_applied_twice(lab: Lab, second: bool) -> None:
    """What is left of a sealed plan is resumed; applying its file a second time is refused."""
    sealed = lab.directory / "plan.json"
    planned = here(lab, "plan", str(lab.playbook()), "-o", str(sealed), "--output", "json", code=lab.sandbox.code())
    assert planned.code == 0, planned.err
    confirm: Any = planned.data["confirm"]
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = refuse_the_bucket
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        assert here(lab, "apply", str(sealed), "--confirm", confirm, code=lab.sandbox.code(), env=env).code == 6
    if second:
        again = here(lab, "apply", str(sealed), "--confirm", confirm, code=lab.sandbox.code())
        assert (again.code, "a plan is good for one run" in again.said) == (3, True)
    ended = rest(lab)

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)


def test_after_a_clock_that_went_back(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour that comes twice ends a run; its log verifies, and with the right time the rest is done."""

    def now(_: SystemClock) -> datetime:
        """Lose an hour once the first call is on its way."""
        began = lab.ledger.exists() and bool(of_kind(lab, "call.intent"))
        return datetime.now(UTC) - timedelta(hours=began)

    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    with monkeypatch.context() as changed:
        changed.setattr(SystemClock, "now", now)
        ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code())
    times = [datetime.fromisoformat(record["ts"]) for record in lab.records()]

    assert ended.code == 6, ended.err
    assert times[-1] < times[0]
    assert lab.bucket_exists()
    assert_honest(lab)
    assert rest(lab).code == 0
    assert not lab.bucket_exists()
    assert_honest(lab)
