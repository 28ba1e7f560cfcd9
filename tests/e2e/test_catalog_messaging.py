"""Topics, queues, alarms and log groups end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.cli.wiring import SystemClock
from tests.conftest import Lab
from tests.e2e.catalogue import ACCOUNT, REGION, Trial, step
from tests.e2e.driving import here

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"
GROUP = "/aws/lambda/orders"


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], object]], None]:
    """Return what replaces sleeping in this process: nobody waits, and what happens meanwhile is told."""

    def meanwhile(happens: Callable[[float], object]) -> None:
        monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: happens(seconds))

    return meanwhile


def born(lab: Lab) -> None:
    """Make an alarm that notifies a topic, two queues of which one takes the other's failures, and a log group."""
    lab.client("sns").create_topic(Name="orders", Tags=[{"Key": "Team", "Value": "orders"}])
    lab.client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@acme.example")
    alarms = lab.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="orders late",
        MetricName="Late",
        Namespace="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[TOPIC],
    )
    sqs = lab.client("sqs")
    failed = sqs.create_queue(QueueName="orders-failed")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-failed", "maxReceiveCount": "3"}
    sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": json.dumps(redrive)})
    sqs.send_message(QueueUrl=failed, MessageBody="lost")
    logs = lab.client("logs")
    for name in (GROUP, f"{GROUP}-2"):
        logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="a")
    logs.put_log_events(
        logGroupName=GROUP, logStreamName="a", logEvents=[{"timestamp": 1700000000000, "message": "hello"}]
    )
    logs.put_log_group_deletion_protection(logGroupIdentifier=GROUP, deletionProtectionEnabled=True)


STEPS: tuple[dict[str, Any], ...] = (
    step("alarm", "cloudwatch.delete_alarm", {"alarm": "orders late"}),
    step("topic", "sns.delete_topic", {"topic": "orders"}, needs=["alarm"]),
    step("queue", "sqs.delete_queue", {"queue": "orders"}),
    step("purge", "sqs.purge_queue", {"queue": "orders-failed"}),
    step("failed", "sqs.delete_queue", {"queue": "orders-failed"}, needs=["queue", "purge"]),
    step("logs", "logs.delete_log_group", {"group": GROUP}, unprotect=["deletionProtectionEnabled"]),
)


def test_all_of_them_are_deleted_in_order(lab: Lab, asleep: Any) -> None:
    """Each is refused without MFA, deleted after what needs it, seen gone, and already gone the next time."""
    asleep(lambda _: None)
    born(lab)
    tried = Trial(lab, STEPS, limits={"cascade": 1}).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    plan = json.dumps(tried.plan.data)
    assert "email ops@acme.example" in plan
    assert "something was last logged on 2023-11-14" in plan
    assert [found["logGroupName"] for found in lab.client("logs").describe_log_groups()["logGroups"]] == [f"{GROUP}-2"]


def test_what_is_in_the_way_is_refused_with_its_names(lab: Lab) -> None:
    """A protected group, a queue with messages or senders, a topic that an alarm needs: all are named in the plan."""
    born(lab)
    steps = tuple({key: value for key, value in one.items() if key not in {"needs", "unprotect"}} for one in STEPS)
    path = Trial(lab, steps, limits={"cascade": 1}).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
    found = {
        one["id"]: " ".join(f"{f['message']} {f['hint']}" for f in one["findings"]) for one in planned.data["steps"]
    }

    assert planned.code == 3
    assert f"alarms that notify it: arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:orders late" in found["topic"]
    assert "about 1 messages are in it" in found["failed"]
    assert "queues that send their failed messages to it: " in found["failed"]
    assert "deletion protection is on" in found["logs"]


def test_a_topic_that_never_was_is_not_said_to_be_deleted(lab: Lab) -> None:
    """DeleteTopic answers 200 for any name; a topic that was not there is already gone, and no request is sent."""
    path = Trial(lab, (step("topic", "sns.delete_topic", {"topic": "never-was"}),)).write()
    ended = here(lab, "apply", path, "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0
    assert [one["state"] for one in ended.data["steps"]] == ["already gone"]
    assert not any(record["type"] == "call.intent" for record in lab.records())


def test_a_log_group_that_comes_back_is_not_gone(lab: Lab, asleep: Any) -> None:
    """What is made again by whoever writes to it was deleted, and is reported as still there."""
    logs = lab.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    path = Trial(lab, (step("logs", "logs.delete_log_group", {"group": GROUP}),)).write()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
    asleep(lambda _: logs.create_log_group(logGroupName=GROUP))
    lab.sandbox.advance(60)
    ended = here(lab, "apply", path, "--output", "json", "--confirm", planned.data["confirm"], code=lab.sandbox.code())

    assert ended.code == 7, ended.err
    (logs_step,) = ended.data["steps"]
    assert logs_step["state"] == "still there"
    assert "something makes it" in logs_step["why"]
