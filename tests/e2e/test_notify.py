"""Notices end to end: a webhook and a topic hear of plans that wait and of runs, and nobody can hold a run up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml

from tests.conftest import Lab
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    ],
}


@dataclass
class Hook:
    """Hold what a webhook was told, and with which status it answers."""

    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    status: int = 204

    @property
    def moments(self) -> list[str]:
        """What it was told of, in order."""
        return [str(notice["moment"]) for notice in self.told]


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Run a webhook on this machine."""
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        """Take notices."""

        def do_POST(self) -> None:
            """Keep what is told."""
            found.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/T0KEN"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def guardrails(lab: Lab, *rules: dict[str, Any], **more: Any) -> None:
    """Write guardrails that name who is told."""
    directory = lab.directory / ".runner"
    directory.mkdir(exist_ok=True)
    text = yaml.safe_dump({"version": 1, "notify": list(rules), **more})
    (directory / "guardrails.yaml").write_text(text, encoding="utf-8")


def test_a_webhook_hears_of_start_and_end(lab: Lab, hook: Hook) -> None:
    """A run that ends well is told of twice, with its plan and counts, and with nothing that is secret."""
    guardrails(lab, {"webhook": hook.url})
    ended = apply(lab, lab.playbook())
    secrets = [record["session_arn"] for record in lab.records() if record["type"] == "role.session"]

    assert ended.code == 0, ended.err
    assert hook.moments == ["started", "done"]
    start, end = hook.told
    assert (end["counts"], end["exit_code"], end["who"]) == ({"gone": 2}, 0, "arn:aws:iam::111111111111:user/alice")
    assert start["run"] == end["run"] == lab.records()[-1]["run"]
    assert start["plan_sha256"] == end["plan_sha256"]
    assert not any(secret in json.dumps(hook.told) for secret in secrets)
    assert "T0KEN" not in ended.err + ended.out + json.dumps(lab.records())


def test_a_plan_that_waits_for_approval_is_told_when_it_is_sealed(lab: Lab, hook: Hook) -> None:
    """Peers hear that there is something to approve; a plan that was only looked at tells nobody."""
    guardrails(lab, {"webhook": "env:HOOK", "moments": ["waiting"]}, approvals={"minimum": 1})
    env = {"HOOK": hook.url}
    playbook = str(lab.playbook())
    here(lab, "plan", playbook, code=lab.sandbox.code(), env=env)
    before = list(hook.moments)
    lab.sandbox.advance(60)
    sealed = here(lab, "plan", playbook, "-o", "plan.json", code=lab.sandbox.code(), env=env)

    assert sealed.code == 0, sealed.err
    assert (before, hook.moments) == ([], ["waiting"])
    assert hook.told[0]["approvals"] == 1


@pytest.mark.parametrize("status", [500, 302])
def test_a_webhook_that_refuses_or_redirects_stops_nothing(lab: Lab, hook: Hook, status: int) -> None:
    """The run ends as it would; that somebody was not told is said, without the URL's path, and nobody is followed."""
    hook.status = status
    guardrails(lab, {"webhook": hook.url})
    ended = apply(lab, lab.playbook())

    assert ended.code == 0
    assert f"it answers {status}" in ended.said
    assert "T0KEN" not in ended.err
    assert hook.moments == ["started", "done"]
    assert_honest(lab)


def test_a_place_that_is_not_there_stops_nothing(lab: Lab) -> None:
    """A closed port and a variable without a URL are said, and that is all."""
    guardrails(lab, {"webhook": "http://127.0.0.1:9/x"}, {"webhook": "env:NOWHERE"}, {"webhook": "env:BAD"})
    ended = apply(lab, lab.playbook(), env={"BAD": "http://example.com/"})

    assert ended.code == 0
    assert ended.said.count("was not told that it is done") == 3


def test_a_topic_hears_of_a_run(lab: Lab) -> None:
    """With the operator's own permission to publish, a topic gets the same notice."""
    sns, sqs, iam = (lab.client(name, "admin-auth") for name in ("sns", "sqs", "iam"))
    topic = sns.create_topic(Name="runner")["TopicArn"]
    queue = sqs.create_queue(QueueName="runner")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(POLICY)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    guardrails(lab, {"sns": topic, "moments": ["done"]})
    refused = apply(lab, lab.playbook())
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}
    iam.put_user_policy(
        UserName="alice",
        PolicyName="tell",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    lab.sandbox.advance(60)
    ended = here(lab, "apply", str(lab.playbook()), code=lab.sandbox.code())
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]

    assert "AuthorizationError" in refused.said
    assert ended.code == 0, ended.err
    assert json.loads(message["Body"])["text"] == "runner done: retire-orders-exports in 222222222222"
