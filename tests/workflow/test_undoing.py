"""The ways back from a run: who undoes a step and with what, and the playbook that does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Call, Effect, P
from runner.model.playbook import Account, Expectation, Limits, Playbook, Source, Step, Window
from runner.model.way_back import Copy, WayOut
from runner.workflow.undoing import How, undo_playbook, way_back

READ = Call("rds:DescribeDBInstances", {"DBInstanceIdentifier": P("db")}, absent=("DBInstanceNotFound",))
DELETE = ActionType(
    name="rds.delete_db_instance",
    summary="Delete a database.",
    params=(Param("db", "[a-z'-]+", "a name"),),
    target="arn:{partition}:rds:{region}:{account}:db:{db}",
    pin=Pin(READ, lambda *_: "x"),
    recovery=Recovery.BACKUP,
    probe=READ,
    calls=(Call("rds:DeleteDBInstance", {"DBInstanceIdentifier": P("db")}, effect=Effect.DELETE),),
    copies=(Copy("final_snapshot", "a name", "[a-z-]+", "{db}-final", READ),),
    undo_command="aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier {final_snapshot} --id {db}",
)
STEP = Step("old", DELETE.name, {"db": "orders"}, (), "eu-west-1", Expectation({}), None, mfa_protected=True, line=1)
PLAYBOOK = Playbook(
    name="retire-orders",
    description="why",
    owner="team",
    ticket="OPS-1",
    account=Account("222222222222", "staging"),
    region="eu-west-1",
    role_arn="arn:aws:iam::222222222222:role/Teardown",
    max_age=timedelta(minutes=15),
    valid=Window(),
    limits=Limits(),
    steps=(STEP,),
    source=Source("x.yaml", "0" * 64),
)


@pytest.mark.parametrize("state", ["already gone", "still there", "not attempted", "restored"])
def test_what_changed_nothing_has_nothing_to_undo(state: str) -> None:
    """A step that did not end gone, scheduled or out of use needs no way back."""
    assert way_back(STEP, DELETE, state).how is How.NOTHING


def test_an_action_comes_before_a_command_and_a_command_before_words() -> None:
    """The surest way back that there is, is named."""
    worded = replace(DELETE, undo_command="", undo="restore it from the snapshot")

    assert way_back(STEP, replace(DELETE, undone_by="rds.restore"), "gone").told == "rds.restore"
    assert way_back(STEP, DELETE, "gone").how is How.COMMAND
    assert (way_back(STEP, worded, "gone").how, way_back(STEP, worded, "gone").told) == (How.BY_HAND, worded.undo)
    assert way_back(STEP, replace(worded, undo=""), "gone").how is How.NOT


def test_a_command_holds_the_names_of_copies_quoted_for_a_shell() -> None:
    """What is printed to be copied cannot be taken for more than an argument."""
    step = replace(STEP, target={"db": "it's; rm -rf"}, keep={"final_snapshot": "kept-one"})
    told = way_back(step, DELETE, "gone").told

    assert "--db-snapshot-identifier kept-one" in told
    assert told.endswith("""--id 'it'"'"'s; rm -rf'""")


def test_without_the_copy_there_is_no_command() -> None:
    """A copy that was dropped cannot be restored from."""
    step = replace(STEP, keep={"final_snapshot": None})

    assert way_back(step, DELETE, "gone").how is How.NOT


def test_until_when_is_the_day_of_aws_or_the_days_of_the_action() -> None:
    """A scheduled deletion names its day; else the action says for how long."""
    action = replace(DELETE, undone_by="rds.restore", undo_days=30)

    assert way_back(STEP, action, "scheduled", "2026-12-25T00:00:00Z").until == "2026-12-25T00:00:00Z"
    assert way_back(STEP, action, "gone").until == "30 days after the deletion"


def test_the_playbook_undoes_in_reverse_what_actions_can_undo() -> None:
    """The last deletion is taken back first, in the same account by the same role; the rest is left out."""
    other = replace(STEP, id="second")
    action = replace(DELETE, undone_by="rds.restore")
    ways = (way_back(STEP, action, "gone"), way_back(other, action, "gone"), way_back(STEP, DELETE, "gone"))
    data = undo_playbook(PLAYBOOK, ways, "01RUN")

    assert data["name"] == "undo-retire-orders"
    assert data["role_arn"] == PLAYBOOK.role_arn
    assert [(step["id"], step["action"]) for step in data["steps"]] == [  # type: ignore[index,call-overload,union-attr]
        ("second", "rds.restore"),
        ("old", "rds.restore"),
    ]


def test_the_name_of_the_playbook_stays_within_what_is_accepted() -> None:
    """A long name is cut, and does not end with a hyphen."""
    data = undo_playbook(replace(PLAYBOOK, name="a" * 58 + "-b" * 3), (), "01RUN")

    assert len(str(data["name"])) <= 64
    assert not str(data["name"]).endswith("-")


def test_what_was_there_before_chooses_the_way_out() -> None:
    """The first way for which the plan had read something is taken, with its target; without one, words are."""
    ways = (
        WayOut("read.policy.present", "rds.restore", {"name": "target.db", "policy": "read.policy.present.Policy"}),
        WayOut("read.policy.absent", "rds.open", {"name": "target.db"}),
    )
    action = replace(DELETE, undo_command="", undo="by hand", ways_out=ways)
    restored = way_back(STEP, action, "quarantined", evidence={"policy": {"present": {"Policy": "{}"}}})
    opened = way_back(STEP, action, "quarantined", evidence={"policy": {"absent": "NoSuchPolicy"}})

    assert (restored.told, restored.target) == ("rds.restore", {"name": "orders", "policy": "{}"})
    assert (opened.told, opened.target) == ("rds.open", {"name": "orders"})
    assert way_back(STEP, action, "quarantined").how is How.BY_HAND


def test_markers_are_undone_however_the_step_ended() -> None:
    """A step that failed half-way has hidden objects too; what does not come back is told with the way."""
    ways = (WayOut("markers", "s3.show", {"markers": "join(' ', markers)"}, "what others wrote since"),)
    action = replace(DELETE, undo_command="", undo="by hand", ways_out=ways)
    way = way_back(STEP, action, "still there", markers=("v1", "v2"))

    assert (way.how, way.told, way.target) == (How.ACTION, "s3.show", {"markers": "v1 v2"})
    assert way.to_data()["lost"] == "what others wrote since"
    assert way_back(STEP, action, "still there").how is How.NOTHING


def test_many_steps_are_taken_back_at_once() -> None:
    """A run of more steps than a playbook has by default needs a playbook of as many to undo it."""
    action = replace(DELETE, undone_by="rds.restore")
    ways = tuple(way_back(replace(STEP, id=f"s{number}"), action, "gone") for number in range(60))

    assert undo_playbook(PLAYBOOK, ways, "01RUN")["limits"] == {"steps": 60}
    assert "limits" not in undo_playbook(PLAYBOOK, ways[:5], "01RUN")
