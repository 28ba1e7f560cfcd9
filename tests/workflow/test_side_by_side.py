"""Steps that do not wait for one another are under way at the same time, and one's end does not hurt the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from runner.catalog.answers import picked
from runner.cli.threads import Threads
from runner.errors import ExitCode, LogUnwritable
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.bound import BoundCall, Params
from runner.model.call import Call, Effect, P
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.outcome import state
from runner.model.playbook import Playbook
from runner.workflow.apply import apply
from runner.workflow.prepare import Prepared, prepare
from tests.workflow.conftest import failed, step

if TYPE_CHECKING:
    from tests.workflow.conftest import World

PATIENCE = 20
"""Seconds after which a meeting that never comes about fails its test."""
TOPIC = {"TopicArn": P("name")}
READ = Call("sns:GetTopicAttributes", TOPIC, absent=("NotFound",))
DELETE = ActionType(
    name="sns.delete_topic",
    summary="Delete a topic.",
    params=(Param("name", r"[a-z]+", "the name of a topic"),),
    target="arn:{partition}:sns:{region}:{account}:{name}",
    pin=Pin(READ, picked("Id")),
    recovery=Recovery.NONE,
    probe=READ,
    facts={"tags": Call("sns:ListTagsForResource", {"ResourceArn": P("target")})},
    calls=(Call("sns:DeleteTopic", TOPIC, effect=Effect.DELETE),),
    gone_within=600,
)
Moment = Callable[[], None]


@dataclass
class Topics:
    """Answer for topics; when the deletion of one is sent, what is agreed for it happens first."""

    moments: Mapping[str, Moment] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    def __call__(self, call: BoundCall, params: Params) -> None:
        """Delete a topic, or say that there is none."""
        name = str(params.get("TopicArn", ""))
        if call.operation == "DeleteTopic":
            self.sent.append(name)
            self.moments.get(name, lambda: None)()
            self.gone.add(name)
        elif call.operation == "GetTopicAttributes" and name in self.gone:
            raise failed("NotFound")


def prepared(world: World, playbook: Playbook, topics: Topics, **needs: tuple[str, ...]) -> Prepared:
    """Return the plan that deletes topics, each with what it needs."""
    world.fault = topics
    world.answers = {"GetTopicAttributes": {"Id": "1"}, "ListTagsForResource": {"Tags": []}}
    steps = tuple(replace(step(name, DELETE.name, *before), target={"name": name}) for name, before in needs.items())
    return prepare(replace(playbook, steps=steps), {DELETE.name: DELETE}, world.services(), NO_GUARDRAILS)


def run(world: World, plan: Prepared, parallel: int = 4) -> tuple[ExitCode, dict[str, str]]:
    """Apply a plan with real threads; return the exit code, and each step's end."""
    services = replace(world.services(), crew=Threads(8))
    result = apply(plan, services, world, parallel)
    return result.exit_code, {one.step: state(one.outcome) for one in result.results}


def test_independent_steps_meet(world: World, playbook: Playbook) -> None:
    """Three deletions are on their way before one is answered; the one that needs two of them comes after both."""
    meeting = threading.Barrier(3)
    topics = Topics({name: lambda: void(meeting.wait(PATIENCE)) for name in "abc"})
    code, ends = run(world, prepared(world, playbook, topics, a=(), b=(), last=("a", "b"), c=()))

    assert (code, ends) == (ExitCode.OK, dict.fromkeys(("a", "b", "last", "c"), "gone"))
    assert topics.sent.index("last") > max(topics.sent.index("a"), topics.sent.index("b"))
    intents = [place for place, kind in enumerate(world.types()) if kind == "call.intent"]
    assert world.types().index("call.outcome") > intents[2]


def test_one_at_a_time(world: World, playbook: Playbook) -> None:
    """With one step at a time they go in the playbook's order, each ended before the next one begins."""
    topics = Topics()
    code, _ = run(world, prepared(world, playbook, topics, c=(), b=(), a=()), parallel=1)

    assert (code, topics.sent) == (ExitCode.OK, ["c", "b", "a"])
    marks = [kind for kind in world.types() if kind in {"step.open", "step.close"}]
    assert marks == ["step.open", "step.close"] * 3


def test_after_a_failure_nothing_new_begins(world: World, playbook: Playbook) -> None:
    """The step that is under way is finished and seen gone; the one whose turn would come is not attempted."""
    begun, closed = threading.Event(), threading.Event()

    def refuse() -> None:
        begun.wait(PATIENCE)
        raise failed("AccessDenied")

    def slow() -> None:
        begun.set()
        closed.wait(PATIENCE)

    topics = Topics({"bad": refuse, "slow": slow})
    plan = prepared(world, playbook, topics, bad=(), slow=(), later=("bad",), last=("slow",))
    world.see = lambda event: closed.set() if "NotAttempted" in str(event) else None  # type: ignore[method-assign]
    code, ends = run(world, plan)

    assert code == ExitCode.PARTIAL
    assert ends == {"bad": "still there", "slow": "gone", "later": "not attempted", "last": "not attempted"}
    assert set(topics.sent) == {"bad", "slow"}


def test_a_log_that_fails_ends_what_is_under_way(world: World, playbook: Playbook) -> None:
    """Once a record cannot be written, a step that waits looks no further, and nothing is sent any more."""
    sending, looking = threading.Event(), threading.Event()

    def full() -> None:
        sending.set()
        looking.wait(PATIENCE)

    topics = Topics({"full": full})
    plan = prepared(world, playbook, topics, full=(), waits=(), later=("full",))
    append, sleep = world.append, world.sleep

    def fail(record: object) -> object:
        if looking.is_set():
            raise LogUnwritable("no space left on the log's disk")
        return append(record)  # type: ignore[arg-type]

    def wait(seconds: float) -> None:
        sending.wait(PATIENCE)
        looking.set()
        sleep(seconds)

    class Stays(set[str]):
        """Hold topics that never go."""

        def add(self, name: str) -> None:
            """Keep a topic that never goes."""

    topics.gone = Stays()
    world.append, world.sleep = fail, wait  # type: ignore[method-assign,assignment]
    with pytest.raises(LogUnwritable) as caught:
        run(world, plan)

    assert set(topics.sent) == {"full", "waits"}
    assert "waits" in caught.value.touched


def test_one_code_for_all(world: World, playbook: Playbook) -> None:
    """When the session is too old, the steps that are about to begin ask for one code together, and prove it once."""
    world.codes.append("654321")
    plan = prepared(world, playbook, Topics(), a=(), b=(), c=())
    world.sleep(3000)
    code, _ = run(world, plan)

    assert (code, world.codes) == (ExitCode.OK, [])
    assert world.types().count("mfa.proof") == 2


def void(_: object) -> None:
    """Forget a value."""
