"""What leads back from an action: the copy that is kept of its target, and the actions that undo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.model.call import Call
from runner.model.sighting import Sight, in_place


@dataclass(frozen=True)
class Copy:
    """Describe the last copy that is kept of a target, unless the playbook drops it.

    ``name`` is its key under ``keep`` in a playbook; the value there names the copy, else ``default`` (a template over
    the target's parameters) does. Calls know the copy's name by ``P(name)``, and by `Kept` and `Dropped` arguments.
    A call with ``keeps`` makes it; without one the deletion itself does. ``probe`` reads it and ``sight`` says when it
    is there, whole: `InPlace`. A name that is taken already would keep somebody else's copy, so that refuses the step.
    """

    name: str
    says: str
    pattern: str
    default: str
    probe: Call
    sight: Sight = in_place


@dataclass(frozen=True)
class WayOut:
    """Name the action that takes a step back, by what the plan had read of its target.

    Paths are JMESPath over ``{"target": …, "read": …, "markers": …}``: the step's own target, the facts that the plan
    rests on, and the versions of the delete markers that the log names.
    It is the way when there is something at ``given``; ``target`` says where each key of the new target stands, and
    ``lost`` what does not come back all the same.
    """

    given: str
    action: str
    target: Mapping[str, str]
    lost: str = ""
