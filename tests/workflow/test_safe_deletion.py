"""Flags are lifted and re-armed, copies are seen whole before the deletion, what blocks refuses, and gone is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.audit.record import CopySeen
from runner.errors import ExitCode, GuardRefused
from runner.model.event import StillWaiting
from runner.model.outcome import Gone, NotAttempted, Outcome, StillThere
from runner.model.playbook import Playbook
from runner.workflow.seeing import DENIED_FOR, POLL, SLOWEST
from tests.workflow.conftest import World, failed
from tests.workflow.database import ASIDE, DELETE, Database, database, delete, run

if TYPE_CHECKING:
    from runner.model.bound import BoundCall, Params
    from runner.model.playbook import Step

READER = "arn:aws:rds:eu-west-1:222222222222:db:reader"
LIFTED = delete(unprotect=("DeletionProtection",))


def ended(world: World, playbook: Playbook, step: Step | None = None, **action: object) -> Outcome:
    """Return how a deletion of the world's database ended."""
    changed = replace(DELETE, **action)  # type: ignore[arg-type]
    return run(world, playbook, step or delete(), action=changed).results[0].outcome


def refused(world: World, playbook: Playbook, *steps: Step) -> str:
    """Return why a plan was refused, and nothing was written."""
    with pytest.raises(GuardRefused) as caught:
        run(world, playbook, *steps)
    assert isinstance(world.fault, Database)
    assert world.fault.writes == []
    return "\n".join(caught.value.findings)


# Protection flags.


def test_a_protected_target_is_refused(world: World, playbook: Playbook) -> None:
    """A flag that is on refuses the plan, before anything is sent."""
    database(world, protected=True)

    assert "deletion protection is on" in refused(world, playbook, delete())


def test_a_flag_that_reviewers_name_is_lifted_first(world: World, playbook: Playbook) -> None:
    """It is switched off before the copy and the deletion, and not on again."""
    db = database(world, protected=True)

    assert isinstance(ended(world, playbook, LIFTED), Gone)
    assert db.writes == ["ModifyDBInstance", "CreateDBSnapshot", "DeleteDBInstance"]


def test_a_flag_that_is_off_is_left_alone(world: World, playbook: Playbook) -> None:
    """Naming a flag that is off sends nothing, before or after."""
    db = database(world)

    assert isinstance(ended(world, playbook, LIFTED), Gone)
    assert "ModifyDBInstance" not in db.writes


def test_a_deletion_that_fails_switches_the_flag_on_again(world: World, playbook: Playbook) -> None:
    """The target is as protected as before, and the outcome says so."""
    db = database(world, protected=True, refusals={"DeleteDBInstance": [failed("AccessDenied")]})
    outcome = ended(world, playbook, LIFTED)

    assert isinstance(outcome, StillThere)
    assert outcome.why.endswith("DeletionProtection is on again")
    assert db.protected


def test_a_copy_that_fails_switches_the_flag_on_again(world: World, playbook: Playbook) -> None:
    """Nothing is deleted without its copy, and nothing stays unprotected."""
    db = database(world, protected=True, refusals={"CreateDBSnapshot": [failed("SnapshotQuotaExceeded")]})

    assert isinstance(ended(world, playbook, LIFTED), StillThere)
    assert (db.writes, db.protected) == (["ModifyDBInstance", "ModifyDBInstance"], True)


def test_a_lift_without_an_answer_is_undone(world: World, playbook: Playbook) -> None:
    """The call may have happened: the flag is switched on again, and nothing is deleted."""
    doubt = failed("<ReadTimeout>", in_doubt=True)
    db = database(world, protected=True, refusals={"ModifyDBInstance": [doubt]})

    assert isinstance(ended(world, playbook, LIFTED), StillThere)
    assert (db.writes, db.protected) == (["ModifyDBInstance"], True)


def test_a_lift_that_is_refused_needs_no_undoing(world: World, playbook: Playbook) -> None:
    """AWS said no, so the flag is on."""
    db = database(world, protected=True, refusals={"ModifyDBInstance": [failed("AccessDenied")]})

    assert isinstance(ended(world, playbook, LIFTED), StillThere)
    assert (db.writes, db.protected) == ([], True)


def test_a_flag_that_stays_off_is_told(world: World, playbook: Playbook) -> None:
    """When it cannot be switched on again, the outcome names it and AWS's reason."""

    class Stubborn(Database):
        """Be a database that stays unprotected."""

        def __call__(self, call: BoundCall, params: Params) -> None:
            """Refuse to be protected."""
            if params.get("DeletionProtection") is True:
                raise failed("InvalidState")
            super().__call__(call, params)

    world.fault = Stubborn(world, protected=True, refusals={"DeleteDBInstance": [failed("AccessDenied")]})
    outcome = ended(world, playbook, LIFTED)

    assert isinstance(outcome, StillThere)
    assert "DeletionProtection could not be switched on again: InvalidState" in outcome.why


# Copies.


def test_a_copy_is_made_and_seen_before_the_deletion(world: World, playbook: Playbook) -> None:
    """The log says under which name it was seen there."""
    db = database(world)
    ended(world, playbook, delete(keep={"final_snapshot": "last-orders"}))

    assert db.writes == ["CreateDBSnapshot", "DeleteDBInstance"]
    seen = [(one.key, one.name, one.verdict) for one in world.records if isinstance(one, CopySeen)]
    assert seen[0] == ("final_snapshot", "last-orders", "kept")


def test_a_copy_that_the_playbook_drops_is_not_made(world: World, playbook: Playbook) -> None:
    """Neither made nor looked for."""
    db = database(world)
    ended(world, playbook, delete(keep={"final_snapshot": None}))

    assert db.writes == ["DeleteDBInstance"]
    assert not any(api == "rds:DescribeDBSnapshots" for api, _ in world.sent)


def test_somebody_elses_copy_refuses_the_plan(world: World, playbook: Playbook) -> None:
    """A name that is taken would keep a copy of something else."""
    database(world, snapshot="available")

    assert "there is a copy called orders-final already" in refused(world, playbook, delete())


def test_a_copy_whose_name_cannot_be_looked_up_refuses_the_plan(world: World, playbook: Playbook) -> None:
    """Unknown means no."""
    database(world, refusals={"DescribeDBSnapshots": [failed("AccessDenied")]})

    assert "could not be read" in refused(world, playbook, delete())


@pytest.mark.parametrize("state", ["creating", "failed"])
def test_a_copy_that_is_not_whole_stops_the_deletion(world: World, playbook: Playbook, state: str) -> None:
    """A copy that is still being made when time is over, or that failed, deletes nothing."""

    class Slow(Database):
        """Be a database whose copies are never whole."""

        def tell(self) -> None:
            """Never finish a copy."""
            self.snapshot = self.snapshot and state
            super().tell()

    db = Slow(world)
    world.fault = db
    outcome = ended(world, playbook)

    assert isinstance(outcome, StillThere)
    assert "its copy orders-final (final_snapshot) was not seen there" in outcome.why
    assert db.writes == ["CreateDBSnapshot"]


# What has to be gone first.


def test_what_blocks_refuses_with_a_list(world: World, playbook: Playbook) -> None:
    """All of it at once, by kind, when the plan is made."""
    database(world, readers=(READER, f"{READER}2"))

    assert f"these have to be gone first: read replicas: {READER}, {READER}2" in refused(world, playbook, delete())


def test_what_blocks_and_cannot_be_listed_refuses(world: World, playbook: Playbook) -> None:
    """A listing that fails is never an empty one."""
    database(world, refusals={"DescribeReaders": [failed("AccessDenied")]})

    assert "what has to be gone first cannot be listed" in refused(world, playbook, delete())


def test_what_an_earlier_step_deletes_does_not_refuse(world: World, playbook: Playbook) -> None:
    """Directly or at a distance; at its turn the step lists again, and what is still there stops it."""
    database(world, readers=(READER,))
    reader = delete(id="reader", target={"name": "reader"}, keep={"final_snapshot": None})
    between = delete(id="between", target={"name": "between"}, needs=("reader",))
    last = delete(needs=("between",))

    # The list holds the reader for its own step too, and so would refuse that one; only the last is asked.
    findings = refused(world, playbook, reader, between, last)

    assert "db: nothing_blocks_it" not in findings
    assert "reader: nothing_blocks_it" in findings


def test_a_step_that_only_stops_the_blocker_takes_nothing_away(world: World, playbook: Playbook) -> None:
    """What is out of use is there all the same."""
    database(world, readers=(READER,))
    stop = delete(id="stop", action=ASIDE.name, target={"name": "reader"})

    assert "db: nothing_blocks_it" in refused(world, playbook, stop, delete(needs=("stop",)))


def test_what_comes_to_block_after_the_plan_stops_the_step(world: World, playbook: Playbook) -> None:
    """Nothing is sent for a target that has a new reader."""
    db = database(world)
    world.confirm = lambda *_: setattr(db, "readers", (READER,))  # type: ignore[method-assign]
    outcome = ended(world, playbook)

    assert isinstance(outcome, NotAttempted)
    assert f"{READER} has to be gone first" in outcome.why
    assert db.writes == []


# Sending.


def test_a_call_that_comes_too_early_is_sent_again(world: World, playbook: Playbook) -> None:
    """Each time with an intent and an outcome of its own, and somebody is told what is waited for."""
    early = [failed("InvalidDBInstanceState"), failed("InvalidDBInstanceState")]
    database(world, refusals={"DeleteDBInstance": early})

    assert isinstance(ended(world, playbook), Gone)
    assert world.types().count("call.intent") == world.types().count("call.outcome") == 4
    waited = [event.seen for event in world.events if isinstance(event, StillWaiting)]
    assert waited == ["AWS answers InvalidDBInstanceState"] * 2


def test_patience_has_an_end(world: World, playbook: Playbook) -> None:
    """After `settles_within` the refusal is the step's end."""
    database(world, refusals={"DeleteDBInstance": [failed("InvalidDBInstanceState") for _ in range(100)]})
    begun = world.now
    outcome = ended(world, playbook)

    assert isinstance(outcome, StillThere)
    assert not outcome.accepted
    assert 60 <= (world.now - begun).total_seconds() < 90


def test_an_answer_of_absence_is_no_proof(world: World, playbook: Playbook) -> None:
    """The deletion's own word for it is no failure, and no success either: the probe decides."""
    database(world, refusals={"DeleteDBInstance": [failed("DBInstanceNotFound")]})
    outcome = ended(world, playbook)

    assert isinstance(outcome, StillThere)
    assert "it is still there (available)" in outcome.why


# Seeing.


def test_a_deletion_that_goes_on_is_waited_for(world: World, playbook: Playbook) -> None:
    """Every look that is not the last tells what was seen."""
    database(world, then=("deleting", "deleting", "deleted"))

    assert isinstance(ended(world, playbook), Gone)
    waited = [event.seen for event in world.events if isinstance(event, StillWaiting)]
    assert waited == ["it is still there (deleting)"] * 2


def test_a_deletion_that_takes_too_long_is_not_gone(world: World, playbook: Playbook) -> None:
    """AWS accepted it, so the flag stays off and the exit code says that nobody saw it gone."""
    db = database(world, protected=True, then=("deleting",))
    result = run(world, playbook, LIFTED)

    assert result.exit_code is ExitCode.NOT_SEEN_GONE
    assert db.writes.count("ModifyDBInstance") == 1


def test_a_deletion_that_aws_gave_up_is_not_waited_for(world: World, playbook: Playbook) -> None:
    """The outcome has AWS's reason, and the flag is on again."""
    db = database(world, protected=True, then=("failed",))
    outcome = ended(world, playbook, LIFTED)

    assert isinstance(outcome, StillThere)
    assert outcome.why.startswith("AWS gave up: failed: ?")
    assert db.protected


def test_what_comes_back_is_not_gone(world: World, playbook: Playbook) -> None:
    """What something may make again is looked at once more after its time."""

    class Back(Database):
        """Be a database that something makes again."""

        def tell(self) -> None:
            """Be made again after the first look."""
            super().tell()
            if self.state == "deleted":
                self.state = "available"

    world.fault = Back(world)
    outcome = ended(world, playbook, stays_gone=60)

    assert isinstance(outcome, StillThere)
    assert "60 s after it was seen gone it is there again" in outcome.why
    assert 60 in world.slept


class Dark(Database):
    """Be a database that nobody may look at once it goes, for so many looks."""

    refused = 10**6

    def __call__(self, call: BoundCall, params: Params) -> None:
        """Let nobody look after the deletion."""
        if call.operation == "DescribeDBInstances" and "DeleteDBInstance" in self.writes and self.refused:
            self.refused -= 1
            raise failed("AccessDenied")
        super().__call__(call, params)


def test_a_look_that_is_refused_for_good_is_given_up(world: World, playbook: Playbook) -> None:
    """Nobody could look, so nobody says gone; and nobody waits for the whole of the action's time to say so."""
    world.fault = Dark(world)
    begun = world.now
    outcome = ended(world, playbook, gone_within=3600)

    assert isinstance(outcome, StillThere)
    assert outcome.accepted
    assert outcome.why.startswith("AWS accepted the deletion, but it cannot be looked at: ")
    assert "AccessDenied" in outcome.why
    assert DENIED_FOR <= (world.now - begun).total_seconds() < DENIED_FOR + SLOWEST + POLL


def test_a_look_that_is_refused_for_a_while_is_repeated(world: World, playbook: Playbook) -> None:
    """Permissions take seconds to be known everywhere in AWS: a few refusals are no end."""
    world.fault = dark = Dark(world)
    dark.refused = 5

    assert isinstance(ended(world, playbook, gone_within=3600), Gone)
