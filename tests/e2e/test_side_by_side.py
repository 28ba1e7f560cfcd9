"""Several steps at a time against the sandbox: a kill in the middle, and what a resumption makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from runner.audit.verify import Verified, verify_ledger
from tests.conftest import Lab
from tests.e2e.catalogue import ACCOUNT, REGION, Trial, step
from tests.e2e.driving import here
from tests.e2e.test_faults import held
from tests.e2e.test_resume import rest
from tests.e2e.watching import assert_honest, of_kind
from tests.e2e.wire import LOST, PATIENCE, Answer, Hold

NAMES = ("a", "b", "c", "d", "last")


def arn(name: str) -> str:
    """Return a topic's ARN."""
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


@pytest.fixture
def topics(lab: Lab) -> Path:
    """Return a playbook of five topics, of which the last one comes after the first."""
    for name in NAMES:
        lab.client("sns").create_topic(Name=name)
    needs = {"last": {"needs": ["a"]}}
    steps = tuple(step(name, "sns.delete_topic", {"topic": name}, **needs.get(name, {})) for name in NAMES)
    trial = Trial(lab, steps, limits={"share": "100%"})
    return Path(trial.write())


@dataclass
class Held(Hold):
    """Hold the deletions of topics in the wire; one of them has happened by then."""

    lab: Lab = field(kw_only=True)
    came: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: bytes) -> Answer | None:
        """Look at a request (a `Fault`)."""
        del method, path
        form = parse_qs(body.decode("utf-8", "replace"))
        if form.get("Action") != ["DeleteTopic"]:
            return None
        name = form["TopicArn"][0].rpartition(":")[2]
        if name == "a":
            self.lab.client("sns").delete_topic(TopicArn=arn(name))
        self.came.append(name)
        if len(self.came) >= self.last:
            self.reached.set()
        self.released.wait(PATIENCE)
        return LOST


def test_a_kill_with_four_calls_in_flight(lab: Lab, topics: Path) -> None:
    """Each intent is decided by a look: what happened is not sent again, what did not is done, and once."""
    hold = Held(last=4, lab=lab)
    with held(lab, hold, topics) as process:
        process.kill()
        process.wait()
    assert sorted(hold.came) == ["a", "b", "c", "d"]
    assert not of_kind(lab, "call.outcome")
    ended = rest(lab)

    assert ended.code == 0, ended.err
    assert lab.client("sns").list_topics()["Topics"] == []
    first, second = (record["run"] for record in of_kind(lab, "run.open"))
    sent = [intent["step"] for intent in of_kind(lab, "call.intent") if intent["run"] == second]
    assert sorted(sent) == ["b", "c", "d", "last"]
    unknown = [record for record in of_kind(lab, "call.outcome") if record["result"] == "unknown"]
    assert len(unknown) == 4
    verified = verify_ledger(lab.ledger)
    assert isinstance(verified, Verified)
    assert verified.warnings == ()
    shown = here(lab, "audit", "show", first)
    assert shown.code == 0
    assert shown.out.count("sns:DeleteTopic") == 4


def test_one_at_a_time_on_request(lab: Lab, topics: Path) -> None:
    """With ``--parallel 1`` each step has ended before the next one begins; 0 is refused."""
    refused = here(lab, "apply", str(topics), "--parallel", "0")
    assert refused.code == 2
    planned = here(lab, "plan", str(topics), "--output", "json", code=lab.sandbox.code())
    confirm = str(planned.data["confirm"])
    ended = here(lab, "apply", str(topics), "--parallel", "1", "--confirm", confirm, code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert_honest(lab)
    marks = [record["type"] for record in lab.records() if record["type"] in {"step.open", "step.close"}]
    assert marks == ["step.open", "step.close"] * len(NAMES)
