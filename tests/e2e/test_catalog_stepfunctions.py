"""Step Functions' action end to end."""

from __future__ import annotations

import json

from tests.conftest import Lab
from tests.e2e.catalogue import ROLE, Trial, step, told
from tests.e2e.driving import here

WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
DELETION = step("machine", "stepfunctions.delete_state_machine", {"state_machine": "orders"})


def machine(lab: Lab) -> str:
    """Make a state machine that waits for an hour; return its ARN."""
    made = lab.client("stepfunctions").create_state_machine(name="orders", definition=json.dumps(WAITS), roleArn=ROLE)
    return str(made["stateMachineArn"])


def test_a_state_machine_goes(lab: Lab) -> None:
    """It is refused without MFA, deleted with it, seen gone, and already gone the next time."""
    machine(lab)
    tried = Trial(lab, (DELETION,)).run()

    assert tried.states == {"machine": "gone"}
    assert tried.states_again == {"machine": "already gone"}


def test_one_that_runs_or_is_started_is_refused(lab: Lab) -> None:
    """Running executions and rules that start it are named in the plan."""
    arn = machine(lab)
    lab.client("stepfunctions").start_execution(stateMachineArn=arn, name="nightly-17")
    events = lab.client("events")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": arn, "RoleArn": ROLE}])
    planned = here(lab, "plan", Trial(lab, (DELETION,)).write(), "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    for words in ("executions are running, which the deletion would end: nightly-17", "rule/nightly"):
        assert words in told(planned)["machine"]
