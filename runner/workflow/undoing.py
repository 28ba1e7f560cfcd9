"""The ways back from a run: an action that undoes a step, a command for somebody to run, a sentence, or none. Pure.

What an action undoes becomes a playbook like any other, so that it is planned, simulated, confirmed and logged in the
same way as the deletion was.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import jmespath

from runner.model.action import ActionType
from runner.model.canonical import Json
from runner.model.playbook import Limits, Playbook, Step
from runner.workflow.binding import copy_names

_REVERSIBLE = frozenset({"gone", "scheduled", "quarantined"})
"""States of a step that changed something."""
NOTHING_READ: Mapping[str, Json] = MappingProxyType({})
_NAME = re.compile(r"[^a-z0-9-]+")


class How(Enum):
    """Say who undoes a step, and with what."""

    ACTION = "by runner"
    COMMAND = "by this command"
    BY_HAND = "by hand"
    NOT = "cannot be undone"
    NOTHING = "nothing to undo"


@dataclass(frozen=True)
class WayBack:
    """Say how one step of a run is undone; ``told`` is the action, the command, or the sentence."""

    step: Step
    state: str
    how: How
    told: str
    until: str = ""
    """Until when, as the log writes times or in words; empty when that has no end, or there is no way."""
    other: Mapping[str, str] | None = None
    """The action's target where it is another than the step's."""
    lost: str = ""
    """What does not come back although the step is undone."""

    @property
    def target(self) -> Mapping[str, str]:
        """The target of the action that undoes it."""
        return self.step.target if self.other is None else self.other

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "step": self.step.id,
            "action": self.step.action,
            "target": dict(self.step.target),
            "state": self.state,
            "undo": self.how.value,
            "with": self.told,
            "until": self.until,
            "lost": self.lost,
        }


def way_back(
    step: Step,
    action: ActionType,
    state: str,
    until: str = "",
    evidence: Mapping[str, Json] = NOTHING_READ,
    markers: tuple[str, ...] = (),
) -> WayBack:
    """Return how a step that ended in a state is undone.

    ``until`` is the day on which AWS deletes its target, ``evidence`` what the plan had read of it, ``markers`` the
    versions of the delete markers that the log says it wrote: there is something to undo then, however it ended.
    """
    if state not in _REVERSIBLE and not markers:
        return WayBack(step, state, How.NOTHING, "")
    ends = until or ("" if action.undo_days is None else f"{action.undo_days} days after the deletion")
    if action.undone_by:
        return WayBack(step, state, How.ACTION, action.undone_by, ends)
    known = {"target": step.target, "read": evidence, "markers": list(markers)}
    for way in action.ways_out:
        if jmespath.search(way.given, known):
            target = {name: str(jmespath.search(path, known)) for name, path in way.target.items()}
            return WayBack(step, state, How.ACTION, way.action, ends, target, way.lost)
    if action.undo_command and (command := _command(step, action)):
        return WayBack(step, state, How.COMMAND, command, ends)
    if action.undo:
        return WayBack(step, state, How.BY_HAND, action.undo, ends)
    return WayBack(step, state, How.NOT, action.summary)


def undo_playbook(playbook: Playbook, ways: Iterable[WayBack], run: str) -> dict[str, Json]:
    """Return the playbook, in plain form, that undoes what actions can undo, in the reverse order of the run."""
    steps: list[Json] = [
        {
            "id": way.step.id,
            "action": way.told,
            "target": dict(way.target),
            "region": way.step.region,
            # Taking a deletion back is seldom protected by MFA; the session's own policy demands it all the same.
            "mfa_protected": False,
        }
        for way in ways
        if way.how is How.ACTION
    ]
    named: dict[str, Json] = {"alias": playbook.account.alias} if playbook.account.alias else {}
    ticket: dict[str, Json] = {"ticket": playbook.ticket} if playbook.ticket else {}
    # What took more steps than a playbook has by default may be taken back; guardrails hold all the same.
    limits: dict[str, Json] = {"limits": {"steps": len(steps)}} if len(steps) > Limits().steps else {}
    return {
        "version": 1,
        "name": f"undo-{_NAME.sub('-', playbook.name)}"[:64].rstrip("-"),
        "description": f"Take back what run {run} did.",
        "owner": playbook.owner,
        **ticket,
        "account": {"id": playbook.account.id, **named},
        "region": playbook.region,
        "role_arn": (*playbook.via, playbook.role_arn) if playbook.via else playbook.role_arn,
        **limits,
        "steps": tuple(reversed(steps)),
    }


def _command(step: Step, action: ActionType) -> str:
    """Return the command with its values quoted for a shell; empty when it names a copy that was not kept."""
    values = {**step.target, **copy_names(step, action), "region": step.region}
    try:
        return action.undo_command.format_map({name: shlex.quote(value) for name, value in values.items()})
    except KeyError:
        return ""
