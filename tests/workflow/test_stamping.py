"""What time-stamping does when the authority does not play along: it asks again, and says what becomes of the run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from runner.errors import LogUnwritable
from runner.model.event import LogNotStamped
from runner.model.guardrails import AnchorMode, StampRules
from runner.model.ports import NotStamped, SignedNote, TimeStamp
from runner.workflow.stamping import ATTEMPTS, Stamping
from tests.workflow.conftest import START

if TYPE_CHECKING:
    from tests.workflow.conftest import World

RULES = StampRules("https://tsa.acme.example", "roots.pem")


@dataclass
class Script:
    """Be an authority that answers what a test says; nothing (None) for a stamp."""

    answers: list[NotStamped | None]
    asked: list[int] = field(default_factory=list)
    at: datetime = START

    def stamp(self, note: SignedNote) -> TimeStamp:
        """Answer."""
        self.asked.append(note.size)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return TimeStamp(self.at, "b" * 64, ("-----BEGIN …",))


def stamping(world: World, script: Script | None, mode: AnchorMode = AnchorMode.REQUIRED) -> Stamping:
    """Return the stamping of one run."""
    return Stamping(replace(RULES, mode=mode), replace(world.services(), stamper=script), world)


def recorded(world: World) -> list[Any]:
    """Return why each stamp is missing, as the log says."""
    return [record.to_data()["why"] for record in world.records]


def test_both_ends_are_stamped(world: World) -> None:
    """The time of each is on record, with the answer's digest and the roots."""
    one = stamping(world, Script([]))

    assert one.begin() == ""
    one.end()
    data = world.records[0].to_data()
    assert recorded(world) == ["", ""]
    assert (data["time"], data["token_sha256"]) == ("2026-12-01T12:00:00.000000Z", "b" * 64)


@pytest.mark.parametrize(("may_pass", "asked"), [(True, ATTEMPTS), (False, 1)])
@pytest.mark.parametrize("mode", AnchorMode)
def test_what_becomes_of_the_run(world: World, mode: AnchorMode, may_pass: bool, asked: int) -> None:
    """At the beginning nothing may be done without, at the end it is an error; best effort goes on both times."""
    required = mode is AnchorMode.REQUIRED
    no = [NotStamped("no", may_pass=may_pass)] * 9
    begun, ended = Script(list(no)), Script(list(no))
    refused = stamping(world, begun, mode).begin()

    assert refused == ("the log is not time-stamped: no" if required else "")
    assert len(begun.asked) == asked
    assert world.events == [LogNotStamped("no")]
    if required:
        with pytest.raises(LogUnwritable, match="how the run ended is not time-stamped: no"):
            stamping(world, ended, mode).end()
    else:
        stamping(world, ended, mode).end()
    assert recorded(world) == ["no", "no"]


def test_a_refused_run_is_not_stamped_again(world: World) -> None:
    """How it ended is not worth another try."""
    script = Script([NotStamped("no")])
    one = stamping(world, script)
    assert one.begin()
    one.end()

    assert len(script.asked) == 1


def test_an_authority_that_comes_back(world: World) -> None:
    """One that was busy is asked again, after a pause."""
    script = Script([NotStamped("busy", may_pass=True)])

    assert stamping(world, script).begin() == ""
    assert (len(script.asked), len(world.slept)) == (2, 1)


def test_nobody_to_ask(world: World) -> None:
    """Without an authority nothing may be done where one is required."""
    assert "nobody is there to ask" in stamping(world, None).begin()
