"""An operation that the catalogue does not know goes through everything that the others go through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.conftest import Lab
from tests.e2e.catalogue import Trial

PLAYBOOK = Path(__file__).parent.parent.parent / "playbooks" / "stop-a-schedule.yaml"


def steps() -> tuple[dict[str, Any], ...]:
    """Return the steps of the playbook that is shipped."""
    return tuple(yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))["steps"])


def make_schedule(lab: Lab) -> None:
    """Make the schedule that the playbook names."""
    lab.client("scheduler").create_schedule(
        Name="nightly-export",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:ap-northeast-1:222222222222:exports",
            "RoleArn": "arn:aws:iam::222222222222:role/Exports",
        },
    )


def test_a_schedule_is_deleted_by_aws_call(lab: Lab) -> None:
    """With exactly the derived permissions: refused without MFA, planned, deleted, seen gone, already gone after."""
    make_schedule(lab)
    accepted = ({"check": "nobody_else_owns_the_target", "reason": "a test made it"},)
    tried = Trial(lab, steps(), accept_unknown=accepted).run()

    assert tried.states == {"schedule": "gone"}
    assert tried.states_again == {"schedule": "already gone"}
    told = [one["message"] for one in tried.plan.data["steps"][0]["findings"] if one["check"] == "what_is_called"]
    assert told == ['it calls scheduler:DeleteSchedule with {"GroupName":"default","Name":"nightly-export"}']
    assert tried.plan.data["steps"][0]["calls"][0]["api"] == "scheduler:DeleteSchedule"
