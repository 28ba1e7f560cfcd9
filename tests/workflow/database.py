"""A database in the world of ``conftest``: with a protection flag, a last copy, readers in its way, and moods.

Its action type uses every part of the vocabulary that a bucket has no need for; the calls are RDS's by name only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from runner.catalog.answers import by_state, flag_is_off, picked
from runner.model.action import ActionType, Blocker, GoneWhen, Param, Pin, ProtectionFlag, Recovery
from runner.model.bound import BoundCall, Params
from runner.model.call import Args, Call, Effect, Kept, Listing, P
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.playbook import Playbook, Step
from runner.model.way_back import Copy
from runner.workflow.apply import apply
from runner.workflow.prepare import prepare
from runner.workflow.run_result import RunResult
from tests.workflow.conftest import World, failed, step

DB: Args = {"DBInstanceIdentifier": P("name")}
SNAPSHOT: Args = {"DBSnapshotIdentifier": P("final_snapshot")}
DESCRIBED = Call("rds:DescribeDBInstances", DB, absent=("DBInstanceNotFound",))
TAGS = Call("rds:ListTagsForResource", {"ResourceName": P("target")})
NAME = Param("name", r"[a-z]+", "the name of a database")
ARN = "arn:{partition}:rds:{region}:{account}:db:{name}"
READERS = Listing("read replicas", Call("rds:DescribeReaders", DB, resource="*"), "Readers", "Arn")

DELETE = ActionType(
    name="rds.delete_instance",
    summary="Delete a database.",
    params=(NAME,),
    target=ARN,
    pin=Pin(DESCRIBED, picked("Db.Id")),
    recovery=Recovery.BACKUP,
    probe=DESCRIBED,
    facts={"db": replace(DESCRIBED, query="{Protected: Db.Protected}"), "tags": TAGS},
    calls=(
        Call(
            "rds:CreateDBSnapshot",
            {**DB, "DBSnapshotIdentifier": Kept("final_snapshot")},
            effect=Effect.KEEP,
            keeps="final_snapshot",
        ),
        Call("rds:DeleteDBInstance", DB, effect=Effect.DELETE, absent=("DBInstanceNotFound",)),
    ),
    sight=by_state("Db.State", gone=("deleted",), leaving=("deleting",), stuck=("failed",), why="Db.Why"),
    transient=("InvalidDBInstanceState",),
    settles_within=60,
    gone_within=30,
    flags=(
        ProtectionFlag(
            "DeletionProtection",
            flag_is_off("deletion_protection_is_off", "db", "Protected", "deletion protection is on"),
            Call("rds:ModifyDBInstance", {**DB, "DeletionProtection": False}, effect=Effect.UNPROTECT),
            Call("rds:ModifyDBInstance", {**DB, "DeletionProtection": True}, effect=Effect.REARM),
        ),
    ),
    copies=(
        Copy(
            "final_snapshot",
            "the name of a snapshot",
            r"[a-z-]+",
            "{name}-final",
            Call("rds:DescribeDBSnapshots", SNAPSHOT, absent=("DBSnapshotNotFound",)),
            by_state("Snapshot.State", within="Snapshots", leaving=("creating",), stuck=("failed",)),
        ),
    ),
    blockers=(Blocker(READERS),),
)
ASIDE = ActionType(
    name="rds.stop_instance",
    summary="Stop a database.",
    params=(NAME,),
    target=ARN,
    pin=DELETE.pin,
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    facts={"tags": TAGS},
    calls=(Call("rds:StopDBInstance", DB, effect=Effect.DELETE),),
    gone_when=GoneWhen.SET_ASIDE,
)
CATALOG = {action.name: action for action in (DELETE, ASIDE)}


@dataclass
class Database:
    """Hold a database's state and answer for it through the world's faults."""

    world: World
    state: str = "available"
    protected: bool = False
    snapshot: str = ""
    """The state of its copy; empty when there is none."""
    readers: tuple[str, ...] = ()
    refusals: dict[str, list[Exception]] = field(default_factory=dict)
    """What operations answer before they do anything, one after the other."""
    then: tuple[str, ...] = ("deleted",)
    """The states that follow its deletion, one a look."""
    writes: list[str] = field(default_factory=list)

    def __call__(self, call: BoundCall, params: Params) -> None:
        """Refuse a request, or do what it asks for."""
        waiting = self.refusals.get(call.operation, [])
        if waiting:
            raise waiting.pop(0)
        if call.is_write and call.service == "rds":
            self.writes.append(call.operation)
        self.act(call, params)
        self.tell()

    def act(self, call: BoundCall, params: Params) -> None:
        """Do what a request asks for."""
        match call.operation:
            case "ModifyDBInstance":
                self.protected = bool(params["DeletionProtection"])
            case "CreateDBSnapshot":
                self.snapshot = "available"
            case "DescribeDBSnapshots" if not self.snapshot:
                raise failed("DBSnapshotNotFound")
            case "DeleteDBInstance" if self.protected:
                raise failed("InvalidParameterCombination")
            case "DeleteDBInstance":
                self.state = "deleting"
            case "DescribeDBInstances" if self.state == "deleting":
                self.state, *rest = self.then
                self.then = tuple(rest) or self.then
            case _:
                pass

    def tell(self) -> None:
        """Let the world answer with the state that there is now."""
        answers: dict[str, dict[str, Any]] = {
            "DescribeDBInstances": {"Db": {"Id": "db-1", "State": self.state, "Protected": self.protected, "Why": "?"}},
            "DescribeDBSnapshots": {"Snapshots": [{}], "Snapshot": {"State": self.snapshot}},
            "ListTagsForResource": {"TagList": []},
            "DescribeReaders": {"Readers": [{"Arn": arn} for arn in self.readers]},
        }
        self.world.answers |= answers


def database(world: World, **state: Any) -> Database:
    """Return a database that lives in a world."""
    made = Database(world, **state)
    world.fault = made
    return made


def delete(**changes: Any) -> Step:
    """Return a step that deletes the database, changed."""
    usual = replace(step("db", DELETE.name), target={"name": "orders"})
    return replace(usual, **changes)


def run(world: World, playbook: Playbook, *steps: Step, action: ActionType = DELETE) -> RunResult:
    """Apply a playbook of these steps, with the action type or a changed one."""
    services = world.services()
    catalog = {**CATALOG, action.name: action}
    prepared = prepare(replace(playbook, steps=steps), catalog, services, NO_GUARDRAILS)
    return apply(prepared, services, world)
